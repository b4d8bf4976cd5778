package extract_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
)

// office is the rhythm of people who work from Monday to Friday, from nine to five.
func office(perHour int) (r extract.Rhythm) {
	for d := range 5 {
		for h := 9; h < 17; h++ {
			for range perHour {
				r.Add(monday.AddDate(0, 0, d).Add(time.Duration(h)*time.Hour + time.Minute))
			}
		}
	}
	return r
}

var monday = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)

func TestTheWorkspacesClock(t *testing.T) {
	at := func(day, hour int) time.Time { return monday.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour) }
	for _, tt := range []struct {
		what     string
		rhythm   extract.Rhythm
		from, to time.Time
		want     time.Duration
	}{
		{"nothing is known", extract.Rhythm{}, at(0, 7), at(20, 9), at(20, 9).Sub(at(0, 7))},
		{"a morning", office(1000), at(0, 9), at(0, 12), 3 * time.Hour},
		{"half an hour", office(1000), at(0, 9), at(0, 9).Add(30 * time.Minute), 30 * time.Minute},
		{"a night, without the hours beside work", office(1000), at(0, 18), at(1, 8), 14 * time.Hour / 8},
		{"a weekend", office(1000), at(4, 18), at(7, 8), 62 * time.Hour / 8},
		{"no time", office(1000), at(3, 3), at(3, 3), 0},
	} {
		if got := extract.Waking(tt.rhythm, tt.from, tt.to); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.what, got, tt.want)
		}
	}
	if night := extract.Waking(office(1), at(0, 18), at(1, 8)); night < 10*time.Hour {
		t.Errorf("five things an hour in a week say that a night is %s long", night)
	}
}

// TestTheWorkspacesClockRunsOn draws rhythms and times: the parts of a time make the whole, and none is longer than by our
// clock, or than eight times shorter.
func TestTheWorkspacesClockRunsOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r extract.Rhythm
		for h := range r {
			r[h] = rapid.IntRange(0, 50).Draw(t, "n")
		}
		span := rapid.Int64Range(0, int64(60*24*time.Hour))
		a := monday.Add(time.Duration(span.Draw(t, "a")))
		b := a.Add(time.Duration(span.Draw(t, "b")))
		c := b.Add(time.Duration(span.Draw(t, "c")))
		whole := extract.Waking(r, a, c)
		if off := whole - extract.Waking(r, a, b) - extract.Waking(r, b, c); off.Abs() > time.Microsecond {
			t.Fatalf("the parts are off by %s", off)
		}
		if whole > c.Sub(a)+time.Microsecond || whole < c.Sub(a)/8-time.Microsecond {
			t.Fatalf("%s are %s", c.Sub(a), whole)
		}
	})
}

// TestNobodyIsAskedAtNight has a pull request that was opened on Friday at three, and looks in which hours of the days
// until Tuesday its repository is asked without a sign.
func TestNobodyIsAskedAtNight(t *testing.T) {
	opened := monday.AddDate(0, 0, -3).Add(15 * time.Hour)
	hours := func(r extract.Rhythm) (asked []string) {
		last := opened
		for now := opened.Add(time.Hour); now.Before(monday.AddDate(0, 0, 1)); now = now.Add(time.Hour) {
			src := source(func(w http.ResponseWriter, _ *http.Request) {
				asked = append(asked, now.Format("Mon 15"))
				last = now
				fmt.Fprint(w, `{"values":[]}`)
			})
			src.Now, src.Quiet, src.Every = now, 1000*time.Hour, 1000*time.Hour
			src.Rhythm = func(context.Context) (extract.Rhythm, error) { return r, nil }
			src.Repositories = func(context.Context) ([]extract.Repository, error) {
				return []extract.Repository{{UUID: "{a}", Pushed: opened, Moved: opened, Open: opened}}, nil
			}
			cursor := fmt.Sprintf(`{"repositories":{"{a}":{"asked":%q,"moved":%q,"mark":%q,"opened":%[2]q}}}`,
				last.Format(time.RFC3339), opened.Format(time.RFC3339), opened.Format(time.RFC3339))
			if _, _, err := read(extract.PullRequests.Read(t.Context(), src, []byte(cursor))); err != nil {
				t.Fatal(err)
			}
		}
		return asked
	}
	for what, tt := range map[string]struct {
		rhythm extract.Rhythm
		want   []string
	}{
		"known": {office(1000), []string{
			"Fri 16", "Fri 17", "Fri 18", "Sat 02", "Sat 13", "Sun 04", "Mon 00", "Mon 11", "Mon 16",
		}},
		"unknown": {extract.Rhythm{}, []string{
			"Fri 16", "Fri 17", "Fri 18", "Fri 19", "Fri 21", "Fri 23", "Sat 02", "Sat 06", "Sat 11", "Sat 18", "Sun 03", "Sun 15", "Mon 07",
		}},
	} {
		if got := hours(tt.rhythm); !slices.Equal(got, tt.want) {
			t.Errorf("%s: asked on %q", what, got)
		}
	}
}

package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// asked counts the requests whose route ends so.
func asked(b *bitbuckettest.Bitbucket, route string) (n int) {
	for _, r := range b.Requests() {
		if strings.HasSuffix(r.Route, route) {
			n += r.Count
		}
	}
	return n
}

// TestReadAnewGoesOn has everything read again within hours that are too short for it: what has begun goes on, and doesn't
// begin once more with each run.
func TestReadAnewGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: bitbuckettest.Scale{Members: 5, Repositories: 4, PullRequests: 30, Months: 2}})
		defer l.close()
		l.bitbucket.ResetRequests()
		first := l.sync(t.Context(), t)
		if err := outcome([]workspaceRun{first}); err != nil {
			t.Fatal(err)
		}
		took := map[string]int{}
		for _, route := range []string{"/refs/tags", "/downloads", "/projects", "/activity"} {
			took[route] = asked(l.bitbucket, route)
		}
		before := first.summary()
		l.ask(t)
		time.Sleep(2 * time.Hour)
		l.bitbucket.ResetRequests()
		l.config.requestsPerHour = before.Requests / 3
		runs := 0
		for left := 1; left > 0; runs++ {
			if runs == 20 {
				t.Fatalf("%d streams are not begun after %d runs", left, runs)
			}
			run := l.sync(t.Context(), t)
			for _, s := range run.summary().Streams {
				if s.Changed > 0 && s.Requests > 0 {
					t.Errorf("reading %s again changed %d rows", s.Stream, s.Changed)
				}
			}
			time.Sleep(2 * time.Hour)
			a := l.open(t)
			anew, err := a.db.Anew(t.Context(), connectionOf(a).WorkspaceUUID)
			if left = len(anew); err != nil {
				t.Fatal(err)
			}
			a.close()
		}
		if runs < 2 {
			t.Errorf("%d runs: the hour was long enough, and nothing was shown", runs)
		}
		for route, n := range took {
			if again := asked(l.bitbucket, route); n == 0 || again < n {
				t.Errorf("%s: %d requests, %d the first time", route, again, n)
			}
		}
	})
}

// ask has everything read again.
func (l *lab) ask(t *testing.T) {
	t.Helper()
	a := l.open(t)
	defer a.close()
	c := connectionOf(a)
	var names []string
	for _, st := range l.config.streams {
		names = append(names, st.Name)
	}
	if err := a.db.ReadAnew(t.Context(), c.WorkspaceUUID, names, true, time.Hour, time.Now()); err != nil {
		t.Fatal(err)
	}
	all, err := a.status().Read(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if b := all[0].Backfill; b.Spent != 0 || b.Forecast == nil || b.Forecast.Requests == 0 || !b.Ended.IsZero() {
		t.Errorf("the backfill is %+v, %+v", b, b.Forecast)
	}
	for _, st := range all[0].Streams {
		if !st.Anew {
			t.Errorf("%s is not to be read again", st.Stream)
		}
	}
}

// TestFullSyncReadsEverything asks for what is read seldom, too.
func TestFullSyncReadsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 6, Scale: bitbuckettest.Scale{Members: 4, Repositories: 3, PullRequests: 12, Months: 2}})
		defer l.close()
		l.config.snapshotEvery, l.config.quietEvery = 24*time.Hour, 24*time.Hour
		l.bitbucket.ResetRequests()
		first := l.sync(t.Context(), t)
		tags := asked(l.bitbucket, "/refs/tags")
		l.bitbucket.ResetRequests()
		l.full = true
		again := l.sync(t.Context(), t)
		if n := asked(l.bitbucket, "/refs/tags"); n != tags || tags == 0 {
			t.Errorf("a full sync asks %d times for tags, the first one did %d times", n, tags)
		}
		if x, y := first.summary().Requests, again.summary().Requests; y < x*9/10 {
			t.Errorf("a full sync takes %d requests, the first one %d", y, x)
		}
	})
}

// TestStandingIsTold follows a stream from its first row to the end of its past.
func TestStandingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 8, Scale: bitbuckettest.Scale{Members: 5, Repositories: 3, PullRequests: 100, Months: 3}})
		defer l.close()
		l.config.requestsPerHour = 75
		pulls := func() status.Stream {
			a := l.open(t)
			defer a.close()
			all, err := a.status().Read(t.Context(), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range all[0].Streams {
				if st.Stream == "pull_request_activity" {
					return st
				}
			}
			return status.Stream{}
		}
		if st := pulls(); st.State != status.StreamWaiting {
			t.Errorf("before the first run: %+v", st)
		}
		var seen []string
		for range 30 {
			l.sync(t.Context(), t)
			time.Sleep(2 * time.Hour)
			st := pulls()
			if seen = append(seen, st.State); st.State == status.StreamBackfill && (st.Unread == 0 || st.Newest.IsZero()) {
				t.Errorf("reading the past: %+v", st)
			}
			if st.State == status.StreamCurrent {
				break
			}
		}
		t.Log(seen)
		if last := seen[len(seen)-1]; last != status.StreamCurrent {
			t.Errorf("in the end: %s", last)
		}
		if strings.Count(strings.Join(seen, " "), status.StreamBackfill) == 0 {
			t.Errorf("never reading the past: %v", seen)
		}
	})
}

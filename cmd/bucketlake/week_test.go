package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
)

var (
	weekOf   = flag.String("week", "", "live a week of a workspace of so many repositories, people and pull requests in three months, divided by commas")
	weekDays = flag.Int("week-days", 7, "days of the week that are lived, for -week")
)

// TestWeek connects a workspace that is too large for an hour's requests, and lets the worker's own job run for a week
// under the real limit, while people work: at any request of ours something may have happened. The limit is never
// overrun, what happens is in the tables by the run after the next, and the past has been read when the forecast said.
//
// Without -week it is a day of a small workspace with few requests, with room for the forecast's error.
func TestWeek(t *testing.T) {
	if underRace {
		t.Skip("the week is lived without the race detector")
	}
	w := week{repositories: 150, people: 20, pulls: 100, perHour: 200, days: 2, within: 0.25, late: 0.15}
	if *weekOf != "" {
		w.perHour, w.days, w.within, w.late = 1000, *weekDays, 0.10, 0.05
		if _, err := fmt.Sscanf(*weekOf, "%d,%d,%d", &w.repositories, &w.people, &w.pulls); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) { w.live(t) })
}

type week struct {
	repositories, people, pulls, perHour, days int
	within, late                               float64 // how far the end of the past may be from the forecast, and how much may be late

	lab    *lab
	start  time.Time
	timely timely
}

func (w *week) live(t *testing.T) {
	for time.Now().Weekday() != time.Monday {
		time.Sleep(24 * time.Hour)
	}
	w.lab = newLab(t, bitbuckettest.Options{
		Seed: 7, Scale: bitbuckettest.Scale{Members: w.people, Repositories: w.repositories, PullRequests: w.pulls, Months: 3},
		RequestsPerHour: w.perHour, Latency: 200 * time.Millisecond,
	})
	l := w.lab
	defer l.close()
	l.config.streams = new(faults).streams("", "")
	l.config.quietEvery, l.config.snapshotEvery, l.config.requestsPerHour = 24*time.Hour, 24*time.Hour, w.perHour
	answer := l.transport
	l.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		l.bitbucket.AdvanceUntil(time.Now())
		return answer.RoundTrip(r)
	})
	w.start = time.Now()
	w.work(t)

	if asked, refused := w.requests(); refused > 0 {
		t.Errorf("Bitbucket refused %d of %d requests: the hour was overrun", refused, asked)
	}
	w.fresh(t)
	w.forecast(t)
}

// work has the worker's job run on its schedule, and wait in the queue as the worker's queue has it wait.
func (w *week) work(t *testing.T) {
	a := w.lab.open(t)
	defer a.close()
	connections, err := a.store.List(t.Context())
	if err != nil || len(connections) != 1 {
		t.Fatal(connections, err)
	}
	c := connections[0]
	var read time.Time
	for id := int64(1); time.Since(w.start) < time.Duration(w.days)*24*time.Hour; id++ {
		for {
			err := a.workSync(t.Context(), &river.Job[syncArgs]{JobRow: &rivertype.JobRow{ID: id}, Args: syncArgs{c.WorkspaceUUID}})
			if at := a.news.since(c.WorkspaceUUID, id); at.After(read) {
				w.look(t, at)
				read = at
			}
			snooze := (*rivertype.JobSnoozeError)(nil)
			if !errors.As(err, &snooze) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			time.Sleep(snooze.Duration)
		}
		time.Sleep(time.Hour - time.Since(w.start)%time.Hour)
	}
	last := w.start.Add(time.Duration(w.days) * 24 * time.Hour)
	t.Logf("%s: the worker stops", last.Format(time.DateTime))
}

// look looks after a run that began at a time at what was done in the hour that ended an hour before: one run and the next
// had their turn.
func (w *week) look(t *testing.T, began time.Time) {
	to := began.Add(-time.Hour)
	if !to.After(w.start) {
		return
	}
	w.timely.look(t, w.lab, to)
	if b := w.backfill(t); began.Sub(w.start)%(6*time.Hour) < time.Hour {
		forecast, spent, left := b.Requests()
		asked, _ := w.requests()
		t.Logf("after %3.0f h and %d requests: of %d requests for the past %d are spent, %d left; %d deeds, %d late: %v", began.Sub(w.start).Hours(), asked, forecast, spent, left, sum(w.timely.deeds), sum(w.timely.missed), w.timely.missed)
	}
}

func (w *week) backfill(t *testing.T) *state.Backfill {
	t.Helper()
	db, err := state.Open(t.Context(), w.lab.config.stateURL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var uuid string
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT workspace_uuid FROM connections").Scan(&uuid); err != nil {
		t.Fatal(err)
	}
	b, err := db.Backfill(t.Context(), uuid)
	if err != nil || b == nil {
		t.Fatal(b, err)
	}
	return b
}

// requests returns how many Bitbucket was asked, and how many of these it refused because of the limit.
func (w *week) requests() (asked, refused int) {
	for _, r := range w.lab.bitbucket.Requests() {
		if asked += r.Count; r.Status == http.StatusTooManyRequests {
			refused += r.Count
		}
	}
	return asked, refused
}

// fresh holds how much of what was done was in the tables in time.
func (w *week) fresh(t *testing.T) {
	w.timely.show(t)
	if deeds, missed := sum(w.timely.deeds), sum(w.timely.missed); deeds == 0 || float64(missed) > w.late*float64(deeds) {
		t.Errorf("%d of %d deeds were not in the tables after two runs", missed, deeds)
	}
}

// forecast holds the end of the past against what was forecast.
func (w *week) forecast(t *testing.T) {
	b := w.backfill(t)
	forecast, spent, _ := b.Requests()
	for _, r := range w.lab.bitbucket.Requests() {
		t.Logf("%s answered %d: %d", r.Route, r.Status, r.Count)
	}
	for _, s := range b.Streams {
		t.Logf("| %s | %d | %d |", s.Stream, s.Forecast, s.Spent)
	}
	if b.Ended.IsZero() {
		t.Fatalf("the past has not been read: %d of %d requests are spent; the forecast was %s", spent, forecast, b.Duration)
	}
	took := b.Ended.Sub(b.Started)
	t.Logf("forecast: %d requests (standard error %d) in %.1f hours; it took %d in %.1f hours", forecast, b.Error, b.Duration.Hours(), spent, took.Hours())
	if off := took.Hours()/b.Duration.Hours() - 1; math.Abs(off) > w.within {
		t.Errorf("the past took %.0f %% more than forecast", 100*off)
	}
}

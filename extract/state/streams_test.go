package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/extract/state"
)

func TestStreams(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, at := t.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		save := func(s state.StreamState) {
			t.Helper()
			s.WorkspaceUUID = "{a}"
			if err := db.SaveStream(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		want := func(want ...state.StreamState) {
			t.Helper()
			got, err := db.Streams(ctx, "{a}")
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				want[i].WorkspaceUUID = "{a}"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		want()
		save(state.StreamState{Stream: "members", LastAttempt: at, Rows: 12, Requests: 1})
		save(state.StreamState{Stream: "branches", LastAttempt: at, LastSuccess: at, Requests: 3, Problem: "500"})
		want(
			state.StreamState{Stream: "branches", LastAttempt: at, Requests: 3, Problem: "500"},
			state.StreamState{Stream: "members", LastAttempt: at, LastSuccess: at, Rows: 12, Requests: 1},
		)
		later := at.Add(time.Hour)
		save(state.StreamState{Stream: "branches", LastAttempt: later, Rows: 40, Requests: 4})
		save(state.StreamState{Stream: "members", LastAttempt: later, Rows: 3, Requests: 2, Problem: "503"})
		want(
			state.StreamState{Stream: "branches", LastAttempt: later, LastSuccess: later, Rows: 40, Requests: 4},
			state.StreamState{Stream: "members", LastAttempt: later, LastSuccess: at, Rows: 12, Requests: 2, Problem: "503"},
		)
		last := later.Add(time.Hour)
		save(state.StreamState{Stream: "branches", LastAttempt: last, Disabled: "the scope repository is missing"})
		save(state.StreamState{Stream: "members", LastAttempt: last, Rows: 0, Requests: 1})
		want(
			state.StreamState{Stream: "branches", LastAttempt: last, LastSuccess: later, Rows: 40, Disabled: "the scope repository is missing"},
			state.StreamState{Stream: "members", LastAttempt: last, LastSuccess: last, Requests: 1},
		)
		if other, err := db.Streams(ctx, "{b}"); len(other) != 0 || err != nil {
			t.Errorf("of another workspace: %+v, %v", other, err)
		}
	})
}

func TestProgress(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Millisecond)
		nothing := func(when string) {
			t.Helper()
			if p, err := db.Progress(ctx, "{a}"); p != nil || err != nil {
				t.Errorf("%s: %+v, %v", when, p, err)
			}
		}
		nothing("before the first run")
		p := state.Progress{WorkspaceUUID: "{a}", Started: now.Add(-time.Hour), Stream: "members", Done: 1, Total: 9, Requests: 30}
		if err := db.SetProgressAt(ctx, p, now.Add(-3*time.Minute)); err != nil {
			t.Fatal(err)
		}
		nothing("three minutes after the last word")
		p.Stream, p.Done, p.Requests = "commits", 2, 70
		if err := db.SetProgress(ctx, p); err != nil {
			t.Fatal(err)
		}
		got, err := db.Progress(ctx, "{a}")
		if err != nil || got == nil || time.Since(got.Updated).Abs() > time.Minute {
			t.Fatalf("%+v, %v", got, err)
		}
		got.Updated = time.Time{}
		if diff := cmp.Diff(&p, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if p, err := db.Progress(ctx, "{b}"); p != nil || err != nil {
			t.Errorf("of another workspace: %+v, %v", p, err)
		}
		for range 2 {
			if err := db.ClearProgress(ctx, "{a}"); err != nil {
				t.Fatal(err)
			}
		}
		nothing("after the run")
	})
}

func TestStandings(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, at := t.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		far := state.Standing{Newest: at, Unread: 3, ReadBackTo: at.AddDate(0, -1, 0)}
		if err := db.SaveStanding(ctx, "{a}", "commits", far); err != nil {
			t.Fatal(err)
		}
		want := state.StreamState{WorkspaceUUID: "{a}", Stream: "commits", LastAttempt: at, Elapsed: 1500 * time.Millisecond, Problem: "500", Remedy: "Wait.", Standing: far}
		if err := db.SaveStream(ctx, want); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Streams(ctx, "{a}"); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%+v, %v", got, err)
		}
		if err := db.SaveStanding(ctx, "{a}", "commits", state.Standing{}); err != nil {
			t.Fatal(err)
		}
		want.Standing = state.Standing{}
		if got, err := db.Streams(ctx, "{a}"); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestReadAnew keeps what is to be read from the beginning until it has begun, and makes a forecast of what it took.
func TestReadAnew(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, at := t.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		backfill := func() state.Backfill {
			t.Helper()
			b, err := db.Backfill(ctx, "{a}")
			must(err)
			return *b
		}
		must(db.SaveSpent(ctx, state.Backfill{WorkspaceUUID: "{a}", Started: at, Ended: at.Add(time.Hour), Streams: []state.BackfillStream{
			{Stream: "commits", Forecast: 90, Spent: 40}, {Stream: "tags", Spent: 5},
		}}))
		must(db.ReadAnew(ctx, "{a}", []string{"tags"}, false, 0, at))
		b := backfill()
		if diff := cmp.Diff([]state.BackfillStream{{Stream: "commits", Forecast: 90, Spent: 40}, {Stream: "tags", Forecast: 5}}, b.Streams); diff != "" || b.Ended.IsZero() {
			t.Errorf("%+v: (-want +got):\n%s", b, diff)
		}
		must(db.ReadAnew(ctx, "{a}", []string{"commits", "tags"}, true, 2*time.Hour, at.Add(time.Hour)))
		b = backfill()
		if diff := cmp.Diff([]state.BackfillStream{{Stream: "commits", Forecast: 40}, {Stream: "tags", Forecast: 5}}, b.Streams); diff != "" ||
			!b.Ended.IsZero() || !b.Started.IsZero() || b.Duration != 2*time.Hour || !b.Forecast.Equal(at.Add(time.Hour)) {
			t.Errorf("%+v: (-want +got):\n%s", b, diff)
		}
		must(db.BegunAnew(ctx, "{a}", "tags", at)) // by a run that began before somebody asked again
		must(db.BegunAnew(ctx, "{a}", "commits", at.Add(time.Hour)))
		left, err := db.Anew(ctx, "{a}")
		if must(err); len(left) != 1 || !left["tags"].Equal(at.Add(time.Hour)) {
			t.Errorf("%v are left", left)
		}
		if left, err := db.Anew(ctx, "{b}"); err != nil || len(left) != 0 {
			t.Errorf("of another workspace: %v, %v", left, err)
		}
	})
}

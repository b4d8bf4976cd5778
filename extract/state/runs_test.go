package state_test

import (
	"fmt"
	"testing"
	"time"

	"bucketlake/extract/state"
)

func TestRuns(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		if r, err := db.LastRun(t.Context(), "{a}", false); r != nil || err != nil {
			t.Errorf("before the first run: %+v, %v", r, err)
		}
		at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		for i := range 250 {
			problem := ""
			if i%2 == 1 {
				problem = fmt.Sprint("the hour is spent ", i)
			}
			err := db.SaveRun(t.Context(), state.Run{
				WorkspaceUUID: "{a}", Started: at.Add(time.Duration(i) * time.Hour), Ended: at.Add(time.Duration(i)*time.Hour + time.Minute), Requests: i, Problem: problem,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		last, err := db.LastRun(t.Context(), "{a}", false)
		if err != nil || last.Requests != 249 || last.Problem != "the hour is spent 249" || last.Ended.Sub(last.Started) != time.Minute {
			t.Errorf("the last run: %+v, %v", last, err)
		}
		if complete, err := db.LastRun(t.Context(), "{a}", true); err != nil || complete.Requests != 248 {
			t.Errorf("the last complete run: %+v, %v", complete, err)
		}
		if other, err := db.LastRun(t.Context(), "{b}", false); other != nil || err != nil {
			t.Errorf("of another workspace: %+v, %v", other, err)
		}
		var n int
		if err := db.SQL().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM runs").Scan(&n); err != nil || n != 100 {
			t.Errorf("%d runs are kept, %v", n, err)
		}
	})
}

func TestRunsToLand(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		for i, r := range []state.Run{{ID: "1", Summary: "{}"}, {ID: "2", Summary: "{}", Outcome: "failed"}, {ID: "of a version that kept none"}, {ID: "4", WorkspaceUUID: "{b}", Summary: "{}"}} {
			if r.WorkspaceUUID == "" {
				r.WorkspaceUUID = "{a}"
			}
			r.Started = at.Add(time.Duration(i) * time.Hour)
			r.Ended = r.Started.Add(time.Minute)
			if err := db.SaveRun(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		left := func() (ids string) {
			runs, err := db.RunsToLand(t.Context(), "{a}")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range runs {
				ids += r.ID
			}
			return ids
		}
		if got := left(); got != "12" {
			t.Errorf("to land are %s", got)
		}
		if err := db.RunLanded(t.Context(), state.Run{ID: "1", WorkspaceUUID: "{a}"}); err != nil {
			t.Fatal(err)
		}
		if got := left(); got != "2" {
			t.Errorf("after the first, to land are %s", got)
		}
		runs, err := db.Runs(t.Context(), "{a}", at.Add(time.Hour))
		if err != nil || len(runs) != 2 || runs[1].ID != "2" || runs[1].Outcome != "failed" {
			t.Errorf("the last runs are %+v, %v", runs, err)
		}
	})
}

func TestAlerts(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		told := state.Alert{WorkspaceUUID: "{a}", Kind: "stale", Workspace: "acme", Since: at, Told: at.Add(time.Minute)}
		for range 2 { // the second time, over what stands
			if err := db.SaveAlert(t.Context(), told); err != nil {
				t.Fatal(err)
			}
			all, err := db.Alerts(t.Context())
			if err != nil || len(all) != 1 || all[0] != told {
				t.Errorf("alerts: %+v, %v; want %+v", all, err, told)
			}
			told.Ended = at.Add(time.Hour)
		}
	})
}

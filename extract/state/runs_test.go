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

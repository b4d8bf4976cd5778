package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/extract/state"
)

func TestBackfills(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		at := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		equal := func(when string, want *state.Backfill) {
			t.Helper()
			got, err := db.Backfill(t.Context(), "{a}")
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s: %v, (-want +got)\n%s", when, err, diff)
			}
		}
		equal("before all", nil)

		must(db.SaveForecast(t.Context(), state.Backfill{
			WorkspaceUUID: "{a}", Forecast: at, Duration: 90 * time.Minute, Error: 7, Streams: []state.BackfillStream{{Stream: "commits", Forecast: 10}, {Stream: "tags", Forecast: 2}},
		}))
		must(db.SaveSpent(t.Context(), state.Backfill{WorkspaceUUID: "{a}", Started: at.Add(time.Hour), Streams: []state.BackfillStream{{Stream: "commits", Spent: 4}, {Stream: "members", Spent: 1}}}))
		want := &state.Backfill{
			WorkspaceUUID: "{a}", Started: at.Add(time.Hour), Forecast: at, Duration: 90 * time.Minute, Error: 7,
			Streams: []state.BackfillStream{{Stream: "commits", Forecast: 10, Spent: 4}, {Stream: "members", Spent: 1}, {Stream: "tags", Forecast: 2}},
		}
		equal("under way", want)
		if forecast, spent, left := want.Requests(); forecast != 12 || spent != 5 || left != 8 {
			t.Errorf("%d requests forecast, %d spent, %d left", forecast, spent, left)
		}

		must(db.SaveSpent(t.Context(), state.Backfill{WorkspaceUUID: "{a}", Started: at.Add(2 * time.Hour), Ended: at.Add(3 * time.Hour), Streams: []state.BackfillStream{{Stream: "commits", Spent: 5}}}))
		must(db.SaveSpent(t.Context(), state.Backfill{WorkspaceUUID: "{a}", Started: at.Add(4 * time.Hour), Ended: at.Add(4 * time.Hour)}))
		must(db.SaveForecast(t.Context(), state.Backfill{WorkspaceUUID: "{a}", Forecast: at.Add(5 * time.Hour), Streams: []state.BackfillStream{{Stream: "commits", Forecast: 9}}}))
		equal("when all was read, and somebody plans again", &state.Backfill{
			WorkspaceUUID: "{a}", Started: at.Add(time.Hour), Ended: at.Add(3 * time.Hour), Forecast: at.Add(5 * time.Hour),
			Streams: []state.BackfillStream{{Stream: "commits", Forecast: 9, Spent: 9}, {Stream: "members", Spent: 1}, {Stream: "tags", Forecast: 2}},
		})
	})
}

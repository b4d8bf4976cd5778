package state_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/state"
)

func TestLimit(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, now := t.Context(), time.Now().Truncate(time.Millisecond)
		if l, err := db.Limit(ctx, "key"); l != nil || err != nil {
			t.Errorf("before the first: %+v, %v", l, err)
		}
		for _, c := range []struct {
			observed, want state.Limit
			after          time.Duration
		}{
			{state.Limit{PerHour: 1000}, state.Limit{PerHour: 1000, Seen: now}, 0},
			{state.Limit{PerHour: 1000}, state.Limit{PerHour: 1000, Seen: now}, 10 * time.Second}, // not worth a write
			{state.Limit{PerHour: 1000, NearLimit: true}, state.Limit{PerHour: 1000, NearLimit: true, Seen: now.Add(20 * time.Second)}, 20 * time.Second},
			{state.Limit{PerHour: 5000}, state.Limit{PerHour: 5000, Seen: now.Add(21 * time.Second)}, 21 * time.Second},
			{state.Limit{}, state.Limit{PerHour: 5000, Seen: now.Add(21 * time.Second)}, time.Hour}, // no headers
			{state.Limit{PerHour: 5000}, state.Limit{PerHour: 5000, Seen: now.Add(2 * time.Hour)}, 2 * time.Hour},
		} {
			if err := db.ObserveAt(ctx, "key", c.observed, now.Add(c.after)); err != nil {
				t.Fatal(err)
			}
			got, err := db.Limit(ctx, "key")
			if err != nil || got.PerHour != c.want.PerHour || got.NearLimit != c.want.NearLimit || !got.Seen.Equal(c.want.Seen) {
				t.Errorf("after %s: %+v, %v; want %+v", c.after, got, err, c.want)
			}
		}
	})
}

// What somebody else spends of the same hour is found out by what Bitbucket says remains, and counts.
func TestObserveCountsOthers(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx := t.Context()
		spent := func(want int) {
			t.Helper()
			if n, err := db.Spent(ctx, "key"); err != nil || n != want {
				t.Errorf("Spent = %d, %v; want %d", n, err, want)
			}
		}
		observe := func(remaining int) {
			t.Helper()
			if err := db.Observe(ctx, "key", state.Limit{PerHour: 100, Remaining: &remaining}); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			if err := db.Spend(ctx, "key", "commits", 100); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Observe(ctx, "key", state.Limit{PerHour: 100}); err != nil {
			t.Fatal(err)
		}
		spent(10)
		observe(90)
		spent(10)
		observe(94) // an answer from before the last requests
		spent(10)
		observe(60)
		spent(40)
		observe(60)
		spent(40)
		observe(1)
		spent(99)
		var counted int
		err := db.SQL().QueryRowContext(ctx, "SELECT CAST(SUM(requests) AS BIGINT) FROM requests_spent WHERE stream = '(others)'").Scan(&counted)
		if err != nil || counted != 89 {
			t.Errorf("%d counted for others, %v; want 89", counted, err)
		}
		if err := db.Spend(ctx, "key", "commits", 100); err != nil {
			t.Errorf("the last one: %v", err)
		}
		if err := db.Spend(ctx, "key", "commits", 100); !errors.Is(err, state.ErrBudgetSpent) {
			t.Errorf("one too many: %v", err)
		}
		if n, err := db.Spent(ctx, "another key"); n != 0 || err != nil {
			t.Errorf("of another consumer: %d, %v", n, err)
		}
	})
}

// Many answers that say the same at once count it once.
func TestObserveTogether(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		remaining := 30
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if err := db.Observe(t.Context(), "key", state.Limit{PerHour: 100, Remaining: &remaining}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n, err := db.Spent(t.Context(), "key"); err != nil || n != 70 {
			t.Errorf("Spent = %d, %v; want 70", n, err)
		}
	})
}

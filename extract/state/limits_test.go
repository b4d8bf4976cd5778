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
		ctx := t.Context()
		if l, err := db.Limit(ctx, "key"); l != 0 || err != nil {
			t.Errorf("before the first: %d, %v", l, err)
		}
		for _, c := range []struct{ observed, want int }{{1000, 1000}, {1000, 1000}, {5000, 5000}, {0, 5000}, {200, 200}} { // 0: no headers
			if err := db.Observe(ctx, "key", state.Limit{PerHour: c.observed}); err != nil {
				t.Fatal(err)
			}
			if got, err := db.Limit(ctx, "key"); err != nil || got != c.want {
				t.Errorf("after %d: %d, %v; want %d", c.observed, got, err, c.want)
			}
		}
		if l, err := db.Limit(ctx, "another key"); l != 0 || err != nil {
			t.Errorf("of another consumer: %d, %v", l, err)
		}
	})
}

// Where Bitbucket only says that the hour is nearly spent, four fifths of it are, and as long as it says so.
func TestNearLimitCountsOthers(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, now, fifty := t.Context(), time.Now(), 50
		observe := func(l state.Limit, at time.Time, want int) {
			t.Helper()
			if err := db.ObserveAt(ctx, "key", l, at); err != nil {
				t.Fatal(err)
			}
			var n int
			err := db.SQL().QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM requests_spent WHERE stream = '(others)'").Scan(&n)
			if err != nil || n != want {
				t.Errorf("%+v: %d counted for others, %v; want %d", l, n, err, want)
			}
		}
		for range 10 {
			if err := db.SpendAt(ctx, "key", "commits", 102, now); err != nil {
				t.Fatal(err)
			}
		}
		observe(state.Limit{PerHour: 102}, now, 0)
		observe(state.Limit{PerHour: 102, Remaining: &fifty, NearLimit: true}, now, 42) // what is exact counts
		observe(state.Limit{PerHour: 102, NearLimit: true}, now, 72)                    // a fifth of 102: 20 are left
		observe(state.Limit{PerHour: 102, NearLimit: true}, now, 72)
		for n := range 20 {
			if err := db.SpendAt(ctx, "key", "commits", 102, now); err != nil {
				t.Fatalf("%d of the fifth that is left: %v", n, err)
			}
			observe(state.Limit{PerHour: 102, NearLimit: true}, now, 72)
		}
		if err := db.SpendAt(ctx, "key", "commits", 102, now); !errors.Is(err, state.ErrBudgetSpent) {
			t.Errorf("one too many: %v", err)
		}
		observe(state.Limit{PerHour: 102, NearLimit: true}, now.Add(62*time.Minute), 72+82) // an hour later
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

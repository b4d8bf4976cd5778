package state_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

func TestSpendStopsAtTheLimit(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx := t.Context()
		for range 3 {
			if err := db.Spend(ctx, "key", "commits", 3); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Spend(ctx, "key", "pull_requests", 3)
		spent, ok := errors.AsType[*state.BudgetSpent](err)
		if !ok || !errors.Is(err, state.ErrBudgetSpent) {
			t.Fatalf("the fourth: %v, want a *BudgetSpent", err)
		}
		if wait := time.Until(spent.Until); wait < 59*time.Minute || wait > 61*time.Minute {
			t.Errorf("room in %s, want about an hour", wait)
		}
		if err := db.Spend(ctx, "another key", "commits", 3); err != nil {
			t.Errorf("another consumer: %v", err)
		}
		if err := db.Spend(ctx, "key", "commits", 0); err != nil {
			t.Errorf("without a limit: %v", err)
		}
		if n, err := db.Spent(ctx, "key"); err != nil || n != 4 {
			t.Errorf("Spent = %d, %v; want 4: a refused request isn't counted, an unlimited one is", n, err)
		}
	})
}

func TestSpendIsSharedByProcesses(t *testing.T) {
	statetest.Each(t, func(t *testing.T, stateURL string) {
		handles := []*state.DB{open(t, stateURL), open(t, stateURL)}
		var granted atomic.Int32
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				switch err := handles[i%2].Spend(t.Context(), "key", "commits", 70); {
				case err == nil:
					granted.Add(1)
				case !errors.Is(err, state.ErrBudgetSpent):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if granted.Load() != 70 {
			t.Errorf("%d granted, want 70", granted.Load())
		}
	})
}

func TestSpendSurvivesWrongClocks(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, now := t.Context(), time.Now()
		if err := db.SpendAt(ctx, "key", "s", 1, now.Add(10*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := db.SpendAt(ctx, "key", "s", 1, now); !errors.Is(err, state.ErrBudgetSpent) {
			t.Errorf("spent by a clock ten minutes ahead: %v, want ErrBudgetSpent", err)
		}
		if err := db.SpendAt(ctx, "other", "s", 1, now.AddDate(70, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if err := db.SpendAt(ctx, "other", "s", 1, now); err != nil {
			t.Errorf("a clock seventy years ahead blocks: %v", err)
		}
	})
}

func TestSpendForgets(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx, now := t.Context(), time.Now()
		for i := range 5 {
			if err := db.SpendAt(ctx, "key", "s", 10, now.Add(time.Duration(i)*20*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		var rows int
		if err := db.SQL().QueryRowContext(ctx, "SELECT COUNT(*) FROM requests_spent").Scan(&rows); err != nil || rows != 2 {
			t.Errorf("%d rows kept, %v; want the 2 of the last day", rows, err)
		}
	})
}

// Whatever the pattern of requests and pauses: no sixty minutes hold more granted requests than the limit, and at
// the moment that a refusal names there is room again.
func TestSpendNeverOverspends(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		ctx := t.Context()
		rapid.Check(t, func(t *rapid.T) {
			if _, err := db.SQL().ExecContext(ctx, "DELETE FROM requests_spent"); err != nil {
				t.Fatal(err)
			}
			limit := rapid.IntRange(1, 6).Draw(t, "limit")
			now := time.Unix(1_790_000_000, 0).Add(time.Duration(rapid.IntRange(0, 59_999).Draw(t, "offset")) * time.Millisecond)
			var granted []time.Time
			for range rapid.IntRange(1, 60).Draw(t, "requests") {
				now = now.Add(time.Duration(rapid.IntRange(0, 20*60_000).Draw(t, "pause")) * time.Millisecond)
				err := db.SpendAt(ctx, "key", "s", limit, now)
				if spent, ok := errors.AsType[*state.BudgetSpent](err); ok {
					if wait := spent.Until.Sub(now); wait <= 0 || wait > 61*time.Minute {
						t.Fatalf("refused for %s", wait)
					}
					if !rapid.Bool().Draw(t, "wait") {
						continue
					}
					now = spent.Until
					err = db.SpendAt(ctx, "key", "s", limit, now)
				}
				if err != nil {
					t.Fatal(err)
				}
				granted = append(granted, now)
			}
			for i := limit; i < len(granted); i++ {
				if span := granted[i].Sub(granted[i-limit]); span < time.Hour {
					t.Fatalf("%d requests within %s, limit %d", limit+1, span, limit)
				}
			}
		})
	})
}

package load_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
)

// countingStore counts what is opened.
type countingStore struct {
	load.Store
	opened []string
}

func (c *countingStore) Open(ctx context.Context, name string) (load.Object, error) {
	c.opened = append(c.opened, name)
	return c.Store.Open(ctx, name)
}

func (c *countingStore) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	return c.Store.Put(ctx, name, body, match)
}

func TestScanReadsWhatIsAskedFor(t *testing.T) {
	store := &countingStore{Store: openDirectory(t)}
	l := load.New(store, nil)
	commit(t, l, 0, rows(schemas.PullRequestTasks, task(1, 1, "OPEN", 8), task(2, 1, "OPEN", 9), task(3, 1, "OPEN", 10)))
	commit(t, l, 1, rows(schemas.PullRequestTasks, task(2, 2, "OPEN", 9)))
	tests := []struct {
		name    string
		o       load.ScanOptions
		want    []string
		objects int
	}{
		{"everything", load.ScanOptions{}, []string{"2026-08 1/1 OPEN @0", "2026-09 2/1 OPEN @0", "2026-09 2/2 OPEN @1", "2026-10 3/1 OPEN @0"}, 3},
		{"since", load.ScanOptions{Since: at(0)}, []string{"2026-09 2/2 OPEN @1"}, 1},
		{"since now", load.ScanOptions{Since: at(1)}, nil, 0},
		{"months", load.ScanOptions{Months: []string{"2026-10", "2026-08", "2020-01"}}, []string{"2026-08 1/1 OPEN @0", "2026-10 3/1 OPEN @0"}, 2},
		{"no months", load.ScanOptions{Months: []string{}}, nil, 0},
		{"columns", load.ScanOptions{Columns: []string{"state", "task_id"}, Since: at(0)}, []string{"0001-01 0/2 OPEN @-153722867"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store.opened = nil
			got := briefTasks(scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, tt.o))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := len(store.opened) - 1; n != tt.objects {
				t.Errorf("opened %d objects: %v", n, store.opened)
			}
		})
	}
	t.Run("stop", func(t *testing.T) {
		for range load.Scan[schemas.PullRequestTask](t.Context(), l, schemas.PullRequestTasks, "acme", load.ScanOptions{}) {
			break
		}
	})
	t.Run("errors", func(t *testing.T) {
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		for want, rows := range map[string]func(func(*schemas.PullRequestTask, error) bool){
			"its rows are no":      load.Scan[schemas.PullRequestTask](t.Context(), l, schemas.Members, "acme", load.ScanOptions{}),
			"there is no column x": load.Scan[schemas.PullRequestTask](t.Context(), l, schemas.PullRequestTasks, "acme", load.ScanOptions{Columns: []string{"x"}}),
			"is not a slug":        load.Scan[schemas.PullRequestTask](t.Context(), l, schemas.PullRequestTasks, "a/b", load.ScanOptions{}),
			"context canceled":     load.Scan[schemas.PullRequestTask](cancelled, l, schemas.PullRequestTasks, "acme", load.ScanOptions{}),
		} {
			n := 0
			for row, err := range rows {
				if n++; row != nil || err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, %v, want %q", row, err, want)
				}
			}
			if n != 1 {
				t.Errorf("%q: %d times", want, n)
			}
		}
	})
}

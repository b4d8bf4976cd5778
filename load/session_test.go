package load_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// TestSession commits and reads in sessions of two lakes over one bucket: what stands is asked for once, and of two writers the one
// that does not know of the other's commit gets a conflict, then goes on from it.
func TestSession(t *testing.T) {
	t.Parallel()
	bucket := loadtest.NewBucket(t)
	other := load.New(bucket.Open(t), nil)
	proxy := loadtest.NewProxy(t, bucket)
	lake := load.New(bucket.Open(t), nil)
	write := func(l *load.Lake, minute int, text string) error {
		at := time.Date(2026, 10, 1, 0, minute, 0, 0, time.UTC)
		rows := schemas.Rows{Table: schemas.PullRequestTasks, Rows: []any{
			&schemas.PullRequestTask{RepositoryUUID: "{r}", PullRequestID: 1, ID: int64(len(text)), PullRequestCreatedOn: at, CreatedOn: at, State: text},
		}}
		_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: rows, At: at})
		return err
	}
	count := func(l *load.Lake) (n int) {
		for _, err := range load.Scan[schemas.PullRequestTask](t.Context(), l, schemas.PullRequestTasks, "acme", load.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	asked := func(do func()) (gets, lists int) {
		proxy.Plan(nil)
		do()
		requests, _ := proxy.Seen()
		for _, r := range requests {
			switch {
			case strings.Contains(r, "list-type"):
				lists++
			case strings.HasPrefix(r, http.MethodGet):
				gets++
			}
		}
		return gets, lists
	}

	mine := lake.Session()
	mine.Refresh(t.Context(), "acme")
	if err := write(mine, 1, "a"); err != nil {
		t.Fatal(err)
	}
	if gets, _ := asked(func() { count(mine); count(mine) }); gets != 0 {
		t.Errorf("%d objects were asked for, which the session wrote itself", gets)
	}
	if err := write(other, 2, "bb"); err != nil {
		t.Fatal(err)
	}
	if n := count(mine); n != 1 {
		t.Errorf("the session sees %d rows; want what stood when it looked", n)
	}
	if err := write(mine, 3, "ccc"); !errors.Is(err, load.ErrConflict) {
		t.Errorf("committing beside another writer: %v; want a conflict", err)
	}
	if err := write(mine, 4, "ccc"); err != nil {
		t.Errorf("committing after the conflict: %v", err)
	}
	if n, all := count(mine), count(other); n != 3 || all != 3 {
		t.Errorf("%d and %d rows; want 3", n, all)
	}

	next := lake.Session() // the next run of the process
	gets, lists := asked(func() { next.Refresh(t.Context(), "acme"); count(next) })
	if gets != 0 || lists != 1 {
		t.Errorf("%d objects were asked for and %d lists; want one list of what did not change", gets, lists)
	}
	if err := write(other, 5, "dddd"); err != nil {
		t.Fatal(err)
	}
	next.Refresh(t.Context(), "acme")
	if n := count(next); n != 4 {
		t.Errorf("%d rows after another writer's commit; want 4", n)
	}
}

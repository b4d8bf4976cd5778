package load_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bucketlake/load"
	"bucketlake/schemas"
)

var errCrash = errors.New("crash")

// A crashing store works until its n-th call, counted from 1, and never again: to the commit that
// uses it this is what the end of the process is. The n-th call fails before it takes effect, or
// after.
type crashing struct {
	load.Store
	n     int
	after bool
	calls int
}

func (c *crashing) Open(ctx context.Context, name string) (load.Object, error) {
	if c.calls++; c.calls >= c.n {
		return nil, errCrash
	}
	return c.Store.Open(ctx, name)
}

func (c *crashing) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	c.calls++
	if c.calls > c.n || c.calls == c.n && !c.after {
		return "", errCrash
	}
	etag, err := c.Store.Put(ctx, name, body, match)
	if c.calls == c.n {
		return "", errCrash
	}
	return etag, err
}

// A follower keeps a copy of a table by asking, again and again, for what came since. It is what
// derived tables and everything downstream rely on.
type follower struct {
	mark load.Manifest
	rows map[string]schemas.PullRequestTask
}

func (f *follower) follow(t testing.TB, l *load.Lake) {
	t.Helper()
	m := manifest(t, l, schemas.PullRequestTasks)
	for _, row := range scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, load.ScanOptions{Since: f.mark.SyncedAt}) {
		if f.rows == nil {
			f.rows = map[string]schemas.PullRequestTask{}
		}
		f.rows[fmt.Sprint(row.RepositoryUUID, row.PullRequestID, row.ID)] = row
	}
	f.mark = *m
}

func (f *follower) check(t testing.TB, l *load.Lake) {
	t.Helper()
	f.follow(t, l)
	all := scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, load.ScanOptions{})
	want := map[string]schemas.PullRequestTask{}
	for _, row := range all {
		want[fmt.Sprint(row.RepositoryUUID, row.PullRequestID, row.ID)] = row
	}
	if len(want) != len(all) {
		t.Errorf("%d rows have %d keys", len(all), len(want))
	}
	if diff := cmp.Diff(want, f.rows, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the follower missed something (-lake +follower):\n%s", diff)
	}
}

// base is what is there before the crash, change what was being committed when it came: it changes,
// adds, marks deleted and brings back rows, in old and new partitions, and leaves one alone.
func base() schemas.Rows {
	r := rows(schemas.PullRequestTasks,
		task(1, 1, "OPEN", 8), task(1, 2, "OPEN", 8),
		task(2, 1, "OPEN", 9), task(2, 2, "OPEN", 9), task(3, 1, "OPEN", 9),
		task(4, 1, "OPEN", 10), task(4, 2, "OPEN", 10))
	r.Complete = []schemas.Scope{{}}
	return r
}

func change() schemas.Rows {
	r := rows(schemas.PullRequestTasks,
		task(1, 1, "OPEN", 8), task(2, 1, "DONE", 9), task(2, 3, "OPEN", 9), task(5, 1, "OPEN", 11), task(4, 2, "OPEN", 10))
	r.Complete = []schemas.Scope{{Month: "2026-10"}, {Month: "2026-09", Key: []any{"{web}", 3}}}
	return r
}

// TestCrashAnywhere lets the store fail at each of its calls, in the first commit of a table and in
// a later one, and runs the commit again.
func TestCrashAnywhere(t *testing.T) { eachStore(t, testCrashAnywhere) }

func testCrashAnywhere(t *testing.T, open func(testing.TB) load.Store) {
	for _, first := range []bool{true, false} {
		start := func(t *testing.T) (load.Store, *follower) {
			d, f := open(t), &follower{}
			if !first {
				commit(t, load.New(d, nil), 0, base())
				f.follow(t, load.New(d, nil))
			}
			return d, f
		}
		d, _ := start(t)
		count := &crashing{Store: d, n: 1 << 30}
		commit(t, load.New(count, nil), 1, change())
		want := scan[schemas.PullRequestTask](t, load.New(d, nil), schemas.PullRequestTasks, load.ScanOptions{})
		if count.calls < 6 {
			t.Fatalf("the commit made %d calls only", count.calls)
		}
		for n := 1; n <= count.calls; n++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("first=%t,n=%d,after=%t", first, n, after), func(t *testing.T) {
					d, f := start(t)
					crash(t, d, n, after)
					verify(t, d, true)
					f.follow(t, load.New(d, nil))
					commit(t, load.New(d, nil), 2, change())
					got := scan[schemas.PullRequestTask](t, load.New(d, nil), schemas.PullRequestTasks, load.ScanOptions{})
					if diff := cmp.Diff(want, got, ignoreSynced, timesAreAlike); diff != "" {
						t.Errorf("(-uninterrupted +interrupted):\n%s", diff)
					}
					f.check(t, load.New(d, nil))
					verify(t, d, false)
					if m := manifest(t, load.New(d, nil), schemas.PullRequestTasks); string(m.Cursor) != "2" {
						t.Errorf("cursor %s", m.Cursor)
					}
				})
			}
		}
	}
}

// ignoreSynced and timesAreAlike leave out when a row was landed or found deleted.
var (
	ignoreSynced  = cmpopts.IgnoreFields(schemas.Synced{}, "SyncedAt")
	timesAreAlike = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".DeletedAt" },
		cmp.Comparer(func(a, b interface{ IsZero() bool }) bool { return a.IsZero() == b.IsZero() }))
)

// crash commits the change with the cursor 1 to a store that fails, and checks that the cursor has
// not passed the rows.
func crash(t *testing.T, d load.Store, n int, after bool) {
	t.Helper()
	l := load.New(&crashing{Store: d, n: n, after: after}, nil)
	_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: change(), At: at(1), Cursor: []byte("1")})
	if !errors.Is(err, errCrash) {
		t.Fatalf("got %v", err)
	}
	m := manifest(t, load.New(d, nil), schemas.PullRequestTasks)
	if string(m.Cursor) != "1" {
		return
	}
	there := map[string]bool{}
	for _, row := range scan[schemas.PullRequestTask](t, load.New(d, nil), schemas.PullRequestTasks, load.ScanOptions{}) {
		there[fmt.Sprint(row.PullRequestID, row.ID, row.State, row.DeletedAt.IsZero())] = true
	}
	for _, row := range change().Rows {
		if r := row.(*schemas.PullRequestTask); !there[fmt.Sprint(r.PullRequestID, r.ID, r.State, true)] {
			t.Errorf("the cursor has passed %d/%d, which is not there", r.PullRequestID, r.ID)
		}
	}
}

// verify makes sure that nothing needs a person, that nothing is there but the table's objects and the manifest, and,
// unless a commit was cut off just now, that each of them is the one that was committed.
func verify(t *testing.T, d load.Store, cutOff bool) {
	t.Helper()
	for f, err := range load.New(d, nil).Verify(t.Context(), schemas.PullRequestTasks, "acme", noon.AddDate(100, 0, 0)) {
		if err != nil || f.Kind != load.Ahead || !cutOff {
			t.Errorf("found %+v, %v", f, err)
		}
	}
	names, err := d.List(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		switch name {
		case "_bucketlake/lock", "_bucketlake/guard", "_bucketlake/workspace=acme/pull_request_tasks.json":
		default:
			if !strings.HasPrefix(name, "pull_request_tasks/workspace=acme/month=") || !strings.HasSuffix(name, "/data.parquet") {
				t.Errorf("%s is left", name)
			}
		}
	}
}

// A commit that was interrupted may be followed by another one first. What the clock passed in the
// meantime is still shown to those who follow it.
func TestCrashFollowedByAnotherCommit(t *testing.T) { eachStore(t, testCrashFollowedByAnotherCommit) }

func testCrashFollowedByAnotherCommit(t *testing.T, open func(testing.TB) load.Store) {
	for n := 1; n <= 9; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d, f := open(t), &follower{}
			l := load.New(d, nil)
			commit(t, l, 0, base())
			f.follow(t, l)
			crash(t, d, n, true)
			f.follow(t, l)
			commit(t, l, 5, rows(schemas.PullRequestTasks, task(6, 1, "OPEN", 12)))
			f.follow(t, l)
			commit(t, l, 6, change())
			f.check(t, l)
			commit(t, l, 7, change())
			if got := manifest(t, l, schemas.PullRequestTasks); !got.SyncedAt.Before(at(7)) {
				t.Error("committing the same rows once more changed something")
			}
			f.check(t, l)
		})
	}
}

func TestTwoWriters(t *testing.T) { eachStore(t, testTwoWriters) }

func testTwoWriters(t *testing.T, open func(testing.TB) load.Store) {
	d := open(t)
	l := load.New(d, nil)
	commit(t, l, 0, base())
	f := &follower{}
	f.follow(t, l)

	// The second writer commits between any two steps of the first.
	mine := rows(schemas.PullRequestTasks, task(2, 1, "MINE", 9), task(4, 3, "MINE", 10))
	theirs := rows(schemas.PullRequestTasks, task(2, 2, "THEIRS", 9), task(4, 4, "THEIRS", 10))
	for n := 1; n <= 6; n++ {
		between := &between{Store: d, n: n, do: func() { commit(t, l, 10*n+1, theirs) }}
		_, err := load.New(between, nil).Commit(t.Context(), load.Commit{Workspace: "acme", Rows: mine, At: at(10 * n), Cursor: []byte(`"mine"`)})
		m := manifest(t, l, schemas.PullRequestTasks)
		switch {
		case errors.Is(err, load.ErrConflict):
			if string(m.Cursor) == `"mine"` {
				t.Errorf("n=%d: a conflict moved the cursor", n)
			}
		case err != nil:
			t.Errorf("n=%d: %v", n, err)
		case string(m.Cursor) != `"mine"`:
			t.Errorf("n=%d: the cursor is %s", n, m.Cursor)
		}
		if n > 1 && err == nil {
			t.Errorf("n=%d: no conflict", n)
		}
		f.follow(t, l)
		commit(t, l, 10*n+2, mine)
		states := map[string]int{}
		for _, row := range scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, load.ScanOptions{}) {
			states[row.State]++
		}
		if states["MINE"] != 2 || states["THEIRS"] != 2 {
			t.Errorf("n=%d: %v", n, states)
		}
		f.check(t, l)
		commit(t, l, 10*n+3, base()) // back to the start
		f.check(t, l)
	}
}

// between does something before the n-th call.
type between struct {
	load.Store
	n  int
	do func()
}

func (b *between) step() {
	if b.n--; b.n == 0 {
		b.do()
	}
}

func (b *between) Open(ctx context.Context, name string) (load.Object, error) {
	b.step()
	return b.Store.Open(ctx, name)
}

func (b *between) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	b.step()
	return b.Store.Put(ctx, name, body, match)
}

// TestCompleteAfterAFirstCommitThatCrashed lets a table's very first commit end between its object and
// its manifest, which then knows of no object. What is gone by the next commit is gone from it, too.
func TestCompleteAfterAFirstCommitThatCrashed(t *testing.T) {
	eachStore(t, testCompleteAfterAFirstCommitThatCrashed)
}

func testCompleteAfterAFirstCommitThatCrashed(t *testing.T, open func(testing.TB) load.Store) {
	d := open(t)
	for _, table := range []*schemas.Table{schemas.Members, schemas.StoryActivities} {
		row := func(name string) any {
			if table.Derived {
				return &schemas.StoryActivity{StoryKey: name, FirstActivity: noon, LastActivity: noon}
			}
			m := member(name, name)
			return &m
		}
		store := &crashing{Store: d, n: 4} // of opening and putting the manifest and the object, the last
		first := schemas.Rows{Table: table, Rows: []any{row("a"), row("b")}, Complete: []schemas.Scope{{}}}
		if _, err := load.New(store, nil).Commit(t.Context(), load.Commit{Workspace: "acme", Rows: first, At: at(0)}); !errors.Is(err, errCrash) {
			t.Fatalf("%s: got %v", table.Name, err)
		}
		stats := commit(t, load.New(d, nil), 1, schemas.Rows{Table: table, Complete: []schemas.Scope{{}}})
		if stats.Removed+stats.Tombstoned != 2 || table.Derived != (stats.Removed == 2) {
			t.Errorf("%s: stats %+v", table.Name, stats)
		}
	}
}

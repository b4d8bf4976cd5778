package load_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// resolved is a column of the tasks that a bucketlake of old does not know.
const resolved = "resolved_on"

// older is the table of the tasks as that bucketlake knows it.
var older = func() *schemas.Table {
	t := without(schemas.PullRequestTasks, resolved)
	c := schemas.PullRequestTasks.Column(resolved)
	if !schemas.PullRequestTasks.Columns[c].Nullable || slices.Max(t.Key) >= c || t.Partition <= c {
		panic("the column can't have been added: take another one")
	}
	t.Partition--
	return t
}()

// done is a task that was resolved, which only a bucketlake of now can land.
func done(pr, id int64, month time.Month) schemas.PullRequestTask {
	row := task(pr, id, "RESOLVED", month)
	row.ResolvedOn = noon
	return row
}

// knownTo returns rows for a bucketlake that knows the table in another way.
func knownTo(table *schemas.Table, r schemas.Rows) schemas.Rows {
	r.Table = table
	return r
}

// briefDone says of tasks what they are, and when they were resolved.
func briefDone(list []schemas.PullRequestTask) (all []string) {
	for _, row := range list {
		text := fmt.Sprintf("%s %d/%d %s @%d", schemas.Month(row.PullRequestCreatedOn), row.PullRequestID, row.ID, row.State, minutes(row.SyncedAt))
		if !row.ResolvedOn.IsZero() {
			text += " resolved"
		}
		all = append(all, text)
	}
	return all
}

// TestColumnAdded has a bucketlake land what an older one has landed, without a column, and the older one come back.
func TestColumnAdded(t *testing.T) { eachStore(t, testColumnAdded) }

func testColumnAdded(t *testing.T, open func(testing.TB) load.Store) {
	store := open(t)
	l := load.New(store, nil)
	commit(t, l, 0, knownTo(older, rows(schemas.PullRequestTasks, done(1, 1, 8), task(2, 1, "OPEN", 9), done(2, 2, 9), task(3, 1, "OPEN", 10))))
	was := manifest(t, l, schemas.PullRequestTasks)

	// It is null in what is there, and nothing is written for that.
	all := func() []string {
		return briefDone(scan[schemas.PullRequestTask](t, load.New(store, nil), schemas.PullRequestTasks, load.ScanOptions{}))
	}
	if diff := cmp.Diff([]string{"2026-08 1/1 RESOLVED @0", "2026-09 2/1 OPEN @0", "2026-09 2/2 RESOLVED @0", "2026-10 3/1 OPEN @0"}, all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	verify(t, store, false)
	if got := scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, load.ScanOptions{Columns: []string{resolved}}); len(got) != 4 {
		t.Errorf("of that column alone: %v", got)
	}
	if stats := commit(t, l, 1, rows(schemas.PullRequestTasks, task(2, 1, "OPEN", 9), task(3, 1, "OPEN", 10))); stats.Objects != 0 || stats.Unchanged != 2 {
		t.Errorf("rows that say nothing in the new column: %+v", stats)
	}

	// It is filled in rows that are read again, although nothing else has changed in them.
	if stats := commit(t, l, 2, rows(schemas.PullRequestTasks, task(2, 1, "OPEN", 9), done(2, 2, 9))); stats.Objects != 1 || stats.Updated != 1 || stats.Unchanged != 1 {
		t.Errorf("stats %+v", stats)
	}
	want := []string{"2026-08 1/1 RESOLVED @0", "2026-09 2/1 OPEN @0", "2026-09 2/2 RESOLVED @2 resolved", "2026-10 3/1 OPEN @0"}
	if diff := cmp.Diff(want, all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	now := manifest(t, l, schemas.PullRequestTasks)
	for month, object := range was.Objects {
		if (now.Objects[month].ETag == object.ETag) != (month != "2026-09") {
			t.Errorf("%s: it was %+v and is %+v", month, object, now.Objects[month])
		}
	}
	verify(t, store, false)

	// The older one goes on where it would take nothing away, and refuses where it would: after a downgrade, or beside a newer one
	// in the middle of an upgrade.
	_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: knownTo(older, rows(schemas.PullRequestTasks, task(2, 2, "OPEN", 9))), At: at(3), Cursor: []byte("3")})
	if err == nil || !strings.Contains(err.Error(), "column "+resolved) || !strings.Contains(err.Error(), "a newer bucketlake wrote it") {
		t.Errorf("got %v", err)
	}
	for _, err = range load.Scan[schemas.PullRequestTask](t.Context(), l, older, "acme", load.ScanOptions{Months: []string{"2026-09"}}) {
	}
	if err == nil || !strings.Contains(err.Error(), "a newer bucketlake wrote it") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(want, all()); diff != "" {
		t.Errorf("what was refused changed something (-want +got):\n%s", diff)
	}
	commit(t, l, 4, knownTo(older, rows(schemas.PullRequestTasks, done(3, 2, 10))))
	want = append(want, "2026-10 3/2 RESOLVED @4")
	if diff := cmp.Diff(want, all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What the older one landed meanwhile is filled when it is read again, as everything is by a full sync.
	commit(t, l, 5, rows(schemas.PullRequestTasks, done(1, 1, 8), task(2, 1, "OPEN", 9), done(2, 2, 9), task(3, 1, "OPEN", 10), done(3, 2, 10)))
	want = []string{"2026-08 1/1 RESOLVED @5 resolved", "2026-09 2/1 OPEN @0", "2026-09 2/2 RESOLVED @2 resolved", "2026-10 3/1 OPEN @0", "2026-10 3/2 RESOLVED @5 resolved"}
	if diff := cmp.Diff(want, all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	verify(t, store, false)
}

// TestColumnAddedCrashAnywhere cuts the first commit with a new column off at each call to the store, has the older bucketlake try
// in between, and runs it again.
func TestColumnAddedCrashAnywhere(t *testing.T) { eachStore(t, testColumnAddedCrashAnywhere) }

func testColumnAddedCrashAnywhere(t *testing.T, open func(testing.TB) load.Store) {
	before := knownTo(older, rows(schemas.PullRequestTasks, done(1, 1, 8), done(2, 1, 9), task(3, 1, "OPEN", 10)))
	after := rows(schemas.PullRequestTasks, done(1, 1, 8), done(2, 1, 9), task(3, 1, "OPEN", 10), done(3, 2, 10))
	start := func(t *testing.T) load.Store {
		d := open(t)
		commit(t, load.New(d, nil), 0, before)
		return d
	}
	d := start(t)
	count := &crashing{Store: d, n: 1 << 30}
	commit(t, load.New(count, nil), 1, after)
	read := func(t *testing.T, d load.Store) (all []string) {
		for _, row := range scan[schemas.PullRequestTask](t, load.New(d, nil), schemas.PullRequestTasks, load.ScanOptions{}) {
			all = append(all, fmt.Sprint(row.PullRequestID, "/", row.ID, " ", row.State, " ", !row.ResolvedOn.IsZero()))
		}
		return all
	}
	want := read(t, d)
	for n := 1; n <= count.calls; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d := start(t)
			l := load.New(&crashing{Store: d, n: n, after: true}, nil)
			if _, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: after, At: at(1), Cursor: []byte("1")}); !errors.Is(err, errCrash) {
				t.Fatalf("got %v", err)
			}
			verify(t, d, true)
			_, err := load.New(d, nil).Commit(t.Context(), load.Commit{Workspace: "acme", Rows: before, At: at(2), Cursor: []byte("2")})
			if err != nil && !strings.Contains(err.Error(), "a newer bucketlake wrote it") {
				t.Errorf("the older one: %v", err)
			}
			commit(t, load.New(d, nil), 3, after)
			if diff := cmp.Diff(want, read(t, d)); diff != "" {
				t.Errorf("(-uninterrupted +interrupted):\n%s", diff)
			}
			verify(t, d, false)
		})
	}
}

// TestOtherVersion keeps versions of a table apart: neither bucketlake reads, or adds to, what the other one wrote; also where only
// the objects tell, as the manifest was lost. It does not advise to remove what is in order.
func TestOtherVersion(t *testing.T) { eachStore(t, testOtherVersion) }

func testOtherVersion(t *testing.T, open func(testing.TB) load.Store) {
	two := *schemas.PullRequestTasks
	two.Version = 2
	for _, test := range []struct {
		first, then *schemas.Table
		want        string
	}{
		{schemas.PullRequestTasks, &two, "an older bucketlake wrote it (pull_request_tasks of version 1; this one writes 2)"},
		{&two, schemas.PullRequestTasks, "a newer bucketlake wrote it (pull_request_tasks of version 2; this one knows 1)"},
	} {
		store := open(t)
		l := load.New(store, nil)
		commit(t, l, 0, knownTo(test.first, base()))
		want := scan[schemas.PullRequestTask](t, l, test.first, load.ScanOptions{})
		refused := func(what string, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "remove") {
				t.Errorf("%s: got %v, want %s", what, err, test.want)
			}
		}
		try := func() {
			t.Helper()
			l := load.New(store, nil)
			_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: knownTo(test.then, change()), At: at(1), Cursor: []byte("1")})
			refused("a commit", err)
		}
		try()
		var err error
		for _, err = range load.Scan[schemas.PullRequestTask](t.Context(), load.New(store, nil), test.then, "acme", load.ScanOptions{}) {
		}
		refused("a scan", err)
		found := load.Finding{}
		for found, err = range load.New(store, nil).Verify(t.Context(), test.then, "acme", noon) {
		}
		if err != nil || found.Kind != load.Versioned || !found.Fault() {
			t.Errorf("verify found %+v, %v", found, err)
		}
		if diff := cmp.Diff(want, scan[schemas.PullRequestTask](t, l, test.first, load.ScanOptions{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		const name = "_bucketlake/workspace=acme/pull_request_tasks.json"
		_, etag := loadtest.Get(t, store, name)
		if err := store.Remove(t.Context(), name, etag); err != nil {
			t.Fatal(err)
		}
		try()
	}
}

// TestColumnAddedInTheCatalogue has the older one register the table, then the newer one, then the older one again.
func TestColumnAddedInTheCatalogue(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	c := catalog(t, g)
	do := func(table *schemas.Table) load.Registration {
		t.Helper()
		all, err := c.Register(t.Context(), l, []*schemas.Table{table}, []string{"acme"})
		if err != nil {
			t.Fatal(err)
		}
		return all[0]
	}
	commit(t, l, 0, knownTo(older, rows(schemas.PullRequestTasks, task(1, 1, "OPEN", 8), task(2, 1, "OPEN", 9))))
	do(older)
	if r := do(schemas.PullRequestTasks); !slices.Equal(r.Columns, []string{resolved}) || len(r.Changed) != 2 {
		t.Errorf("%+v", r)
	}
	commit(t, l, 1, knownTo(older, rows(schemas.PullRequestTasks, task(3, 1, "OPEN", 10))))
	if r := do(older); r.Updated || len(r.Changed) != 0 || !slices.Equal(r.Added, []string{"workspace=acme/month=2026-10"}) {
		t.Errorf("%+v", r)
	}
	table, partitions := entry(t, g)
	for name, p := range partitions {
		if !slices.Equal(columnNames(p.StorageDescriptor.Columns), columnNames(table.StorageDescriptor.Columns)) || !slices.Contains(columnNames(p.StorageDescriptor.Columns), resolved) {
			t.Errorf("%s has the columns %q", name, columnNames(p.StorageDescriptor.Columns))
		}
	}
}

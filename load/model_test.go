package load_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bucketlake/load"
	"bucketlake/schemas"
)

// A model is what the lake should hold: the whole of the merge in a map and ten lines.
type model map[string]modelRow

type modelRow struct {
	content string
	pr      int64
	id      int64
	deleted bool
	synced  time.Time
}

func (m model) commit(r schemas.Rows, clock time.Time) {
	batch := map[string]modelRow{}
	for _, row := range r.Rows {
		t := row.(*schemas.PullRequestTask)
		batch[modelKey(t.PullRequestID, t.ID)] = modelRow{content: t.State, pr: t.PullRequestID, id: t.ID, synced: clock}
	}
	for key, row := range batch {
		if old, ok := m[key]; !ok || old.deleted || old.content != row.content {
			m[key] = row
		}
	}
	for key, row := range m {
		if _, ok := batch[key]; !ok && !row.deleted && slices.ContainsFunc(r.Complete, row.in) {
			row.deleted, row.synced = true, clock
			m[key] = row
		}
	}
}

func (r modelRow) in(s schemas.Scope) bool {
	return (s.Month == "" || s.Month == schemas.Month(modelTask(r.pr, r.id, "").PullRequestCreatedOn)) &&
		(len(s.Key) < 2 || s.Key[1] == r.pr) && (len(s.Key) < 3 || s.Key[2] == r.id)
}

func modelKey(pr, id int64) string { return fmt.Sprintf("%d/%d", pr, id) }

// modelTask lets the pull request say the month, because that of a row never changes.
func modelTask(pr, id int64, state string) schemas.PullRequestTask {
	return task(pr, id, state, time.Month(8+pr%3))
}

func drawRows(t *rapid.T) schemas.Rows {
	r := schemas.Rows{Table: schemas.PullRequestTasks}
	pr, id := rapid.Int64Range(1, 5), rapid.Int64Range(1, 5)
	for range rapid.IntRange(0, 8).Draw(t, "rows") {
		row := modelTask(pr.Draw(t, "pr"), id.Draw(t, "id"), rapid.SampledFrom([]string{"OPEN", "DONE"}).Draw(t, "state"))
		r.Rows = append(r.Rows, &row)
	}
	for range rapid.IntRange(0, 3).Draw(t, "scopes") {
		p := pr.Draw(t, "scope pr")
		month := schemas.Month(modelTask(p, 1, "").PullRequestCreatedOn)
		r.Complete = append(r.Complete, rapid.SampledFrom([]schemas.Scope{
			{},
			{Month: month},
			{Month: month, Key: []any{"{web}"}},
			{Key: []any{"{web}", p}},
			{Month: month, Key: []any{"{web}", p}},
			{Month: month, Key: []any{"{web}", p, id.Draw(t, "scope id")}},
		}).Draw(t, "scope"))
	}
	return r
}

// TestModel runs random sequences of commits, some of which crash and are run again, perhaps with
// another commit in between, against the model.
func TestModel(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		path, err := os.MkdirTemp(root, "")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(path)
		d, err := load.OpenDirectory(path)
		if err != nil {
			rt.Fatal(err)
		}
		s := &modelRun{t: t, rt: rt, d: d, model: model{}, now: noon}
		s.l = s.open(d)
		for range rapid.IntRange(1, 6).Draw(rt, "commits") {
			r := drawRows(rt)
			if rapid.Bool().Draw(rt, "crash") {
				s.crash(r)
				if rapid.Bool().Draw(rt, "other first") {
					s.commit(drawRows(rt)) // and some rows of r may be there as well
				}
			}
			s.commit(r)
			s.check()
		}
		s.follower.check(t, s.l)
	})
}

type modelRun struct {
	t        *testing.T
	rt       *rapid.T
	d        *load.Directory
	l        *load.Lake
	model    model
	follower follower
	now      time.Time
	crashed  bool
	cursor   int
}

// open opens the lake, perhaps with the setting of another size of objects.
func (s *modelRun) open(store load.Store) *load.Lake {
	switch size := rapid.SampledFrom([]int64{load.DefaultObjectBytes, 1, 6000}).Draw(s.rt, "size of objects"); size {
	case load.DefaultObjectBytes:
		return load.New(store, nil)
	default:
		return load.New(store, nil).Small(2, size)
	}
}

func (s *modelRun) next(r schemas.Rows) load.Commit {
	// The clock of the machine may stand still or be put back.
	s.now = s.now.Add(time.Duration(rapid.IntRange(-2, 3).Draw(s.rt, "time")) * 500 * time.Microsecond)
	s.cursor++
	return load.Commit{Workspace: "acme", Rows: r, At: s.now, Cursor: json.RawMessage(fmt.Sprint(s.cursor))}
}

func (s *modelRun) crash(r schemas.Rows) {
	before := manifest(s.t, s.l, r.Table)
	store := &crashing{Store: s.d, n: rapid.IntRange(1, 9).Draw(s.rt, "call"), after: rapid.Bool().Draw(s.rt, "after")}
	_, err := s.open(store).Commit(s.t.Context(), s.next(r))
	if err != nil && !errors.Is(err, errCrash) {
		s.rt.Fatal(err)
	}
	s.crashed = true
	after := manifest(s.t, s.l, r.Table)
	if cmp.Equal(before, after) {
		return
	}
	// The manifest is there, so everything is.
	s.model.commit(r, after.SyncedAt)
	s.check()
}

func (s *modelRun) commit(r schemas.Rows) {
	c := s.next(r)
	if rapid.Bool().Draw(s.rt, "other setting") {
		s.l = s.open(s.d)
	}
	before := manifest(s.t, s.l, r.Table)
	stats, err := s.l.Commit(s.t.Context(), c)
	if err != nil {
		s.rt.Fatal(err)
	}
	m := manifest(s.t, s.l, r.Table)
	if m.SyncedAt.Before(before.SyncedAt) || stats.Objects > 0 && !m.SyncedAt.After(before.SyncedAt) {
		s.rt.Fatalf("the clock went from %v to %v", before.SyncedAt, m.SyncedAt)
	}
	if string(m.Cursor) != fmt.Sprint(s.cursor) {
		s.rt.Fatalf("the cursor is %s", m.Cursor)
	}
	s.model.commit(r, m.SyncedAt)
	if rapid.Bool().Draw(s.rt, "follow") {
		s.follower.follow(s.t, s.l)
	}
}

// check compares the lake with the model, and the manifest with the lake.
func (s *modelRun) check() {
	var want, got []string
	for _, key := range slices.Sorted(maps.Keys(s.model)) {
		row := s.model[key]
		want = append(want, s.describe(key, row.content, row.deleted, row.synced))
	}
	counts, latest := map[string][2]int64{}, map[string]time.Time{}
	for _, row := range scan[schemas.PullRequestTask](s.t, s.l, schemas.PullRequestTasks, load.ScanOptions{}) {
		got = append(got, s.describe(modelKey(row.PullRequestID, row.ID), row.State, !row.DeletedAt.IsZero(), row.SyncedAt))
		month := schemas.Month(row.PullRequestCreatedOn)
		n := counts[month]
		n[0]++
		if !row.DeletedAt.IsZero() {
			n[1]++
		}
		counts[month] = n
		if row.SyncedAt.After(latest[month]) {
			latest[month] = row.SyncedAt
		}
	}
	if diff := cmp.Diff(want, sorted(got)); diff != "" {
		s.rt.Fatalf("(-model +lake):\n%s", diff)
	}
	m := manifest(s.t, s.l, schemas.PullRequestTasks)
	entered, greatest := map[string][2]int64{}, map[string]time.Time{}
	for key, o := range m.Objects {
		month, _, _ := strings.Cut(key, "/")
		n := entered[month]
		entered[month] = [2]int64{n[0] + o.Rows, n[1] + o.Deleted}
		if greatest[month] = maxTime(greatest[month], o.SyncedAt); o.SyncedAt.After(m.SyncedAt) {
			s.rt.Fatalf("%s has rows of %v, and the clock is at %v", key, o.SyncedAt, m.SyncedAt)
		}
	}
	for month, n := range entered {
		if counts[month] != n || !greatest[month].Equal(latest[month]) {
			s.rt.Fatalf("the manifest counts %v rows, and deleted, until %v in %s, and there are %v until %v", n, greatest[month], month, counts[month], latest[month])
		}
	}
	s.checkFolder(m)
}

// checkFolder reads all objects that lie there, as an engine does: no key is there twice, and nothing that is entered is missing.
func (s *modelRun) checkFolder(m *load.Manifest) {
	keys := map[string]string{}
	names, err := s.d.List(s.t.Context(), "pull_request_tasks/workspace=acme")
	if err != nil {
		s.rt.Fatal(err)
	}
	for _, name := range names {
		o, err := s.d.Open(s.t.Context(), name)
		if err != nil {
			s.rt.Fatal(err)
		}
		for _, key := range taskKeys(s.rt, o) {
			if keys[key] != "" {
				s.rt.Fatalf("%s is in %s and in %s", key, keys[key], name)
			}
			keys[key] = name
		}
		o.Close()
	}
	if len(names) < len(m.Objects) {
		s.rt.Fatalf("%d of %d objects are there", len(names), len(m.Objects))
	}
}

func taskKeys(rt *rapid.T, o load.Object) (keys []string) {
	f, err := file.NewParquetReader(io.NewSectionReader(o, 0, o.Size()))
	if err != nil {
		rt.Fatal(err)
	}
	for g := range f.NumRowGroups() {
		var columns [2][]int64
		for i, name := range []string{"pull_request_id", "task_id"} {
			c, err := f.RowGroup(g).Column(f.MetaData().Schema.ColumnIndexByName(name))
			if err != nil {
				rt.Fatal(err)
			}
			columns[i] = make([]int64, f.RowGroup(g).NumRows())
			if _, _, err := c.(*file.Int64ColumnChunkReader).ReadBatch(f.RowGroup(g).NumRows(), columns[i], nil, nil); err != nil {
				rt.Fatal(err)
			}
		}
		for i := range columns[0] {
			keys = append(keys, modelKey(columns[0][i], columns[1][i]))
		}
	}
	return keys
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// describe leaves synced_at out once there was a crash: what landed then keeps the time of then.
func (s *modelRun) describe(key, content string, deleted bool, synced time.Time) string {
	if s.crashed {
		synced = time.Time{}
	}
	return fmt.Sprintf("%s %s deleted=%t %d", key, content, deleted, synced.UnixMilli())
}

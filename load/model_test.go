package load_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

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
		s := &modelRun{t: t, rt: rt, d: d, l: load.New(d, nil), model: model{}, now: noon}
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

func (s *modelRun) next(r schemas.Rows) load.Commit {
	// The clock of the machine may stand still or be put back.
	s.now = s.now.Add(time.Duration(rapid.IntRange(-2, 3).Draw(s.rt, "time")) * 500 * time.Microsecond)
	s.cursor++
	return load.Commit{Workspace: "acme", Rows: r, At: s.now, Cursor: json.RawMessage(fmt.Sprint(s.cursor))}
}

func (s *modelRun) crash(r schemas.Rows) {
	before := manifest(s.t, s.l, r.Table)
	store := &crashing{Store: s.d, n: rapid.IntRange(1, 9).Draw(s.rt, "call"), after: rapid.Bool().Draw(s.rt, "after")}
	_, err := load.New(store, nil).Commit(s.t.Context(), s.next(r))
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
	for month, o := range m.Objects {
		if !o.SyncedAt.Equal(latest[month]) || latest[month].After(m.SyncedAt) {
			s.rt.Fatalf("%s has rows of %v; the manifest says %v, and its clock %v", month, latest[month], o.SyncedAt, m.SyncedAt)
		}
		if n := counts[month]; o.Rows != n[0] || o.Deleted != n[1] {
			s.rt.Fatalf("the manifest counts %d rows, %d deleted in %s, and there are %v", o.Rows, o.Deleted, month, n)
		}
	}
}

// describe leaves synced_at out once there was a crash: what landed then keeps the time of then.
func (s *modelRun) describe(key, content string, deleted bool, synced time.Time) string {
	if s.crashed {
		synced = time.Time{}
	}
	return fmt.Sprintf("%s %s deleted=%t %d", key, content, deleted, synced.UnixMilli())
}

package load_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
)

func TestCommitMergesByKey(t *testing.T) {
	l := newLake(t)
	steps := []struct {
		name     string
		rows     []schemas.Member
		complete []schemas.Scope
		stats    load.Stats
		want     []string
	}{
		{
			"new rows land sorted, the later of two counts",
			[]schemas.Member{member("c", "Cleo"), member("a", "Al"), member("b", "Bo"), member("a", "Ann")},
			nil,
			load.Stats{Rows: 4, Inserted: 3, Objects: 1},
			[]string{"a Ann @0", "b Bo @0", "c Cleo @0"},
		},
		{
			"what did not change is not written",
			[]schemas.Member{member("b", "Bo"), member("a", "Ann")},
			nil,
			load.Stats{Rows: 2, Unchanged: 2},
			[]string{"a Ann @0", "b Bo @0", "c Cleo @0"},
		},
		{
			"changed and new rows get the time, others keep theirs",
			[]schemas.Member{member("b", "Bob"), member("aa", "Abe"), member("d", "Dan")},
			nil,
			load.Stats{Rows: 3, Inserted: 2, Updated: 1, Objects: 1},
			[]string{"a Ann @0", "aa Abe @2", "b Bob @2", "c Cleo @0", "d Dan @2"},
		},
		{
			"what a complete batch lacks is marked deleted",
			[]schemas.Member{member("b", "Bob"), member("e", "Eve")},
			[]schemas.Scope{{}},
			load.Stats{Rows: 2, Inserted: 1, Unchanged: 1, Tombstoned: 4, Objects: 1},
			[]string{"a Ann @3 gone@3", "aa Abe @3 gone@3", "b Bob @2", "c Cleo @3 gone@3", "d Dan @3 gone@3", "e Eve @3"},
		},
		{
			"a deleted row is deleted once",
			[]schemas.Member{member("b", "Bob"), member("e", "Eve")},
			[]schemas.Scope{{}},
			load.Stats{Rows: 2, Unchanged: 2},
			[]string{"a Ann @3 gone@3", "aa Abe @3 gone@3", "b Bob @2", "c Cleo @3 gone@3", "d Dan @3 gone@3", "e Eve @3"},
		},
		{
			"a deleted row can come back as it was",
			[]schemas.Member{member("c", "Cleo")},
			nil,
			load.Stats{Rows: 1, Updated: 1, Objects: 1},
			[]string{"a Ann @3 gone@3", "aa Abe @3 gone@3", "b Bob @2", "c Cleo @5", "d Dan @3 gone@3", "e Eve @3"},
		},
		{
			"a scope can be one row",
			nil,
			[]schemas.Scope{{Key: []any{"b"}}, {Key: []any{"x"}}, {Key: []any{"b"}}},
			load.Stats{Tombstoned: 1, Objects: 1},
			[]string{"a Ann @3 gone@3", "aa Abe @3 gone@3", "b Bob @6 gone@6", "c Cleo @5", "d Dan @3 gone@3", "e Eve @3"},
		},
		{
			"nothing at all moves the cursor", nil, nil,
			load.Stats{},
			[]string{"a Ann @3 gone@3", "aa Abe @3 gone@3", "b Bob @6 gone@6", "c Cleo @5", "d Dan @3 gone@3", "e Eve @3"},
		},
	}
	for minute, s := range steps {
		r := rows(schemas.Members, s.rows...)
		r.Complete = s.complete
		stats := commit(t, l, minute, r)
		if (stats.Bytes > 0) != (stats.Objects > 0) {
			t.Errorf("%s: %d bytes in %d objects", s.name, stats.Bytes, stats.Objects)
		}
		stats.Bytes = 0
		if diff := cmp.Diff(s.stats, stats); diff != "" {
			t.Errorf("%s: stats (-want +got):\n%s", s.name, diff)
		}
		if diff := cmp.Diff(s.want, brief(scan[schemas.Member](t, l, schemas.Members, load.ScanOptions{}))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
		m := manifest(t, l, schemas.Members)
		if want := itoa(minute); string(m.Cursor) != want {
			t.Errorf("%s: cursor %s, want %s", s.name, m.Cursor, want)
		}
	}
}

func TestCommitPartitions(t *testing.T) {
	l := newLake(t)
	commit(t, l, 0, rows(schemas.PullRequestTasks,
		task(7, 1, "OPEN", 9), task(7, 2, "OPEN", 9), task(8, 1, "OPEN", 9), task(9, 1, "OPEN", 10), task(9, 2, "OPEN", 10)))
	before := manifest(t, l, schemas.PullRequestTasks)

	// One pull request of September is read completely: task 2 is gone. October is not touched.
	r := rows(schemas.PullRequestTasks, task(7, 1, "DONE", 9))
	r.Complete = []schemas.Scope{
		{Month: "2026-09", Key: []any{"{web}", int64(7)}},
		{Month: "2026-09", Key: []any{"{web}", int64(7), int64(1)}}, // lies within the other
		{Month: "2026-09", Key: []any{"{gone}"}},
		{Month: "2025-01"}, // there never was one
	}
	stats := commit(t, l, 1, r)
	if stats.Updated != 1 || stats.Tombstoned != 1 || stats.Objects != 1 {
		t.Errorf("stats: %+v", stats)
	}
	after := manifest(t, l, schemas.PullRequestTasks)
	if diff := cmp.Diff(before.Objects["2026-10"], after.Objects["2026-10"]); diff != "" {
		t.Errorf("October changed:\n%s", diff)
	}
	september := after.Objects["2026-09"]
	if september.Rows != 3 || september.Deleted != 1 || !september.SyncedAt.Equal(at(1)) || !after.SyncedAt.Equal(at(1)) || len(after.Objects) != 2 {
		t.Errorf("manifest: %+v", after)
	}
	want := []string{
		"2026-09 7/1 DONE @1", "2026-09 7/2 OPEN @1 gone@1", "2026-09 8/1 OPEN @0", "2026-10 9/1 OPEN @0", "2026-10 9/2 OPEN @0",
	}
	if diff := cmp.Diff(want, briefTasks(scan[schemas.PullRequestTask](t, l, schemas.PullRequestTasks, load.ScanOptions{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// A scope without a month is about the whole table.
	r = rows(schemas.PullRequestTasks, task(9, 1, "OPEN", 10))
	r.Complete = []schemas.Scope{{}}
	if stats := commit(t, l, 2, r); stats.Tombstoned != 3 || stats.Unchanged != 1 || stats.Objects != 2 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestCommitDropsRowsOfDerivedTables(t *testing.T) {
	l := newLake(t)
	event := func(id string) schemas.UsageEvent {
		return schemas.UsageEvent{OccurredAt: noon, ID: id, Feature: schemas.FeatureReviews, Action: schemas.ActionApproved}
	}
	commit(t, l, 0, rows(schemas.UsageEvents, event("a"), event("b")))
	r := rows(schemas.UsageEvents, event("b"))
	r.Complete = []schemas.Scope{{Month: "2026-10"}}
	if stats := commit(t, l, 1, r); stats.Removed != 1 || stats.Unchanged != 1 {
		t.Errorf("stats: %+v", stats)
	}
	if got := scan[schemas.UsageEvent](t, l, schemas.UsageEvents, load.ScanOptions{}); len(got) != 1 || got[0].ID != "b" || !got[0].SyncedAt.Equal(at(0)) {
		t.Errorf("rows: %+v", got)
	}
	// A month may become empty, and full again.
	r.Rows = nil
	if stats := commit(t, l, 2, r); stats.Removed != 1 || stats.Objects != 1 {
		t.Errorf("stats: %+v", stats)
	}
	if got := scan[schemas.UsageEvent](t, l, schemas.UsageEvents, load.ScanOptions{}); len(got) != 0 {
		t.Errorf("rows: %+v", got)
	}
	if stats := commit(t, l, 3, r); stats.Objects != 0 {
		t.Errorf("stats: %+v", stats)
	}
	if m := manifest(t, l, schemas.UsageEvents); m.Objects["2026-10"].Rows != 0 || !m.SyncedAt.Equal(at(2)) {
		t.Errorf("manifest: %+v", m)
	}
	commit(t, l, 4, rows(schemas.UsageEvents, event("c")))
	if got := scan[schemas.UsageEvent](t, l, schemas.UsageEvents, load.ScanOptions{}); len(got) != 1 || got[0].ID != "c" {
		t.Errorf("rows: %+v", got)
	}
}

func TestCommitClockGoesForward(t *testing.T) {
	l := newLake(t)
	commit(t, l, 5, rows(schemas.Members, member("a", "Ann")))
	commit(t, l, 1, rows(schemas.Members, member("b", "Bo"))) // the machine's clock was put back
	want := at(5).Add(time.Millisecond)
	if m := manifest(t, l, schemas.Members); !m.SyncedAt.Equal(want) {
		t.Errorf("the clock says %v, want %v", m.SyncedAt, want)
	}
	got := scan[schemas.Member](t, l, schemas.Members, load.ScanOptions{Since: at(5)})
	if len(got) != 1 || got[0].UserUUID != "b" || !got[0].SyncedAt.Equal(want) {
		t.Errorf("since the first commit: %+v", got)
	}
}

func TestCommitLeavesEqualManifestAlone(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	l := load.New(d, nil)
	name := filepath.Join(root, "_bucketlake", "workspace=acme", "members.json")
	c := load.Commit{Workspace: "acme", Rows: rows(schemas.Members, member("a", "Ann")), At: noon, Cursor: []byte(`{"mark": "<2026>", "n": 1.50}`)}
	var before os.FileInfo
	for range 2 {
		if _, err := l.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !os.SameFile(before, info) {
			t.Error("the manifest was written again")
		}
		before = info
		c.At = c.At.Add(time.Hour)
	}
	if got := manifest(t, l, schemas.Members); string(got.Cursor) != `{"mark":"<2026>","n":1.50}` {
		t.Errorf("cursor: %s", got.Cursor)
	}
	c.Cursor = nil // stays
	if _, err := l.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := manifest(t, l, schemas.Members); string(got.Cursor) != `{"mark":"<2026>","n":1.50}` {
		t.Errorf("cursor: %s", got.Cursor)
	}
}

func TestCommitRefuses(t *testing.T) {
	good := rows(schemas.Members, member("a", "Ann"))
	tests := []struct {
		name string
		c    load.Commit
		want string
	}{
		{"a path for a slug", load.Commit{Workspace: "../x", Rows: good, At: noon}, "is not a slug"},
		{"a hidden slug", load.Commit{Workspace: ".x", Rows: good, At: noon}, "is not a slug"},
		{"no slug", load.Commit{Rows: good, At: noon}, "is not a slug"},
		{"no table", load.Commit{Workspace: "acme", At: noon}, "no table"},
		{"no time", load.Commit{Workspace: "acme", Rows: good}, "no time"},
		{"a cursor that is not JSON", load.Commit{Workspace: "acme", Rows: good, At: noon, Cursor: []byte("{")}, "cursor is not JSON"},
		{"a row of another table", load.Commit{
			Workspace: "acme", At: noon,
			Rows: schemas.Rows{Table: schemas.Members, Rows: []any{new(schemas.Project)}},
		}, "row 0: a *schemas.Project is no row of this table"},
		{"a nil row", load.Commit{
			Workspace: "acme", At: noon,
			Rows: schemas.Rows{Table: schemas.Members, Rows: []any{(*schemas.Member)(nil)}},
		}, "no row of this table"},
		{"a row without a month", load.Commit{
			Workspace: "acme", At: noon,
			Rows: rows(schemas.PullRequestTasks, schemas.PullRequestTask{}),
		}, "row 0: its pull_request_created_on"},
		{"a scope of a month that is none", load.Commit{
			Workspace: "acme", At: noon,
			Rows: schemas.Rows{Table: schemas.PullRequestTasks, Complete: []schemas.Scope{{Month: "../2026"}}},
		}, "partition"},
		{"a scope with a month where there are none", load.Commit{
			Workspace: "acme", At: noon,
			Rows: schemas.Rows{Table: schemas.Members, Complete: []schemas.Scope{{Month: "2026-10"}}},
		}, "partition"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newLake(t).Commit(t.Context(), tt.c)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("scopes that do not fit the key", func(t *testing.T) {
		l := newLake(t)
		commit(t, l, 0, good)
		for _, key := range [][]any{{1}, {"a", "b"}, {noon}} {
			r := schemas.Rows{Table: schemas.Members, Complete: []schemas.Scope{{Key: key}}}
			if _, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: r, At: noon}); err == nil {
				t.Errorf("accepted the scope %v", key)
			}
		}
	})
}

func TestCommitStopsWhenCancelled(t *testing.T) {
	l := newLake(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Commit(ctx, load.Commit{Workspace: "acme", Rows: rows(schemas.Members, member("a", "Ann")), At: noon})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := manifest(t, l, schemas.Members); len(got.Objects) != 0 {
		t.Errorf("manifest: %+v", got)
	}
}

func TestCommitRefusesWhereAnObjectIsMissing(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	l := load.New(d, nil)
	commit(t, l, 0, rows(schemas.Members, member("a", "Ann")))
	if err := os.Remove(filepath.Join(root, "members", "workspace=acme", "data.parquet")); err != nil {
		t.Fatal(err)
	}
	_, err = l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: rows(schemas.Members, member("b", "Bo")), At: noon})
	if err == nil || !strings.Contains(err.Error(), "restore it, or remove _bucketlake/workspace=acme/members.json") {
		t.Errorf("got %v", err)
	}
}

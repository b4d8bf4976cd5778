package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// TestDerivingWhatMovedEqualsDerivingAll changes the tables of Bitbucket at random, brings the
// computed tables up to date after each change, and compares them with a computation from nothing.
// Some computations are cut off at one of their writes, and perhaps more changes before the next.
func TestDerivingWhatMovedEqualsDerivingAll(t *testing.T) {
	root := t.TempDir()
	fewer(t, "6")
	rapid.Check(t, func(rt *rapid.T) {
		m := &moving{t: t, rt: rt, root: root, source: openTemporary(rt, root), now: time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)}
		m.tables = rapid.SampledFrom(sourcesTogether).Draw(rt, "tables")
		defer os.RemoveAll(m.source.path)
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			m.change()
			was := m.objects(m.source)
			cut := rapid.IntRange(0, 4).Draw(rt, "cut off at write") // 0: not
			if cut > 0 {
				_ = m.derive(&failing{Store: m.source, n: cut}, false) // or there were not so many
				if rapid.Bool().Draw(rt, "changes in between") {
					m.change()
				}
			}
			if err := m.derive(m.source, false); err != nil {
				rt.Fatal(err)
			}
			m.equalAll()
			if cut == 0 {
				m.unmovedStay(was)
			}
			m.idle()
		}
		m.allAgain()
	})
}

// fewer has a property tried on fewer draws than rapid's many, unless -rapid.checks asks for some: each
// of them is a few lakes.
func fewer(t *testing.T, checks string) {
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) }) // what it was can be set
}

// moving is a lake whose sources move.
type moving struct {
	t       *testing.T
	rt      *rapid.T
	root    string
	source  folder
	now     time.Time
	stories transform.Stories
	tables  []string // that move
}

// folder is a lake in a folder of its own.
type folder struct {
	load.Store
	path string
}

func openTemporary(rt *rapid.T, root string) folder {
	path, err := os.MkdirTemp(root, "")
	if err != nil {
		rt.Fatal(err)
	}
	d, err := load.OpenDirectory(path)
	if err != nil {
		rt.Fatal(err)
	}
	return folder{d, path}
}

func (m *moving) derive(store load.Store, full bool) error {
	_, err := derive(m.t.Context(), load.New(store, nil), "acme", m.stories, m.now, full)
	return err
}

// change lands rows in a few tables, and perhaps takes others away, lets time pass and at times has
// other projects count.
func (m *moving) change() {
	lake := load.New(m.source, nil)
	for range rapid.IntRange(0, 8).Draw(m.rt, "commits") {
		m.now = m.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(m.rt, "minutes")) * time.Minute)
		rows := drawSource(m.rt, m.tables)
		if _, err := lake.Commit(m.t.Context(), load.Commit{Workspace: "acme", Rows: rows, At: m.now}); err != nil {
			m.rt.Fatal(err)
		}
	}
	if rapid.IntRange(0, 3).Draw(m.rt, "days pass") == 0 {
		m.now = m.now.AddDate(0, 0, rapid.IntRange(1, 40).Draw(m.rt, "days"))
	}
	if rapid.IntRange(0, 5).Draw(m.rt, "other projects") == 0 {
		m.stories.Projects = rapid.SampledFrom([][]string{nil, {"SHOP"}, {"WEB"}}).Draw(m.rt, "projects")
	}
}

// computed reads the computed tables: the rows of each object, as text without the time of landing.
func (m *moving) computed(store load.Store) map[string][]string {
	lake, all := load.New(store, nil), map[string][]string{}
	for _, table := range schemas.Tables() {
		if !table.Derived {
			continue
		}
		for row, err := range load.ScanAny(m.t.Context(), lake, table, "acme", load.ScanOptions{}) {
			if err != nil {
				m.rt.Fatal(err)
			}
			reflect.ValueOf(row).Elem().FieldByName("Synced").SetZero()
			text, err := json.Marshal(row)
			if err != nil {
				m.rt.Fatal(err)
			}
			month, _ := table.MonthOf(row)
			all[table.Name+"/"+month] = append(all[table.Name+"/"+month], string(text))
		}
	}
	return all
}

// equalAll compares with what is computed from nothing.
func (m *moving) equalAll() {
	m.rt.Helper()
	got := m.computed(m.source)
	nothing := openTemporary(m.rt, m.root)
	defer os.RemoveAll(nothing.path)
	fresh := over{nothing, m.source}
	if err := m.derive(fresh, false); err != nil {
		m.rt.Fatal(err)
	}
	if diff := cmp.Diff(m.computed(fresh), got); diff != "" {
		m.rt.Fatalf("not what is computed from nothing (-from nothing +got):\n%s", first(diff, 3000))
	}
}

// allAgain holds that computing all changes nothing.
func (m *moving) allAgain() {
	m.rt.Helper()
	was := m.objects(m.source)
	if err := m.derive(m.source, true); err != nil {
		m.rt.Fatal(err)
	}
	if diff := cmp.Diff(was, m.objects(m.source)); diff != "" {
		m.rt.Fatalf("computing all wrote what was there (-before +after):\n%s", diff)
	}
}

// computedObject is an object of a computed table.
type computedObject struct {
	ETag string
	Rows []string
}

// objects reads the objects of the computed tables, by table and month.
func (m *moving) objects(store load.Store) map[string]computedObject {
	rows, objects := m.computed(store), map[string]computedObject{}
	for _, table := range schemas.Tables() {
		if !table.Derived {
			continue
		}
		manifest, err := load.New(store, nil).Manifest(m.t.Context(), table, "acme")
		if err != nil {
			m.rt.Fatal(err)
		}
		for month, o := range manifest.Objects {
			name := table.Name + "/" + month
			objects[name] = computedObject{o.ETag, rows[name]}
		}
	}
	return objects
}

// unmovedStay holds that no object was written whose rows are what they were.
func (m *moving) unmovedStay(was map[string]computedObject) {
	m.rt.Helper()
	for name, is := range m.objects(m.source) {
		if was, ok := was[name]; ok && was.ETag != is.ETag && slices.Equal(was.Rows, is.Rows) {
			m.rt.Errorf("%s was written again, with the %d rows that it had", name, len(is.Rows))
		}
	}
}

// idle holds that where nothing moved nothing but manifests is read, and nothing is written.
func (m *moving) idle() {
	m.rt.Helper()
	w := &watched{Store: m.source}
	if err := m.derive(w, false); err != nil {
		m.rt.Fatal(err)
	}
	if len(w.touched) > 0 {
		m.rt.Errorf("nothing moved, and yet: %s", strings.Join(w.touched, ", "))
	}
}

// watched notes which rows are read, and all that is written.
type watched struct {
	load.Store
	touched []string
}

func (w *watched) Open(ctx context.Context, name string) (load.Object, error) {
	if path.Ext(name) != ".json" {
		w.touched = append(w.touched, "open "+name)
	}
	return w.Store.Open(ctx, name)
}

func (w *watched) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	w.touched = append(w.touched, "put "+name)
	return w.Store.Put(ctx, name, body, match)
}

// over keeps computed tables apart from the tables that they are computed from.
type over struct{ computed, source load.Store }

func (o over) Open(ctx context.Context, name string) (load.Object, error) {
	return o.of(name).Open(ctx, name)
}

func (o over) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	return o.of(name).Put(ctx, name, body, match)
}

func (o over) List(ctx context.Context, folder string) ([]string, error) {
	return o.of(folder).List(ctx, folder)
}

func (o over) Remove(ctx context.Context, name, match string) error {
	return o.of(name).Remove(ctx, name, match)
}

func (o over) of(name string) load.Store {
	table, _, _ := strings.Cut(name, "/")
	if t, ok := schemas.Lookup(table); ok && t.Derived {
		return o.computed
	}
	if t, ok := schemas.Lookup(strings.TrimSuffix(path.Base(name), ".json")); ok && t.Derived {
		return o.computed
	}
	return o.source
}

// drawSource draws rows of one of some tables, and at times the end of the rest.
func drawSource(rt *rapid.T, tables []string) schemas.Rows {
	name := rapid.SampledFrom(tables).Draw(rt, "table")
	table, ok := schemas.Lookup(name)
	if !ok {
		rt.Fatalf("no table %s", name)
	}
	rows := schemas.Rows{Table: table}
	for range rapid.IntRange(0, 3).Draw(rt, "rows") {
		rows.Rows = append(rows.Rows, sourceRows[name](draw{rt}))
	}
	if rapid.IntRange(0, 3).Draw(rt, "complete") == 0 {
		rows.Complete = []schemas.Scope{{}}
	}
	return rows
}

// TestEverySourceMoves holds that rows are drawn of every table that another one is computed from.
func TestEverySourceMoves(t *testing.T) {
	for _, table := range schemas.Tables() {
		if !table.Derived {
			continue
		}
		for name := range strings.SplitSeq(table.From, ", ") {
			source, ok := schemas.Lookup(name)
			if !ok && strings.HasPrefix(name, "(") { // computed from no table
				continue
			}
			together := slices.ContainsFunc(sourcesTogether, func(names []string) bool { return slices.Contains(names, name) })
			if !source.Derived && (sourceRows[name] == nil || !together) {
				t.Errorf("%s is computed from %s, of which no rows are drawn", table.Name, name)
			}
		}
	}
}

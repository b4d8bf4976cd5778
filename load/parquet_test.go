package load_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
)

// fillRow sets the fields of a row: all of them, or those alone that may not be null.
func fillRow(t *schemas.Table, n int, all bool) any {
	row := t.New()
	for c, column := range t.Columns {
		if column.Name == "synced_at" || column.Name == "deleted_at" || column.Nullable && !all {
			continue
		}
		f := reflect.ValueOf(row).Elem().FieldByIndex(column.Field)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		switch v := f.Addr().Interface().(type) {
		case *time.Time:
			*v = noon.Add(time.Duration(n*100+c) * 7 * time.Millisecond)
		case *schemas.Date:
			*v = schemas.DateOf(noon) + schemas.Date(n)
		case *string:
			*v = fmt.Sprintf("%s %d ünïcödé 湖 \x00 ' \"", column.Name, n)
		case *int64:
			*v = int64(n*1000 - c)
		case *bool:
			*v = true
		case *float64:
			*v = float64(n) / 8
		default:
			panic(fmt.Sprintf("%s: no value for a %T", column.Name, v))
		}
	}
	return row
}

// scanAll reads a table whose type the test does not know, through the fields of its rows.
func scanAll(t *testing.T, l *load.Lake, table *schemas.Table) []any {
	t.Helper()
	var list []any
	for row, err := range load.ScanAny(t.Context(), l, table, "acme", load.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	return list
}

// TestEveryTableRoundTrips writes rows full of values and rows full of nulls, in every table, twice:
// once as new rows, once copied by a merge.
func TestEveryTableRoundTrips(t *testing.T) {
	for _, table := range schemas.Tables() {
		t.Run(table.Name, func(t *testing.T) {
			l := newLake(t)
			r := schemas.Rows{Table: table, Rows: []any{fillRow(table, 1, true), fillRow(table, 2, false), fillRow(table, 3, true)}}
			commit(t, l, 0, r)
			more := schemas.Rows{Table: table, Rows: []any{fillRow(table, 4, false)}}
			if stats := commit(t, l, 1, more); stats.Inserted != 1 {
				t.Errorf("stats: %+v", stats)
			}
			if stats := commit(t, l, 2, r); stats.Unchanged != 3 || stats.Objects != 0 {
				t.Errorf("the rows don't come back as what they were: %+v", stats)
			}
			want := slices.Concat(r.Rows, more.Rows)
			for i, row := range want {
				minute := 0
				if i == 3 {
					minute = 1
				}
				f := reflect.ValueOf(row).Elem().FieldByName("SyncedAt")
				f.Set(reflect.ValueOf(at(minute)))
			}
			less := func(a, b any) int { return strings.Compare(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)) }
			got := scanAll(t, l, table)
			slices.SortFunc(want, less)
			slices.SortFunc(got, less)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
		})
	}
}

// object returns the path of the one object of a table.
func object(t testing.TB, root string, table *schemas.Table) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(root, table.Name), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("objects of %s: %v, %v", table.Name, found, err)
	}
	return found[0]
}

func TestSameRowsMakeTheSameBytes(t *testing.T) {
	build := func(steps func(l *load.Lake, all []any)) []byte {
		root := t.TempDir()
		d, err := load.OpenDirectory(root)
		if err != nil {
			t.Fatal(err)
		}
		steps(load.New(d, nil), benchPullRequests(3_500).Rows)
		data, err := os.ReadFile(object(t, root, schemas.PullRequests))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	commitAll := func(l *load.Lake, parts ...[]any) {
		for _, p := range parts {
			if _, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", At: noon, Rows: schemas.Rows{Table: schemas.PullRequests, Rows: p}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := build(func(l *load.Lake, all []any) { commitAll(l, all) })
	shuffled := build(func(l *load.Lake, all []any) {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		commitAll(l, slices.Concat(all[:100], all, all[50:70]))
	})
	if !bytes.Equal(want, shuffled) {
		t.Error("the order of the rows in the batch shows in the bytes")
	}
	// A scope over nothing rewrites nothing; a change there and back leaves other times, so the file
	// is made of merged runs and then compared with one that has the same times.
	merged := func(l *load.Lake, all []any) {
		commitAll(l, all)
		var some []any
		for i := 0; i < len(all); i += 3 {
			all[i].(*schemas.PullRequest).Title = "changed"
			some = append(some, all[i])
		}
		commitAll(l, some)
	}
	if !bytes.Equal(build(merged), build(merged)) {
		t.Error("the same merges give different bytes")
	}
}

func TestFilesAreWhatEnginesRead(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, load.New(d, nil), 0, benchPullRequests(2_000))
	f, err := file.OpenParquetFile(object(t, root, schemas.PullRequests), false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	meta := f.MetaData()
	for key, want := range map[string]string{"bucketlake.table": "pull_requests", "bucketlake.schema_version": "1", "bucketlake.writer_version": "2"} {
		if got := meta.KeyValueMetadata().FindValue(key); got == nil || *got != want {
			t.Errorf("%s is %v", key, got)
		}
	}
	if len(meta.KeyValueMetadata()) != 3 {
		t.Errorf("metadata: %v", meta.KeyValueMetadata())
	}
	if got := meta.Schema.Root().RepetitionType(); got != parquet.Repetitions.Required {
		t.Errorf("the root is %v", got)
	}
	if meta.Schema.NumColumns() != len(schemas.PullRequests.Columns) {
		t.Errorf("%d columns", meta.Schema.NumColumns())
	}
	group := meta.RowGroup(0)
	if s := group.SortingColumns(); len(s) != 2 || s[0].ColumnIdx != 0 || s[1].ColumnIdx != 1 || !s[0].NullsFirst || s[0].Descending {
		t.Errorf("sorting columns: %v", s)
	}
	for i, c := range schemas.PullRequests.Columns {
		node := meta.Schema.Column(i).SchemaNode() // of its ids the first two are those of the last columns: see schemas.Table.Arrow
		if node.Name() != c.Name || node.FieldID() != int32((i+2)%len(schemas.PullRequests.Columns)+1) || (node.RepetitionType() == parquet.Repetitions.Optional) != c.Nullable {
			t.Errorf("column %s: %v", c.Name, node)
		}
		if c.Type == schemas.Timestamp && !strings.Contains(node.LogicalType().String(), "isAdjustedToUTC=true, timeUnit=milliseconds") {
			t.Errorf("column %s: %v", c.Name, node.LogicalType())
		}
		if c.Type == schemas.String && node.LogicalType().String() != "String" {
			t.Errorf("column %s: %v", c.Name, node.LogicalType())
		}
		chunk, err := group.ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		if set, err := chunk.StatsSet(); !set || err != nil {
			t.Errorf("column %s has no statistics: %v", c.Name, err)
		}
		if chunk.GetColumnIndexLocation() == nil || chunk.GetOffsetIndexLocation() == nil {
			t.Errorf("column %s has no page index", c.Name)
		}
		if chunk.Compression() != compress.Codecs.Zstd {
			t.Errorf("column %s: %v", c.Name, chunk.Compression())
		}
		dictionary := slices.Contains(chunk.Encodings(), parquet.Encodings.RLEDict)
		if want := c.Repeats && c.Type != schemas.Boolean; dictionary != want || slices.Contains(chunk.Encodings(), parquet.Encodings.PlainDict) {
			t.Errorf("column %s: encodings %v", c.Name, chunk.Encodings())
		}
		pages, err := f.RowGroup(0).GetColumnPageReader(i)
		if err != nil {
			t.Fatal(err)
		}
		for pages.Next() {
			switch pages.Page().(type) {
			case *file.DataPageV1, *file.DictionaryPage:
			default:
				t.Errorf("column %s: a page of type %T", c.Name, pages.Page())
			}
		}
	}
}

func TestRowGroups(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	groups := func() (sizes []int64) {
		f, err := file.OpenParquetFile(object(t, root, schemas.Members), false)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for i := range f.NumRowGroups() {
			sizes = append(sizes, f.MetaData().RowGroup(i).NumRows())
		}
		return sizes
	}
	r := schemas.Rows{Table: schemas.Members}
	for i := range 250_000 {
		r.Rows = append(r.Rows, &schemas.Member{UserUUID: fmt.Sprintf("%06d", i)})
	}
	commit(t, load.New(d, nil), 0, r)
	if got := groups(); !slices.Equal(got, []int64{100_000, 100_000, 50_000}) {
		t.Errorf("row groups of %v", got)
	}
	// Only row groups that have something new are read, and across their borders nothing is lost.
	commit(t, load.New(d, nil), 1, rows(schemas.Members, member("123456", "new")))
	if got := scan[schemas.Member](t, load.New(d, nil), schemas.Members, load.ScanOptions{Since: at(0)}); len(got) != 1 {
		t.Errorf("%d rows since", len(got))
	}
	if got := scan[schemas.Member](t, load.New(d, nil), schemas.Members, load.ScanOptions{}); len(got) != 250_000 {
		t.Errorf("%d rows", len(got))
	}
	// Long strings end a row group earlier.
	r.Rows = nil
	for i := range 4_000 {
		r.Rows = append(r.Rows, &schemas.Member{UserUUID: fmt.Sprintf("%06d", i), DisplayName: strings.Repeat("x", 40_000)})
	}
	r.Complete = []schemas.Scope{{}}
	commit(t, load.New(d, nil), 2, r)
	if got := groups(); !slices.Equal(got[:2], []int64{2_000, 2_000}) {
		t.Errorf("row groups of %v", got)
	}
}

package interop_test

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the database driver "duckdb"
	"github.com/google/go-cmp/cmp"

	"bucketlake/schemas"
)

// duckdb is an empty DuckDB database with a view for each table of a lake.
type duckdb struct {
	*sql.DB
	dir string
}

// tables lists the tables that have rows: all but those of the issue tracker, which Bitbucket retired,
// and those that have to be asked for.
func tables() []*schemas.Table {
	without := []*schemas.Table{schemas.Issues, schemas.IssueComments, schemas.IssueChanges, schemas.PullRequestSizes, schemas.PipelineSteps}
	return slices.DeleteFunc(schemas.Tables(), func(t *schemas.Table) bool { return slices.Contains(without, t) })
}

func open(t *testing.T, dir string) duckdb {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // what is set holds for a connection
	d := duckdb{db, dir}
	d.exec(t, "SET TimeZone = 'UTC'")
	for _, table := range tables() {
		d.view(t, table.Name, dir, table)
	}
	return d
}

func (d duckdb) view(t *testing.T, name, dir string, table *schemas.Table) {
	t.Helper()
	d.exec(t, fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_parquet(%s, hive_partitioning = true)", name, files(dir, table)))
}

// files returns the glob of a table's files as a literal.
func files(dir string, table *schemas.Table) string {
	return "'" + strings.ReplaceAll(filepath.Join(dir, table.Name, "**", "*.parquet"), "'", "''") + "'"
}

func (d duckdb) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// query returns the rows of a query as text, columns divided by " | ".
func (d duckdb) query(t *testing.T, query string) []string {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, pointers := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.String
			if !v.Valid {
				texts[i] = "NULL"
			}
		}
		lines = append(lines, strings.Join(texts, " | "))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return lines
}

// column types as DuckDB names them, and as they stand in the file: type, annotations.
var types = map[schemas.Type]struct{ sql, physical, converted, logical string }{
	schemas.String:    {"VARCHAR", "BYTE_ARRAY", "UTF8", "StringType()"},
	schemas.Int64:     {"BIGINT", "INT64", "INT_64", ""},
	schemas.Int32:     {"INTEGER", "INT32", "INT_32", ""},
	schemas.Double:    {"DOUBLE", "DOUBLE", "", ""},
	schemas.Boolean:   {"BOOLEAN", "BOOLEAN", "", ""},
	schemas.DateType:  {"DATE", "INT32", "DATE", "DateType()"},
	schemas.Timestamp: {"TIMESTAMP WITH TIME ZONE", "INT64", "TIMESTAMP_MILLIS", "TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=MilliSeconds(), MICROS=<null>, NANOS=<null>))"},
}

// checkColumns holds what a reader sees against what the schemas promise: names, order, types, and
// the partitions as text.
func (d duckdb) checkColumns(t *testing.T) {
	for _, table := range tables() {
		var want []string
		for _, c := range table.Columns {
			want = append(want, c.Name+" | "+types[c.Type].sql)
		}
		if table.Partition >= 0 {
			want = append(want, "month | VARCHAR")
		}
		want = append(want, "workspace | VARCHAR")
		got := d.query(t, "SELECT column_name, column_type FROM (DESCRIBE "+table.Name+")")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("columns of %s (-want +got):\n%s", table.Name, diff)
		}
		if n := d.query(t, "SELECT count(*) FROM "+table.Name)[0]; n == "0" {
			t.Errorf("%s has no rows: nothing here is tried on it", table.Name)
		}
	}
}

// checkDeclarations declares the tables with the statements of tables ddl: the views have the columns
// that they promise, and the same rows.
func (d duckdb) checkDeclarations(t *testing.T) {
	text, err := schemas.DDL{Dialect: "duckdb", Location: d.dir}.Write(tables())
	if err != nil {
		t.Fatal(err)
	}
	d.exec(t, "CREATE SCHEMA declared")
	d.exec(t, "USE declared")
	d.exec(t, text)
	d.exec(t, text) // anew, as it says
	d.checkNewColumn(t)
	d.exec(t, "USE main")
	for _, table := range tables() {
		var names, want []string
		for _, c := range slices.Concat(table.Partitions(), table.Columns) {
			names, want = append(names, c.Name), append(want, c.Name+" | "+types[c.Type].sql)
		}
		declared := "declared." + table.Name
		got := d.query(t, "SELECT column_name, column_type FROM (DESCRIBE "+declared+")")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("columns of %s (-want +got):\n%s", declared, diff)
		}
		columns := strings.Join(names, ", ")
		rows := d.query(t, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s EXCEPT ALL SELECT %[1]s FROM main.%[3]s)", columns, declared, table.Name))[0]
		if n, all := d.query(t, "SELECT count(*) FROM "+declared)[0], d.query(t, "SELECT count(*) FROM main."+table.Name)[0]; n != all || rows != "0" {
			t.Errorf("%s has %s rows, %s of them of its own, and the files %s", declared, n, rows, all)
		}
		comment := d.query(t, "SELECT comment FROM duckdb_views() WHERE schema_name = 'declared' AND view_name = '"+table.Name+"'")
		if len(comment) != 1 || comment[0] != strings.ReplaceAll(table.Doc, "'", "’") {
			t.Errorf("%s says %q", declared, comment)
		}
	}
}

// checkNewColumn declares tables with a column that no file has yet, as after an upgrade: it is null, and a query of one month still
// opens the files of that month alone.
func (d duckdb) checkNewColumn(t *testing.T) {
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		newer := *schemas.PullRequests
		newer.Name = fmt.Sprintf("pull_requests_%d", typ)
		newer.Columns = append(slices.Clone(newer.Columns), schemas.Column{Name: "added", Type: typ, Nullable: true})
		text, err := schemas.DDL{Dialect: "duckdb", Location: d.dir}.Write([]*schemas.Table{&newer})
		if err != nil {
			t.Fatal(err)
		}
		d.exec(t, strings.ReplaceAll(text, "/"+newer.Name+"/", "/pull_requests/"))
		got := d.query(t, "SELECT DISTINCT added, typeof(added), count(*) = (SELECT count(*) FROM main.pull_requests) FROM "+newer.Name+" GROUP BY ALL")
		if want := []string{"NULL | " + types[typ].sql + " | true"}; !slices.Equal(got, want) {
			t.Errorf("a new column reads as %q, want %q", got, want)
		}
		month := d.query(t, "SELECT min(month) FROM main.pull_requests")[0]
		plan := d.query(t, "EXPLAIN ANALYZE SELECT count(*) FROM "+newer.Name+" WHERE month = '"+month+"'")[0]
		if m := scanned.FindStringSubmatch(plan); m == nil || m[1] != "1" || m[2] == "1" {
			t.Errorf("one month scans %q:\n%s", m, plan)
		}
	}
}

// checkTypes holds the files themselves against the schemas: every file of a table says the same,
// whether a column may be null included.
func (d duckdb) checkTypes(t *testing.T) {
	for _, table := range tables() {
		want := map[string]string{}
		for _, c := range table.Columns {
			repetition := "REQUIRED"
			if c.Nullable {
				repetition = "OPTIONAL"
			}
			ty := types[c.Type]
			want[c.Name] = strings.Join([]string{ty.physical, repetition, ty.converted, ty.logical}, " | ")
		}
		got := map[string]string{}
		for _, line := range d.query(t, `SELECT DISTINCT name, type, repetition_type, coalesce(converted_type, ''),
			CASE WHEN logical_type LIKE 'IntType%' THEN '' ELSE coalesce(logical_type, '') END -- said by the converted type
			FROM parquet_schema(`+files(d.dir, table)+`) WHERE num_children IS NULL`) {
			name, says, _ := strings.Cut(line, " | ")
			if other, ok := got[name]; ok {
				t.Errorf("%s.%s: some files say %s, others %s", table.Name, name, other, says)
			}
			got[name] = says
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table.Name, diff)
		}
	}
}

func (d duckdb) checkKeys(t *testing.T) {
	for _, table := range tables() {
		key := []string{"workspace"}
		for _, c := range table.Key {
			key = append(key, table.Columns[c].Name)
		}
		columns := strings.Join(key, ", ")
		for _, row := range d.query(t, fmt.Sprintf("SELECT %s, count(*) FROM %s GROUP BY ALL HAVING count(*) > 1 LIMIT 5", columns, table.Name)) {
			t.Errorf("%s: several rows with the key (%s): %s", table.Name, columns, row)
		}
	}
}

var scanned = regexp.MustCompile(`Scanning Files: (\d+)/(\d+)`)

// checkPruning shows that a query of one month opens the files of that month alone, and that each
// row lies in the month that its partition says.
func (d duckdb) checkPruning(t *testing.T) {
	for _, table := range tables() {
		if table.Partition < 0 || table == schemas.SyncRuns { // whose runs are all of today
			continue
		}
		by := table.Columns[table.Partition].Name
		if n := d.query(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE strftime(%s, '%%Y-%%m') <> month", table.Name, by))[0]; n != "0" {
			t.Errorf("%s: %s rows lie in another month than %s says", table.Name, n, by)
		}
		months := d.query(t, "SELECT DISTINCT month FROM "+table.Name+" ORDER BY month")
		if len(months) < 3 {
			t.Errorf("%s has only the months %v: too few to leave some out", table.Name, months)
			continue
		}
		plan := d.query(t, fmt.Sprintf("EXPLAIN ANALYZE SELECT count(*) FROM %s WHERE month = '%s'", table.Name, months[len(months)/2]))[0]
		m := scanned.FindStringSubmatch(plan)
		if m == nil || m[1] != "1" || m[2] != strconv.Itoa(len(months)) {
			t.Errorf("%s: one of %d months scans %q:\n%s", table.Name, len(months), m, plan)
		}
	}
}

// compareLakes compares two lakes by all that the source says. When a row was landed differs, and
// what is gone at the source was never seen by a lake that began afterwards.
func compareLakes(t *testing.T, dir, other string) {
	d := open(t, dir)
	d.exec(t, "CREATE SCHEMA other")
	for _, table := range tables() {
		if table == schemas.FreshnessTable || table == schemas.SyncRuns { // which say when each was read
			continue
		}
		d.view(t, "other."+table.Name, other, table)
		rows := func(name string) string {
			return "SELECT * EXCLUDE (synced_at, deleted_at) FROM " + name + " WHERE deleted_at IS NULL"
		}
		ours, theirs := rows(table.Name), rows("other."+table.Name)
		for _, c := range []struct{ only, query string }{
			{dir, "(" + ours + ") EXCEPT ALL (" + theirs + ")"},
			{other, "(" + theirs + ") EXCEPT ALL (" + ours + ")"},
		} {
			n := d.query(t, "SELECT count(*) FROM ("+c.query+")")[0]
			if n == "0" {
				continue
			}
			t.Errorf("%s: %s rows are in %s alone, such as:\n%s", table.Name, n, c.only,
				strings.Join(d.query(t, "SELECT * FROM ("+c.query+") ORDER BY ALL LIMIT 5"), "\n"))
		}
	}
}

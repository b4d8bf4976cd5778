package interop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// clickhouse is ClickHouse, in a process of its own, with a view for each table of a lake in S3.
type clickhouse struct {
	in    io.Writer
	out   *bufio.Reader
	proxy *loadtest.Proxy // between it and the server
}

// TestClickHouse syncs into S3, twice, and has ClickHouse read the tables from there. It has to see what DuckDB sees in a copy
// of the objects, and to fetch no more of them than a query is about.
func TestClickHouse(t *testing.T) {
	if _, err := os.Stat("clickhouse/node_modules"); err != nil && os.Getenv("CI") == "" {
		t.Skip("make interop installs it")
	}
	bitbucket, served := simulate(t, bitbuckettest.Scale{Members: 20, Repositories: 12, PullRequests: 400, Months: 5})
	bucketlake, dir, bucket := build(t), t.TempDir(), loadtest.NewBucket(t)
	env := append(environment(served.URL, dir, "-"), bucket.Environment()...)
	env = append(env, "LAKE_URL="+bucket.LakeURL(), "LAKE_PATH_STYLE=true")
	connect(t, bucketlake, env)
	run(t, bucketlake, env, "sync")
	bitbucket.Advance(changes)
	run(t, bucketlake, env, "sync")

	ch := openClickHouse(t, bucket)
	t.Run("types", ch.checkTypes)
	t.Run("rows", func(t *testing.T) { ch.checkRows(t, open(t, download(t, bucket))) })
	t.Run("pruning", ch.checkPruning)
	t.Run("ledger", func(t *testing.T) { checkLedger(t, ch, bitbucket.Ledger()) })
}

// download copies the lake with a client that knows nothing of bucketlake.
func download(t *testing.T, bucket *loadtest.Bucket) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files, err := bucket.Read(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openClickHouse(t *testing.T, bucket *loadtest.Bucket) *clickhouse {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "clickhouse/query.js")
	cmd.Env, cmd.Stderr = append(os.Environ(), bucket.Environment()...), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("%v: %v", cmd.Args, err)
		}
	})
	ch := &clickhouse{in: in, out: bufio.NewReader(out), proxy: loadtest.NewProxy(t, bucket)}
	ch.query(t, "SET session_timezone = 'UTC'")
	ch.query(t, "SET schema_inference_make_columns_nullable = 'auto'")        // as the files say
	ch.query(t, "CREATE FUNCTION epoch_ms AS t -> toUnixTimestamp64Milli(t)") // as DuckDB calls it
	for _, table := range tables() {
		ch.query(t, fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM s3('%s/%s/lake/%[1]s/**/*.parquet', 'Parquet') SETTINGS use_hive_partitioning = 1",
			table.Name, ch.proxy.URL, bucket.Name))
	}
	return ch
}

// query returns the rows of a query as duckdb.query does.
func (ch *clickhouse) query(t *testing.T, query string) []string {
	t.Helper()
	statement, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.in.Write(append(statement, '\n')); err != nil {
		t.Fatal(err)
	}
	text, err := ch.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("ClickHouse is gone: %v", err)
	}
	var answer struct {
		Rows  [][]any `json:"rows"`
		Error string  `json:"error"`
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Error != "" {
		t.Fatalf("%s: %s", query, answer.Error)
	}
	lines := make([]string, len(answer.Rows))
	for i, row := range answer.Rows {
		for c, value := range row {
			if value == nil {
				row[c] = "NULL"
			}
		}
		lines[i] = line(row...)
	}
	return lines
}

// typesOfClickHouse are what it makes of a column, unless it may be null.
var typesOfClickHouse = map[schemas.Type]string{
	schemas.String: "String", schemas.Int64: "Int64", schemas.Int32: "Int32", schemas.Double: "Float64", schemas.Boolean: "Bool",
	schemas.DateType: "Date32", schemas.Timestamp: "DateTime64(3, 'UTC')",
}

func (ch *clickhouse) checkTypes(t *testing.T) {
	for _, table := range tables() {
		var want []string
		for _, c := range table.Columns {
			ty := typesOfClickHouse[c.Type]
			if c.Nullable {
				ty = "Nullable(" + ty + ")"
			}
			want = append(want, line(c.Name, ty))
		}
		for _, c := range slices.Backward(table.Partitions()) {
			want = append(want, line(c.Name, "LowCardinality(String)"))
		}
		var got []string
		for _, row := range ch.query(t, "DESCRIBE "+table.Name) {
			got = append(got, strings.Join(strings.Split(row, " | ")[:2], " | "))
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("columns of %s (-want +got):\n%s", table.Name, diff)
		}
	}
}

// checkRows compares each value of each row, and the partition that it lies in, with what DuckDB reads; and sums of each column,
// which ClickHouse forms itself.
func (ch *clickhouse) checkRows(t *testing.T, d duckdb) {
	for _, table := range tables() {
		var asDuckDB, asClickHouse []string
		for _, c := range slices.Concat(table.Columns, table.Partitions()) {
			ofDuckDB, ofClickHouse := c.Name+"::VARCHAR", "toString("+c.Name+")"
			switch c.Type {
			case schemas.Timestamp:
				ofDuckDB, ofClickHouse = "epoch_ms("+c.Name+")::VARCHAR", "toString(epoch_ms("+c.Name+"))"
			case schemas.Double:
				ofDuckDB, ofClickHouse = "round("+c.Name+" * 1000000)::BIGINT::VARCHAR", "toString(toInt64(round("+c.Name+" * 1000000)))"
			}
			asDuckDB = append(asDuckDB, "coalesce("+ofDuckDB+", 'NULL')")
			asClickHouse = append(asClickHouse, "ifNull("+ofClickHouse+", 'NULL')")
		}
		want := d.query(t, "SELECT "+strings.Join(asDuckDB, ", ")+" FROM "+table.Name)
		got := ch.query(t, "SELECT "+strings.Join(asClickHouse, ", ")+" FROM "+table.Name)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("%s has %d rows (-DuckDB +ClickHouse):\n%.4000s", table.Name, len(got), diff)
		}
	}
}

// checkPruning asks for one month of each table that has months, and looks at what the server was asked for: the listing, and
// the objects of that month.
func (ch *clickhouse) checkPruning(t *testing.T) {
	for _, table := range tables() {
		if table.Partition < 0 || table == schemas.SyncRuns { // whose runs are all of today
			continue
		}
		months := ch.query(t, "SELECT DISTINCT month FROM "+table.Name+" ORDER BY month")
		if len(months) < 3 {
			t.Errorf("%s has only the months %v: too few to leave some out", table.Name, months)
			continue
		}
		month := months[len(months)/2]
		ch.proxy.Plan(nil)
		n := ch.query(t, fmt.Sprintf("SELECT count(), max(synced_at) FROM %s WHERE month = '%s'", table.Name, month))
		requests, _ := ch.proxy.Seen()
		fetched := 0
		for _, r := range requests {
			switch {
			case !strings.Contains(r, ".parquet"): // a listing
			case strings.Contains(r, "month="+month) || strings.Contains(r, "month%3D"+month):
				fetched++
			default:
				t.Errorf("%s: a query of %s asks for %s", table.Name, month, r)
			}
		}
		if fetched == 0 || strings.HasPrefix(n[0], "0 ") {
			t.Errorf("%s: %s rows in %s, of %d requests", table.Name, n, month, fetched)
		}
	}
}

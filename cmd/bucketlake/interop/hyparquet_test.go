package interop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bucketlake/schemas"
)

// checkHyparquet has hyparquet, the strictest reader of Parquet that we know, read every file, all rows and all columns: they
// have to be what DuckDB reads.
func (d duckdb) checkHyparquet(t *testing.T) {
	if _, err := os.Stat("hyparquet/node_modules"); err != nil && os.Getenv("CI") == "" {
		t.Skip("make interop installs it")
	}
	for _, table := range schemas.Tables() {
		names, err := filepath.Glob(filepath.Join(d.dir, table.Name, "*", "*", "*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		flat, err := filepath.Glob(filepath.Join(d.dir, table.Name, "*", "*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, flat...); len(names) == 0 {
			continue
		}
		var want []string
		for _, name := range names {
			rows := d.query(t, fmt.Sprintf("SELECT %s FROM read_parquet('%s', hive_partitioning = false)", hyparquetText(table), name))
			want = append(want, name+"\t"+strconv.Itoa(len(rows)))
			want = append(want, rows...)
		}
		if diff := cmp.Diff(want, hyparquet(t, names)); diff != "" {
			t.Errorf("%s (-DuckDB +hyparquet):\n%.4000s", table.Name, diff)
		}
	}
}

// hyparquetText writes a row as hyparquet/read.js does.
func hyparquetText(table *schemas.Table) string {
	var columns []string
	for _, c := range table.Columns {
		text := c.Name + "::VARCHAR"
		switch c.Type {
		case schemas.Timestamp:
			text = "epoch_ms(" + c.Name + ")::VARCHAR"
		case schemas.DateType:
			text = "(" + c.Name + " - DATE '1970-01-01')::VARCHAR"
		case schemas.String:
			text = `replace(replace(replace(` + c.Name + `, '\', '\\'), chr(9), '\t'), chr(10), '\n')`
		}
		columns = append(columns, "coalesce("+text+", 'NULL')")
	}
	return "concat_ws(chr(9), " + strings.Join(columns, ", ") + ")"
}

// hyparquet returns, for each file, its name and how many rows its footer says it has, and the rows.
func hyparquet(t *testing.T, names []string) (lines []string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "node", append([]string{"hyparquet/read.js"}, names...)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v", c.Args[:2], err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if scanner.Err() != nil {
		t.Fatal(scanner.Err())
	}
	return lines
}

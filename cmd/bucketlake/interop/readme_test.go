package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checkReadme runs the README's sample queries: they have to say something.
func (d duckdb) checkReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(queries) < 3 {
		t.Errorf("the README has %d sample queries, want three", len(queries))
	}
	for _, q := range queries {
		rows, err := d.QueryContext(t.Context(), strings.ReplaceAll(q[1], "data/demo/lake", d.dir))
		if err != nil {
			t.Errorf("%v:\n%s", err, q[1])
			continue
		}
		if !rows.Next() {
			t.Errorf("no rows:\n%s", q[1])
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}

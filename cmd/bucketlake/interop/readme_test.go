package interop_test

import (
	"errors"
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
		if err := d.saysSomething(t, strings.ReplaceAll(q[1], "data/demo/lake", d.dir)); err != nil {
			t.Errorf("%v:\n%s", err, q[1])
		}
	}
}

func (d duckdb) saysSomething(t *testing.T, query string) error {
	rows, err := d.QueryContext(t.Context(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(errors.New("no rows"), rows.Err())
	}
	return nil
}

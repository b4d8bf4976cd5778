package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// deployed is a file below deploy/.
func deployed(t *testing.T, names ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "..", "deploy"}, names...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkQueries runs the sample queries, each of which the list of them names: they have to say something. The simulated
// workspace ends before today: queries ask for the last days of what it knows, instead.
func (d duckdb) checkQueries(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "deploy", "queries", "*.sql"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d sample queries, %v", len(files), err)
	}
	list := deployed(t, "queries", "README.md")
	for _, f := range files {
		name := filepath.Base(f)
		query := deployed(t, "queries", name)
		if !strings.Contains(list, "| ["+name+"]("+name+") |") {
			t.Errorf("the list of queries lacks %s", name)
		}
		if name != "sync_runs.sql" { // whose runs are today's
			query = d.inItsDay(t, query)
		}
		if err := d.saysSomething(t, query); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inItsDay asks a query on the day after the last that the lake knows of.
func (d duckdb) inItsDay(t *testing.T, query string) string {
	t.Helper()
	last := d.query(t, "SELECT (max(usage_date) + 1)::VARCHAR FROM feature_usage_daily")[0]
	return strings.ReplaceAll(query, "current_date", "DATE '"+last+"'")
}

// checkViews makes the views for Athena, and reads each.
func (d duckdb) checkViews(t *testing.T) {
	text := deployed(t, "athena", "views.sql")
	d.exec(t, "CREATE SCHEMA athena; SET search_path = 'athena,main'")
	defer d.exec(t, "SET search_path = 'main'")
	d.exec(t, text)
	views := regexp.MustCompile(`(?m)^CREATE OR REPLACE VIEW (\S+) AS$`).FindAllStringSubmatch(text, -1)
	if len(views) != strings.Count(text, ";\n") {
		t.Errorf("%d views in %d statements", len(views), strings.Count(text, ";\n"))
	}
	for _, v := range views {
		if err := d.saysSomething(t, "SELECT * FROM athena."+v[1]); err != nil {
			t.Errorf("%s: %v", v[1], err)
		}
	}
}

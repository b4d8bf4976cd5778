package schemas_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestSchemas holds the tables against the golden file: a column may be added, and nothing else may
// change within a version, because readers have built on it.
func TestSchemas(t *testing.T) {
	var b strings.Builder
	for _, table := range schemas.Tables() {
		partition := "none"
		if table.Partition >= 0 {
			partition = table.Columns[table.Partition].Name
		}
		fmt.Fprintf(&b, "%s version %d, month of: %s\n", table.Name, table.Version, partition)
		for i, c := range table.Columns {
			fmt.Fprintf(&b, "  %2d %s %s", i+1, c.Name, c.Type)
			if slices.Contains(table.Key, i) {
				b.WriteString(" key")
			}
			if c.Nullable {
				b.WriteString(" null")
			}
			b.WriteString("\n")
		}
	}
	const golden = "testdata/schemas.txt"
	kept(t, golden, b.String())
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the schemas are not those of %s; if only columns were added at an end, run go test ./schemas -update\n%s", golden, b.String())
	}
}

// kept checks that each column that readers may have built on is there as it was: a table that changes
// otherwise gets a new version.
func kept(t *testing.T, golden, now string) {
	t.Helper()
	before, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	columns := func(text string) map[string]bool {
		all, table := map[string]bool{}, ""
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); strings.Contains(line, " version ") {
				table = line
				continue
			}
			_, column, _ := strings.Cut(line, " ") // without its number
			all[table+": "+column] = true
		}
		return all
	}
	has := columns(now)
	for column := range columns(string(before)) {
		table, _, _ := strings.Cut(column, ":")
		if !has[column] && strings.Contains(now, table) {
			t.Errorf("%s was there and is not, or is another one now: give the table a new version", column)
		}
	}
}

// reserved are words that one of the engines keeps for itself.
var reserved = []string{
	"all", "column", "comment", "commit", "current_user", "date", "day", "end", "from", "group", "index", "interval", "key", "language", "order",
	"partition", "position", "primary", "role", "rows", "select", "start", "table", "time", "timestamp", "to", "type", "user", "values", "view",
}

// namesSomebody matches the names of columns that name a person, or that are made from such a name.
var namesSomebody = regexp.MustCompile(`(^|_)(display_name|nickname|email|git_name|raw|identity_id)$`)

func TestNamesNeedNoQuotes(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, table := range schemas.Tables() {
		if !name.MatchString(table.Name) {
			t.Errorf("table %s: its name needs quotes", table.Name)
		}
		if table.Doc == "" || len(table.Key) == 0 {
			t.Errorf("table %s has no doc or no key", table.Name)
		}
		seen := map[string]bool{"workspace": true, "month": true} // those of the path
		for _, c := range table.Columns {
			if !name.MatchString(c.Name) || slices.Contains(reserved, c.Name) {
				t.Errorf("%s.%s: the name needs quotes in some engine", table.Name, c.Name)
			}
			if seen[c.Name] {
				t.Errorf("%s.%s: the name is taken", table.Name, c.Name)
			}
			seen[c.Name] = true
			if namesSomebody.MatchString(c.Name) != c.Personal {
				t.Errorf("%s.%s: is it a column that names a person? Then its tag says pii", table.Name, c.Name)
			}
			if c.Doc == "" {
				t.Errorf("%s.%s has no doc", table.Name, c.Name)
			}
		}
		if !seen["synced_at"] || !seen["deleted_at"] {
			t.Errorf("%s lacks synced_at or deleted_at", table.Name)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]schemas.Date{
		"1970-01-01T00:00:00Z": 0, "1970-01-02T23:59:59Z": 1, "1969-12-31T23:59:59Z": -1, "2026-10-01T01:00:00+02:00": 20726,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := schemas.DateOf(at); got != want || got.Time().After(at) {
			t.Errorf("%s: day %d, want %d", text, got, want)
		}
	}
}

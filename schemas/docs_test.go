package schemas_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bucketlake/schemas"
)

// golden compares a text with a file, or writes it there.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is not what the schemas say: run go test ./schemas -update, and look at what changes", file)
	}
}

func TestDocs(t *testing.T) { golden(t, "README.md", schemas.Docs()) }

func TestDDL(t *testing.T) {
	for _, dialect := range schemas.Dialects() {
		location := map[string]string{"snowflake": "@lake", "bigquery": "gs://lake", "duckdb": "data/lake"}[dialect]
		if location == "" {
			location = "s3://lake/tables/"
		}
		var all []string
		for _, table := range schemas.Tables() {
			text, err := table.DDL(dialect, location)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		ending := map[bool]string{true: ".json", false: ".sql"}[dialect == "glue"]
		golden(t, filepath.Join("testdata", "ddl", dialect+ending), strings.Join(all, "\n"))
	}
	if _, err := schemas.Members.DDL("oracle", "x"); err == nil || !strings.Contains(err.Error(), "duckdb") {
		t.Errorf("%v", err)
	}
}

// TestDocsArePlain keeps texts out of the docs that some engine would not take, or would cut.
func TestDocsArePlain(t *testing.T) {
	plain := regexp.MustCompile(`^[ -~]*$`)
	for _, table := range schemas.Tables() {
		if !plain.MatchString(table.Doc) || len(table.Doc) > 1024 {
			t.Errorf("%s: its doc is not plain, or long", table.Name)
		}
		for _, c := range table.Columns {
			if !plain.MatchString(c.Doc) || len(c.Doc) > 255 {
				t.Errorf("%s.%s: its doc is not plain, or long", table.Name, c.Name)
			}
		}
	}
}

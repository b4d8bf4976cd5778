package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bucketlake/schemas"
)

// says runs a command in this process and returns what it prints and its exit code.
func says(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestTablesDocs(t *testing.T) {
	stdout, stderr, code := says(t, "tables", "docs")
	if code != 0 || stdout != schemas.Docs() {
		t.Errorf("exit code %d, %d bytes: %s", code, len(stdout), stderr)
	}
	file := filepath.Join(t.TempDir(), "README.md")
	if stdout, stderr, code := says(t, "tables", "docs", "--write", file); code != 0 || stdout != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != schemas.Docs() {
		t.Errorf("%d bytes written: %v", len(text), err)
	}
	if _, stderr, code := says(t, "tables", "docs", "--write", filepath.Join(file, "no folder")); code == 0 || !strings.Contains(stderr, "writing the documentation") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestTablesDDL(t *testing.T) {
	stdout, stderr, code := says(t, "tables", "ddl", "--dialect", "duckdb", "--location", "data/lake/", "members", "commits")
	if code != 0 || strings.Count(stdout, "CREATE OR REPLACE VIEW") != 2 || !strings.Contains(stdout, "'data/lake/commits/workspace=*/month=*/*.parquet'") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	lake := t.TempDir()
	if err := os.MkdirAll(filepath.Join(lake, "members", "workspace=acme"), 0o700); err != nil {
		t.Fatal(err)
	}
	stdout, _, code = says(t, "tables", "ddl", "--dialect", "duckdb", "--location", lake, "members", "commits")
	if code != 0 || strings.Count(stdout, "CREATE OR REPLACE VIEW") != 1 || !strings.Contains(stdout, "-- No row has landed yet in commits.") {
		t.Errorf("without files: exit code %d: %s", code, stdout)
	}
	stdout, _, code = says(t, "tables", "ddl", "--dialect", "athena", "--location", "s3://b/p", "--projection", "acme,beta", "commits")
	if code != 0 || !strings.Contains(stdout, "'projection.workspace.values' = 'acme,beta'") || strings.Contains(stdout, "MSCK") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	for want, args := range map[string][]string{
		"the tables are":       {"--dialect", "duckdb", "--location", "x", "nothing"},
		"the dialects are":     {"--location", "x"},
		"name its location":    {"--dialect", "glue"},
		"through a connection": {"--dialect", "bigquery", "--location", "s3://b/p"},
	} {
		if _, stderr, code := says(t, append([]string{"tables", "ddl"}, args...)...); code != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestTablesDescribe(t *testing.T) {
	stdout, _, code := says(t, "tables", "describe", "members", "--json")
	var table tableJSON
	if err := json.Unmarshal([]byte(stdout), &table); code != 0 || err != nil {
		t.Fatalf("exit code %d: %v", code, err)
	}
	personal := map[string]string{}
	for _, c := range table.Columns {
		if c.Personal {
			personal[c.Name] = c.From
		}
	}
	if len(personal) != 2 || personal["display_name"] != "user.display_name" || table.From != "/workspaces/{workspace}/members" {
		t.Errorf("%+v", table)
	}
	if _, stderr, code := says(t, "tables", "describe", "nothing"); code == 0 || !strings.Contains(stderr, "the tables are") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

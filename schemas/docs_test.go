package schemas_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bucketlake/schemas"
)

// golden compares a text with a file, or with -update writes it.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is not what the schemas say: run go test ./schemas -update and look at the difference", file)
	}
}

func TestDocs(t *testing.T) {
	docs := schemas.Docs()
	golden(t, "README.md", docs)
	for _, table := range schemas.Tables() {
		if !strings.Contains(docs, "\n### "+table.Name+"\n") {
			t.Errorf("the documentation lacks %s", table.Name)
		}
	}
}

// TestSources looks each endpoint up in Bitbucket's description of its API, and each column of another
// table in that table. (That fields of answers are the right ones is tried in package transform.)
func TestSources(t *testing.T) {
	api, err := os.ReadFile("../../shared/bitbucket/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	column := regexp.MustCompile(`^([a-z_]+)\.([a-z0-9_]+)$`)
	for _, table := range schemas.Tables() {
		for source := range strings.SplitSeq(table.From, ", ") {
			if strings.HasPrefix(source, "(") && table.Derived {
				continue
			}
			if _, ok := schemas.Lookup(source); table.Derived && !ok || !table.Derived && !strings.Contains(string(api), "\n  "+source+":\n") {
				t.Errorf("%s comes from %q, which does not exist", table.Name, source)
			}
		}
		for _, c := range table.Columns {
			if c.From == "" || strings.HasPrefix(c.From, "(") != strings.HasSuffix(c.From, ")") {
				t.Errorf("%s.%s does not say where it comes from", table.Name, c.Name)
			}
			if _, ok := schemas.Lookup(c.Refers); !ok && c.Refers != "" && c.Refers != "-" {
				t.Errorf("%s.%s refers to %q, which is no table", table.Name, c.Name, c.Refers)
			}
			if !table.Derived || strings.HasPrefix(c.From, "(") {
				continue
			}
			m := column.FindStringSubmatch(c.From)
			if m == nil {
				t.Errorf("%s.%s comes from %q, which is no column of a table", table.Name, c.Name, c.From)
			} else if source, ok := schemas.Lookup(m[1]); !ok || source.Column(m[2]) < 0 {
				t.Errorf("%s.%s comes from %q, which does not exist", table.Name, c.Name, c.From)
			}
		}
	}
}

// TestDocsArePlain keeps texts out of the documentation that some engine would not take as a comment, or
// would cut.
func TestDocsArePlain(t *testing.T) {
	plain := regexp.MustCompile(`^[ -Z^-~\[\]]+$`) // no backslash
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

func TestRelations(t *testing.T) {
	has := func(from, to string, as ...string) bool {
		return slices.ContainsFunc(schemas.Relations(), func(r schemas.Relation) bool {
			return r.From.Name == from && r.To.Name == to && (len(as) == 0 || slices.Equal(r.As, as))
		})
	}
	for _, want := range [][]string{
		{"pull_requests", "repositories", "repository_uuid"},
		{"pull_requests", "members", "author_uuid", "closed_by_uuid"},
		{"pull_request_tasks", "pull_requests", "pull_request_id"},
		{"deployments", "pipelines", "pipeline_uuid"},
		{"commits", "commit_identities", "identity_id"},
		{"repositories", "repositories", "parent_uuid"},
		{"pull_request_sizes", "pull_requests", "pull_request_id"},
	} {
		if !has(want[0], want[1], want[2:]...) {
			t.Errorf("%s does not lead to %s by %v", want[0], want[1], want[2:])
		}
	}
	for _, wrong := range [][2]string{
		{"pull_requests", "pull_request_sizes"}, // the other way round
		{"pull_request_tasks", "repositories"},  // by its pull request
		{"webhooks", "workspace_webhooks"},      // each has its own
		{"members", "workspace_permissions"},
		{"pull_request_participants", "default_reviewers"},
	} {
		if has(wrong[0], wrong[1]) {
			t.Errorf("%s leads to %s", wrong[0], wrong[1])
		}
	}
}

// declarations are what the golden files of statements are made for.
var declarations = map[string]schemas.DDL{
	"athena.sql":            {Dialect: "athena", Location: "s3://bucket/lake"},
	"athena_projection.sql": {Dialect: "athena", Location: "s3://bucket/lake/", Projection: []string{"acme", "beta"}},
	"glue.jsonl":            {Dialect: "glue", Location: "s3://bucket/lake"},
	"redshift.sql":          {Dialect: "redshift", Location: "s3://bucket/lake"},
	"snowflake.sql":         {Dialect: "snowflake", Location: "s3://bucket/lake"},
	"bigquery.sql":          {Dialect: "bigquery", Location: "gs://bucket/lake"},
	"bigquery_s3.sql":       {Dialect: "bigquery", Location: "s3://bucket/lake", Connection: "aws-us-east-1.lake"},
	"duckdb.sql":            {Dialect: "duckdb", Location: "data/lake"},
}

func TestDDL(t *testing.T) {
	for file, d := range declarations {
		text, err := d.Write(schemas.Tables())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden(t, filepath.Join("testdata", file), text)
		if strings.Count(text, "'")%2 != 0 && d.Dialect != "glue" || strings.Count(text, "(") != strings.Count(text, ")") || strings.Contains(text, "lake//") {
			t.Errorf("%s: a literal or a bracket does not end, or the location does", file)
		}
		for _, table := range schemas.Tables() {
			if doc := strings.ReplaceAll(table.Doc, "'", "’"); d.Dialect != "redshift" && !strings.Contains(strings.ReplaceAll(text, "'", "’"), doc) {
				t.Errorf("%s does not say what %s is", file, table.Name)
			}
			for _, c := range table.Columns {
				if !strings.Contains(text, c.Name) {
					t.Errorf("%s lacks the column %s", file, c.Name)
				}
			}
		}
	}
}

// TestGlueInput reads the JSON as Glue would.
func TestGlueInput(t *testing.T) {
	text, err := declarations["glue.jsonl"].Write(schemas.Tables())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != len(schemas.Tables()) {
		t.Errorf("%d lines for %d tables", len(lines), len(schemas.Tables()))
	}
	for i, line := range lines {
		var input struct {
			Name, Description string
			PartitionKeys     []struct{ Name string }
			StorageDescriptor struct {
				Location string
				Columns  []struct{ Name, Type, Comment string }
			}
		}
		if err := json.Unmarshal([]byte(line), &input); err != nil {
			t.Fatal(err)
		}
		table := schemas.Tables()[i]
		if input.Name != table.Name || len(input.StorageDescriptor.Columns) != len(table.Columns) || len(input.PartitionKeys) != len(table.Partitions()) ||
			input.Description != table.Doc || len(table.Doc) > 2048 || input.StorageDescriptor.Location != "s3://bucket/lake/"+table.Name+"/" {
			t.Errorf("%s: %+v", table.Name, input)
		}
		for _, c := range input.StorageDescriptor.Columns {
			if len(c.Comment) > 255 || strings.ContainsAny(c.Comment, "\n\t") {
				t.Errorf("%s: Glue takes 255 bytes of one line, and the doc of %s has %d", table.Name, c.Name, len(c.Comment))
			}
		}
	}
}

// TestDBT keeps the sources of the dbt package the ones that the schemas say.
func TestDBT(t *testing.T) {
	golden(t, filepath.Join("..", "deploy", "dbt", "models", "sources.yml"), schemas.DBT())
}

func TestDDLRefuses(t *testing.T) {
	for want, d := range map[string]schemas.DDL{
		"no dialect":             {Dialect: "oracle", Location: "s3://b/p"},
		"s3://bucket/prefix":     {Dialect: "athena", Location: "data/lake"},
		"athena reads no lake":   {Dialect: "athena", Location: "s3://"},
		"where is the lake":      {Dialect: "duckdb"},
		"no statement can name":  {Dialect: "duckdb", Location: "it's"},
		"Athena's":               {Dialect: "duckdb", Location: "lake", Projection: []string{"acme"}},
		"not a slug":             {Dialect: "athena", Location: "s3://b/p", Projection: []string{"a,b"}},
		"through a connection":   {Dialect: "bigquery", Location: "s3://b/p"},
		"for s3:// alone":        {Dialect: "bigquery", Location: "gs://b/p", Connection: "c"},
		"character that no":      {Dialect: "bigquery", Location: "s3://b/p", Connection: "a`b"},
		"the dialects are athen": {Location: "s3://b/p"},
	} {
		if text, err := d.Write(schemas.Tables()); err == nil || !strings.Contains(err.Error(), want) || text != "" {
			t.Errorf("%+v: %v, want %q", d, err, want)
		}
	}
}

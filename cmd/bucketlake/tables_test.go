package main

import (
	"strings"
	"testing"

	"bucketlake/schemas"
)

func TestTablesInOtherWords(t *testing.T) {
	i := &install{dir: t.TempDir()}
	if docs := i.must(t, "tables", "docs"); docs != schemas.Docs() {
		t.Error("tables docs prints something else than the documentation")
	}
	ddl := i.must(t, "tables", "ddl", "--dialect", "athena", "--location", "s3://lake/x/")
	for _, table := range schemas.Tables() {
		if !strings.Contains(ddl, "LOCATION 's3://lake/x/"+table.Name+"/'") {
			t.Errorf("the statements lack %s", table.Name)
		}
	}
	ddl = i.must(t, "tables", "ddl", "--dialect", "duckdb", "--location", i.dir)
	if n := strings.Count(ddl, "-- No row has landed in "); n != len(schemas.Tables()) {
		t.Errorf("%d of %d tables are said to be empty in an empty lake", n, len(schemas.Tables()))
	}
	if _, stderr, code := i.run(t, "tables", "ddl", "--dialect", "oracle"); code != exitFailed || !strings.Contains(stderr, "use one of athena") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

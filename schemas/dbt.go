package schemas

import (
	"fmt"
	"strings"
)

// DBT writes the tables as sources of a dbt project. What must hold is a test there: the key, and what is never null.
// The variable bucketlake_location, where it is set, is the lake's address, for DuckDB; elsewhere the tables are declared
// in the schema bucketlake_schema.
func DBT() string {
	var b strings.Builder
	b.WriteString(`# Made from the tables by ` + "`go test ./schemas -update`" + `; do not edit.
version: 2

sources:
  - name: bucketlake
    description: The tables of bucketlake, as they land.
    database: "{{ var('bucketlake_database', target.database) }}"
    schema: "{{ var('bucketlake_schema', 'bucketlake') }}"
    config:
      meta:
        external_location: "read_parquet('{{ var('bucketlake_location', 'data/demo/lake') }}/{name}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
    tables:
`)
	for _, t := range Tables() {
		fmt.Fprintf(&b, "      - name: %s\n        description: %s\n        data_tests:\n          - unique_key:\n              columns: [%s]\n        columns:\n",
			t.Name, quoteYAML(t.Doc), strings.Join(t.dbtKey(), ", "))
		for i, c := range append(t.Partitions(), t.Columns...) {
			fmt.Fprintf(&b, "          - {name: %s, description: %s", c.Name, quoteYAML(c.Doc))
			if i < len(t.Partitions()) || !c.Nullable {
				b.WriteString(", data_tests: [not_null]")
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}

// dbtKey is what no two rows share.
func (t *Table) dbtKey() []string {
	names := []string{"workspace"}
	for _, k := range t.Key {
		names = append(names, t.Columns[k].Name)
	}
	return names
}

func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

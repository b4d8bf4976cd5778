package schemas

import (
	"fmt"
	"slices"
	"strings"
)

var snowflake = typeNames{"varchar", "bigint", "int", "double", "boolean", "date", "timestamp_ntz"}

func (d *DDL) snowflakeBefore() string {
	return fmt.Sprintf(`-- A private bucket takes a storage integration: add STORAGE_INTEGRATION = NAME to the stage.
CREATE STAGE IF NOT EXISTS bucketlake
  URL = %s;

-- Files are replaced in place: run ALTER EXTERNAL TABLE ... REFRESH after a sync, or let the bucket notify (AUTO_REFRESH).`, literal(d.Location+"/"))
}

// snowflake follows https://docs.snowflake.com/en/sql-reference/sql/create-external-table. Times are
// those of UTC.
func (d *DDL) snowflake(t *Table) string {
	var columns, keys []string
	for _, k := range t.Partitions() {
		keys = append(keys, k.Name)
		columns = append(columns, fmt.Sprintf("  %s varchar AS (split_part(split_part(metadata$filename, '%[1]s=', 2), '/', 1))", k.Name))
	}
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("  %s %s AS (value:%[1]s::%[2]s)", c.Name, snowflake[c.Type]))
	}
	return fmt.Sprintf("CREATE OR REPLACE EXTERNAL TABLE %s (\n%s\n)\nPARTITION BY (%s)\nLOCATION = @bucketlake/%[1]s/\nAUTO_REFRESH = FALSE\n"+
		"PATTERN = '.*[.]parquet'\nFILE_FORMAT = (TYPE = PARQUET)\nCOMMENT = %[4]s;",
		t.Name, strings.Join(columns, ",\n"), strings.Join(keys, ", "), literal(t.Doc))
}

var bigquery = typeNames{"STRING", "INT64", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP"}

func (d *DDL) bigqueryBefore() string {
	if strings.HasPrefix(d.Location, "gs://") {
		return "-- The bucket and the dataset bucketlake lie in the same place.\nCREATE SCHEMA IF NOT EXISTS bucketlake;"
	}
	return "-- The dataset bucketlake lies in the region of the connection, such as aws-us-east-1: make it there first."
}

// bigquery follows https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language,
// under CREATE EXTERNAL TABLE.
func (d *DDL) bigquery(t *Table) string {
	connection := ""
	if d.Connection != "" {
		connection = "\nWITH CONNECTION `" + d.Connection + "`"
	}
	return fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.%s (\n%s\n)\nWITH PARTITION COLUMNS (\n%s\n)%s\nOPTIONS (\n"+
		"  format = 'PARQUET',\n  uris = [%s],\n  hive_partition_uri_prefix = %s,\n  require_hive_partition_filter = false,\n  description = %s\n);",
		t.Name, lines(t.Columns, bigquery, "  ", " OPTIONS (description = %s)"), lines(t.Partitions(), bigquery, "  ", ""), connection,
		literal(d.folder(t)+"/*"), literal(d.folder(t)), literal(t.Doc))
}

func (d *DDL) duckdbBefore() string {
	return "-- A table without a row has no file yet, and DuckDB refuses a view of it: declare it anew later."
}

var duckdbTypes = typeNames{"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMPTZ"}

// duckdb follows https://duckdb.org/docs/stable/data/partitioning/hive_partitioning. A file that is
// older than a column shows null there, and so does the view where all files are.
func (d *DDL) duckdb(t *Table) string {
	glob := d.folder(t)
	for _, k := range t.Partitions() {
		glob += "/" + k.Name + "=*"
	}
	var names, nothing []string
	for _, c := range slices.Concat(t.Partitions(), t.Columns) {
		names = append(names, "  "+c.Name)
		nothing = append(nothing, "NULL::"+duckdbTypes[c.Type]+" AS "+c.Name)
	}
	return fmt.Sprintf("CREATE OR REPLACE VIEW %s AS\nSELECT\n%s\nFROM (\n"+
		"  SELECT * FROM read_parquet(%s, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)\n"+
		"  UNION ALL BY NAME SELECT %s WHERE false\n);\nCOMMENT ON VIEW %[1]s IS %[5]s;",
		t.Name, strings.Join(names, ",\n"), literal(glob+"/*.parquet"), strings.Join(nothing, ", "), literal(t.Doc))
}

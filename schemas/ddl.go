package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Dialects lists the engines that DDL writes for.
func Dialects() []string {
	return []string{"athena", "glue", "redshift", "snowflake", "bigquery", "duckdb"}
}

// columnTypes are the names of the column types, by dialect, in the order of Type.
var columnTypes = map[string][7]string{
	"athena":    {"string", "bigint", "int", "double", "boolean", "date", "timestamp"},
	"glue":      {"string", "bigint", "int", "double", "boolean", "date", "timestamp"},
	"redshift":  {"varchar(65535)", "bigint", "integer", "double precision", "boolean", "date", "timestamp"},
	"snowflake": {"varchar", "bigint", "integer", "double", "boolean", "date", "timestamp_ntz"},
	"bigquery":  {"STRING", "INT64", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP"},
	"duckdb":    {"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE"},
}

// DDL returns the statement that makes an engine know the table, whose files lie under location: the
// address of the lake, as the engine takes it (for snowflake a stage, such as @lake).
func (t *Table) DDL(dialect, location string) (string, error) {
	types, ok := columnTypes[dialect]
	if !ok {
		return "", fmt.Errorf("no dialect %q: use one of %s", dialect, strings.Join(Dialects(), ", "))
	}
	location = strings.TrimSuffix(location, "/") + "/" + t.Name
	switch dialect {
	case "athena":
		return fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS %s (\n%s\n)\nCOMMENT %s\nPARTITIONED BY (%s)\nSTORED AS PARQUET\nLOCATION %s;\nMSCK REPAIR TABLE %[1]s;\n",
			t.Name, t.list("  %s %s COMMENT %s", types), quote(t.Doc), t.partitions(" string"), quote(location+"/")), nil
	case "redshift": // in an external schema of this name
		return fmt.Sprintf("CREATE EXTERNAL TABLE bucketlake.%s (\n%s\n)\nPARTITIONED BY (%s)\nSTORED AS PARQUET\nLOCATION %s;\n",
			t.Name, t.list("  %s %s", types), t.partitions(" varchar(255)"), quote(location+"/")), nil
	case "snowflake":
		return t.snowflake(types, location), nil
	case "bigquery": // in a data set of this name
		return fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS bucketlake.%s (\n%s\n)\nWITH PARTITION COLUMNS (%s)\nOPTIONS (\n  description = %s,\n  format = 'PARQUET',\n  hive_partition_uri_prefix = %s,\n  uris = [%s]\n);\n",
			t.Name, t.list("  %s %s OPTIONS (description = %s)", types), t.partitions(" STRING"), escaped(t.Doc), quote(location), quote(location+"/*")), nil
	case "duckdb":
		return fmt.Sprintf("CREATE OR REPLACE VIEW %s AS\nSELECT\n%s,\n  %s\nFROM read_parquet(%s, hive_partitioning = true, hive_types_autocast = false);\n",
			t.Name, t.list("  %s", types), t.partitions(""), quote(location+t.files())), nil
	}
	return t.glue(types, location+"/")
}

// list writes a line for each column: its name, its type and its doc, as far as the format wants them.
func (t *Table) list(format string, types [7]string) string {
	lines := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		args := []any{c.Name, types[c.Type], quote(c.Doc)}
		if strings.Contains(format, "OPTIONS") {
			args[2] = escaped(c.Doc)
		}
		lines[i] = fmt.Sprintf(format, args[:strings.Count(format, "%s")]...)
	}
	return strings.Join(lines, ",\n")
}

// partitionKeys are the keys that a table's paths say, in their order.
func (t *Table) partitionKeys() []string {
	if t.Partition < 0 {
		return []string{"workspace"}
	}
	return []string{"workspace", "month"}
}

func (t *Table) partitions(typ string) string {
	return strings.Join(t.partitionKeys(), typ+", ") + typ
}

// files is the pattern of the paths of a table's files, below its own.
func (t *Table) files() string { return strings.Repeat("/*", len(t.partitionKeys())) + "/*.parquet" }

// snowflake takes the partition keys from the names of the files.
func (t *Table) snowflake(types [7]string, location string) string {
	var columns []string
	for _, key := range t.partitionKeys() {
		columns = append(columns, fmt.Sprintf("  %s varchar AS (split_part(split_part(metadata$filename, '%[1]s=', 2), '/', 1))", key))
	}
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("  %s %s AS (value:%[1]s::%[2]s)", c.Name, types[c.Type]))
	}
	return fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS %s (\n%s\n)\nPARTITION BY (%s)\nLOCATION = %s/\nFILE_FORMAT = (TYPE = PARQUET)\nAUTO_REFRESH = FALSE\nCOMMENT = %s;\n",
		t.Name, strings.Join(columns, ",\n"), t.partitions(""), location, quote(t.Doc))
}

// glue is the table input of aws glue create-table.
func (t *Table) glue(types [7]string, location string) (string, error) {
	type column struct {
		Name    string
		Type    string
		Comment string `json:",omitempty"`
	}
	columns := func(list *[]column, name, typ, doc string) { *list = append(*list, column{name, typ, clip(doc, 255)}) }
	var input struct {
		Name              string
		Description       string
		TableType         string
		Parameters        map[string]string
		PartitionKeys     []column
		StorageDescriptor struct {
			Columns                   []column
			Location                  string
			InputFormat, OutputFormat string
			SerdeInfo                 struct{ SerializationLibrary string }
		}
	}
	input.Name, input.Description, input.TableType = t.Name, clip(t.Doc, 2048), "EXTERNAL_TABLE"
	input.Parameters = map[string]string{"classification": "parquet", "EXTERNAL": "TRUE"}
	for _, key := range t.partitionKeys() {
		columns(&input.PartitionKeys, key, "string", "")
	}
	s := &input.StorageDescriptor
	for _, c := range t.Columns {
		columns(&s.Columns, c.Name, types[c.Type], c.Doc)
	}
	const hive = "org.apache.hadoop.hive.ql.io.parquet."
	s.Location, s.InputFormat, s.OutputFormat = location, hive+"MapredParquetInputFormat", hive+"MapredParquetOutputFormat"
	s.SerdeInfo.SerializationLibrary = hive + "serde.ParquetHiveSerDe"
	text, err := json.MarshalIndent(input, "", "  ")
	return string(text) + "\n", err
}

// clip shortens a text to n bytes: the catalogue refuses longer ones. The docs are plain ASCII.
func clip(s string, n int) string { return s[:min(n, len(s))] }

// quote writes a text as most engines take it.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// escaped writes a text as BigQuery takes it.
func escaped(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (d *DDL) athenaBefore() string {
	if len(d.Projection) > 0 {
		return "-- Athena takes one statement at a time. The partitions are computed, for these workspaces alone: declare the tables\n" +
			"-- anew when another one is connected."
	}
	return "-- Athena takes one statement at a time. MSCK REPAIR TABLE finds the partitions: run it again when a month, or a\n" +
		"-- workspace, has begun; or declare the tables with --projection."
}

// athena follows https://docs.aws.amazon.com/athena/latest/ug/create-table.html.
func (d *DDL) athena(t *Table) string {
	var properties []string
	parameters := d.parameters(t)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		properties = append(properties, "  "+literal(name)+" = "+literal(parameters[name]))
	}
	s := fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS %s (\n%s\n)\nCOMMENT %s\nPARTITIONED BY (\n%s\n)\nSTORED AS PARQUET\nLOCATION %s\nTBLPROPERTIES (\n%s\n);",
		t.Name, lines(t.Columns, hive, "  ", " COMMENT %s"), literal(t.Doc), lines(t.Partitions(), hive, "  ", " COMMENT %s"),
		literal(d.folder(t)+"/"), strings.Join(properties, ",\n"))
	if len(d.Projection) == 0 {
		s += "\n\nMSCK REPAIR TABLE " + t.Name + ";"
	}
	return s
}

// parameters are the properties of a table in Glue's catalogue, for Athena.
func (d *DDL) parameters(t *Table) map[string]string {
	p := map[string]string{"classification": "parquet"}
	if len(d.Projection) == 0 {
		return p
	}
	// https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
	template := d.folder(t)
	for _, k := range t.Partitions() {
		template += "/" + k.Name + "=${" + k.Name + "}"
	}
	p["projection.enabled"] = "true"
	p["storage.location.template"] = template + "/"
	p["projection.workspace.type"] = "enum"
	p["projection.workspace.values"] = strings.Join(d.Projection, ",")
	if t.Partition >= 0 {
		// Git takes any date: commits may be older than Bitbucket, and lie ahead.
		p["projection.month.type"], p["projection.month.format"], p["projection.month.range"] = "date", "yyyy-MM", "1970-01,NOW+1YEARS"
		p["projection.month.interval"], p["projection.month.interval.unit"] = "1", "MONTHS"
	}
	return p
}

// GlueTable and GlueColumn are the TableInput of
// https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html, as far as it is used.
type (
	GlueColumn struct{ Name, Type, Comment string }
	GlueTable  struct {
		Name, Description, TableType string
		Parameters                   map[string]string
		PartitionKeys                []GlueColumn
		StorageDescriptor            GlueStorage
	}
	GlueStorage struct {
		Columns                             []GlueColumn
		Location, InputFormat, OutputFormat string
		SerdeInfo                           struct {
			SerializationLibrary string
			Parameters           map[string]string
		}
	}
)

// Parameters of a table in Glue's catalogue that are bucketlake's own.
const (
	GlueTableVersion = "bucketlake.table_version" // of the table's schema: Table.Version
	GlueWriter       = "bucketlake.writer"        // what has written the entry last
)

// GlueTable returns what declares a table to Glue's catalogue.
func (d *DDL) GlueTable(t *Table) GlueTable {
	columns := func(of []Column) []GlueColumn {
		var all []GlueColumn
		for _, c := range of {
			all = append(all, GlueColumn{c.Name, hive[c.Type], c.Doc})
		}
		return all
	}
	table := GlueTable{
		Name: t.Name, Description: t.Doc, TableType: "EXTERNAL_TABLE",
		Parameters: d.parameters(t), PartitionKeys: columns(t.Partitions()),
		StorageDescriptor: GlueStorage{
			Columns: columns(t.Columns), Location: d.folder(t) + "/",
			InputFormat:  "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
			OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
		},
	}
	table.Parameters["EXTERNAL"] = "TRUE"
	table.Parameters[GlueTableVersion] = strconv.Itoa(t.Version)
	table.StorageDescriptor.SerdeInfo.SerializationLibrary = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
	table.StorageDescriptor.SerdeInfo.Parameters = map[string]string{"serialization.format": "1"}
	return table
}

// glue writes one line of JSON a table: what aws glue create-table --table-input takes.
func (d *DDL) glue(t *Table) string {
	text, err := json.Marshal(d.GlueTable(t))
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return string(text)
}

// spectrum are the types as Redshift names them. A text is as long as Redshift lets one be.
var spectrum = typeNames{"varchar(65535)", "bigint", "int", "double precision", "boolean", "date", "timestamp"}

func (d *DDL) redshiftBefore() string {
	return `-- Redshift Spectrum. The external schema is a database of the Glue catalogue: where the tables have been declared there
-- (--dialect athena or glue), it is all that is needed, and it sees the partitions that the catalogue knows.
CREATE EXTERNAL SCHEMA IF NOT EXISTS bucketlake
FROM DATA CATALOG DATABASE 'bucketlake'
IAM_ROLE default
CREATE EXTERNAL DATABASE IF NOT EXISTS;

-- Otherwise declare them here, outside of a transaction, and each partition with them: the comment behind a table says how.`
}

// redshift follows https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_TABLE.html.
func (d *DDL) redshift(t *Table) string {
	values, path := "workspace = 'SLUG'", "/workspace=SLUG/"
	partitions := "  workspace varchar(128)"
	if t.Partition >= 0 {
		values, path = values+", month = 'YYYY-MM'", path+"month=YYYY-MM/"
		partitions += ",\n  month varchar(7)"
	}
	return fmt.Sprintf("CREATE EXTERNAL TABLE bucketlake.%s (\n%s\n)\nPARTITIONED BY (\n%s\n)\nSTORED AS PARQUET\nLOCATION %s\n"+
		"TABLE PROPERTIES ('data_cleansing_enabled' = 'true', 'surplus_char_handling' = 'TRUNCATE');\n-- ALTER TABLE bucketlake.%[1]s ADD IF NOT EXISTS PARTITION (%[5]s) LOCATION %[6]s;",
		t.Name, lines(t.Columns, spectrum, "  ", ""), partitions, literal(d.folder(t)+"/"), values, literal(d.folder(t)+path))
}

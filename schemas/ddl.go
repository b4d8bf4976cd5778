package schemas

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// DDL declares tables of a lake to an engine, in the engine's own words. Partition keys stand in the
// path alone (see Table), and each engine has its own way to be told so.
type DDL struct {
	Dialect  string // one of Dialects
	Location string // of the lake: s3://bucket/prefix, gs://bucket/prefix, or for DuckDB a directory

	// Projection lists workspaces for which Athena computes the partitions instead of looking them up:
	// new months are seen at once, and workspaces that are not listed never are. For athena and glue.
	Projection []string

	// Connection is what BigQuery reads S3 through, such as aws-us-east-1.lake.
	Connection string
}

// dialects write a declaration of one table, and what comes before the first one.
var dialects = []struct {
	name   string
	scheme []string // of the locations that the engine reads; none: any
	before func(*DDL) string
	table  func(*DDL, *Table) string
}{
	{"athena", []string{"s3://"}, (*DDL).athenaBefore, (*DDL).athena},
	{"glue", []string{"s3://"}, nil, (*DDL).glue},
	{"redshift", []string{"s3://"}, (*DDL).redshiftBefore, (*DDL).redshift},
	{"snowflake", []string{"s3://", "gcs://", "azure://"}, (*DDL).snowflakeBefore, (*DDL).snowflake},
	{"bigquery", []string{"gs://", "s3://"}, (*DDL).bigqueryBefore, (*DDL).bigquery},
	{"duckdb", nil, (*DDL).duckdbBefore, (*DDL).duckdb},
}

// Dialects lists the engines that DDL knows.
func Dialects() []string {
	var names []string
	for _, d := range dialects {
		names = append(names, d.name)
	}
	return names
}

// unquotable are characters that end a literal, or begin something else in one, in some dialect.
var unquotable = regexp.MustCompile("['\"`\\\\$\\x00-\\x1f]")

var slug = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

// Write returns the declarations of tables.
func (d DDL) Write(tables []*Table) (string, error) {
	i := slices.Index(Dialects(), d.Dialect)
	if i < 0 {
		return "", fmt.Errorf("no dialect %q: the dialects are %s", d.Dialect, strings.Join(Dialects(), ", "))
	}
	dialect := dialects[i]
	d.Location = strings.TrimRight(d.Location, "/")
	known := dialect.scheme == nil && d.Location != "" || slices.ContainsFunc(dialect.scheme, func(scheme string) bool {
		return strings.HasPrefix(d.Location, scheme) && len(d.Location) > len(scheme)
	})
	switch {
	case !known && dialect.scheme == nil:
		return "", errors.New("where is the lake? Name its location, such as ./data/lake")
	case !known:
		return "", fmt.Errorf("%s reads no lake at %q: name its location, such as %sbucket/prefix", d.Dialect, d.Location, dialect.scheme[0])
	case unquotable.MatchString(d.Location + d.Connection):
		return "", fmt.Errorf("the location %q, or the connection %q, has a character that no statement can name", d.Location, d.Connection)
	case len(d.Projection) > 0 && d.Dialect != "athena" && d.Dialect != "glue":
		return "", fmt.Errorf("%s knows no partition projection: that is Athena's", d.Dialect)
	case d.Dialect == "bigquery" && (d.Connection == "") != strings.HasPrefix(d.Location, "gs://"):
		return "", errors.New("BigQuery reads S3 through a connection, and Cloud Storage without: name a connection for s3:// alone")
	}
	for _, w := range d.Projection {
		if !slug.MatchString(w) {
			return "", fmt.Errorf("workspace %q is not a slug", w)
		}
	}
	var b strings.Builder
	if dialect.before != nil {
		b.WriteString(dialect.before(&d) + "\n\n")
	}
	for i, t := range tables {
		if i > 0 && dialect.before != nil {
			b.WriteString("\n")
		}
		b.WriteString(dialect.table(&d, t) + "\n")
	}
	return b.String(), nil
}

// typeNames name the column types, in the order of the types.
type typeNames [7]string

// lines writes one line for each column, with its doc where comment says how.
func lines(columns []Column, names typeNames, indent, format string) string {
	var all []string
	for _, c := range columns {
		line := indent + c.Name + " " + names[c.Type]
		if format != "" {
			line += fmt.Sprintf(format, literal(c.Doc))
		}
		all = append(all, line)
	}
	return strings.Join(all, ",\n")
}

// literal writes a text between quotes. Dialects escape apostrophes in different ways; none has to
// escape a typographic one.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "’") + "'" }

// folder is where the files of a table lie.
func (d *DDL) folder(t *Table) string { return d.Location + "/" + t.Name }

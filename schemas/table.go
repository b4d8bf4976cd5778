// Package schemas says what the tables are: one file a table, each a tagged struct (one field, one
// column) and the Table value that names it. The Arrow schema, the Parquet files and the
// documentation are derived from these structs and from nothing else.
package schemas

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// A Table describes one table of the lake.
//
// The files of a table lie under NAME/workspace=SLUG/, and for a table that is partitioned, under
// NAME/workspace=SLUG/month=YYYY-MM/. The partition keys (workspace, month) are strings and exist in
// the path alone: BigQuery refuses a file with a column of the same name.
type Table struct {
	Name    string
	Version int    // of the schema; columns may be added within one version, never changed or removed
	Doc     string // what one row is
	From    string // where rows come from: endpoints of the API, or the tables that they are computed from; or what, in brackets
	Columns []Column
	Key     []int // indexes into Columns of what makes a row unique within a workspace, in sort order

	// Partition is the index of the time or date column whose month is the partition, or -1 where
	// one object holds the table's rows of a workspace. The column never changes during a row's
	// life, or the row would stand in two partitions.
	Partition int

	// Derived marks a table that is computed from others. A row that the computation no longer
	// yields is removed; in the other tables such a row gets a deleted_at and stays.
	Derived bool

	row reflect.Type
}

// A Column is one column of a table.
type Column struct {
	Name     string
	Type     Type
	Nullable bool
	Repeats  bool // values repeat often, so that a dictionary pays
	Personal bool // names a person
	Lookup   bool // rows are looked for by its values, which lie anywhere: a Bloom filter pays
	Doc      string
	From     string  // fields of the answer, or columns, that the value comes from; or how, in brackets
	Refers   string  // the table whose rows the values are keys of, where its key has another name; "-": none
	Field    []int   // path of the struct field, as for reflect.Value.FieldByIndex
	Offset   uintptr // of the field in the struct
	Pointer  bool    // whether the field is a pointer to the value
}

// Type is one of the few column types that Athena, Trino, Spark, DuckDB, BigQuery and Snowflake
// all read without a cast.
type Type int

// The column types.
const (
	String    Type = iota // UTF-8
	Int64                 // bigint
	Int32                 // int
	Double                // 64-bit floating point
	Boolean               // true or false
	DateType              // days
	Timestamp             // milliseconds, UTC
)

// hive are the types as Athena and Glue name them.
var hive = typeNames{"string", "bigint", "int", "double", "boolean", "date", "timestamp"}

// String returns the type's name as Athena writes it.
func (t Type) String() string { return hive[t] }

// Date is a day, counted from 1970-01-01.
type Date int32

// DateOf returns the day, in UTC, on which t falls.
func DateOf(t time.Time) Date {
	return Date(t.UTC().Truncate(24*time.Hour).Unix() / (24 * 60 * 60))
}

// Time returns the first moment of the day in UTC.
func (d Date) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// Synced is the part of every row that the landing fills in: transformations leave it alone.
type Synced struct {
	SyncedAt  time.Time `col:"synced_at" doc:"when this content of the row was landed; unchanged as long as the content is" from:"(the landing)"`
	DeletedAt time.Time `col:"deleted_at,null" doc:"when the row was found gone at the source; null while it exists" from:"(the landing)"`
}

// New returns an empty row of the table: a pointer to its struct.
func (t *Table) New() any { return reflect.New(t.row).Interface() }

// Holds reports whether row is a pointer to the table's struct.
func (t *Table) Holds(row any) bool { return reflect.TypeOf(row) == reflect.PointerTo(t.row) }

// Column returns the index of the column of that name, or -1.
func (t *Table) Column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// Partitions are the partition keys, in their order in the path, as columns.
func (t *Table) Partitions() []Column {
	keys := []Column{{Name: "workspace", Doc: "the workspace's slug; in the path"}}
	if t.Partition >= 0 {
		keys = append(keys, Column{Name: "month", Doc: "of " + t.Columns[t.Partition].Name + ", such as 2026-10; in the path"})
	}
	return keys
}

// IsKey reports whether column i is part of the key.
func (t *Table) IsKey(i int) bool { return slices.Contains(t.Key, i) }

// Arrow returns the table's Arrow schema. Field ids count from 1: first the columns that end every table,
// so that one that is added before them leaves the ids of all others alone.
func (t *Table) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	synced := reflect.TypeFor[Synced]().NumField()
	for i, c := range t.Columns {
		id := (i+synced)%len(t.Columns) + 1
		fields[i] = arrow.Field{
			Name: c.Name, Type: c.Type.arrow(), Nullable: c.Nullable,
			Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{fmt.Sprint(id)}),
		}
	}
	return arrow.NewSchema(fields, nil)
}

func (t Type) arrow() arrow.DataType {
	return [...]arrow.DataType{
		arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32,
		arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Date32,
		arrow.FixedWidthTypes.Timestamp_ms,
	}[t]
}

// Month returns the partition of a row whose partition column says t.
func Month(t time.Time) string {
	year, month, _ := t.UTC().Date()
	if i := (year-firstYear)*12 + int(month) - 1; 0 <= i && i < len(monthNames) {
		return monthNames[i]
	}
	return t.UTC().Format("2006-01")
}

const firstYear = 1970

// monthNames are the partitions that rows lie in, as long as clocks are right.
var monthNames = func() (names [200 * 12]string) {
	for i := range names {
		names[i] = fmt.Sprintf("%04d-%02d", firstYear+i/12, i%12+1)
	}
	return names
}()

// Dated reports whether a time is one that a partition can be named by. Foreign clocks say anything.
func Dated(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && 1 <= year && year <= 9999
}

// MonthOf returns the partition in which a row belongs, which is empty for a table without months; ok
// is false where the row's time names none. The row has to be one of the table's.
func (t *Table) MonthOf(row any) (month string, ok bool) {
	if t.Partition < 0 {
		return "", true
	}
	column := &t.Columns[t.Partition]
	field := unsafe.Add(reflect.ValueOf(row).UnsafePointer(), column.Offset)
	var at time.Time
	switch column.Type {
	case Timestamp:
		at = *(*time.Time)(field)
	case DateType:
		at = (*(*Date)(field)).Time()
	}
	return Month(at), Dated(at)
}

// Lookup returns the table of that name.
func Lookup(name string) (*Table, bool) {
	for _, t := range Tables() {
		if t.Name == name {
			return t, true
		}
	}
	return nil, false
}

// table derives a Table from the struct R, and declares it: Tables lists it from then on. It runs
// when the program starts and panics on a struct that does not describe a table: a programmer's
// mistake.
//
// A column is a field with the tag `col:"name[,key][,null][,repeats][,pii][,lookup]"` and the tags doc and
// from, and, where its name does not say it, refers: see Column. For a column with null, the zero
// string and the zero time stand for null; a number or a boolean that may be null is a pointer. Keys
// sort in the order of the fields. An Account is five columns, whose names begin with the field's; as
// a key it is known by its uuid.
func table[R any](name string, version int, partition, doc string) *Table {
	t := &Table{Name: name, Version: version, Doc: doc, Partition: -1, row: reflect.TypeFor[R]()}
	for _, f := range reflect.VisibleFields(t.row) {
		tag, ok := f.Tag.Lookup("col")
		switch {
		case ok && f.Type == reflect.TypeFor[Account]():
			t.account(f, tag)
		case ok:
			t.column(f.Index, f.Type, tag, f.Tag)
		}
	}
	if partition != "" {
		t.Partition = t.Column(partition)
		if t.Partition < 0 || t.Columns[t.Partition].Nullable {
			panic(fmt.Sprintf("table %s: no column %s to partition by, or it may be null", name, partition))
		}
	}
	declared = append(declared, t)
	return t
}

// column adds the column that a field's tags describe, the tag col among them as col.
func (t *Table) column(field []int, typ reflect.Type, col string, tags reflect.StructTag) {
	name, options, _ := strings.Cut(col, ",")
	opts := strings.Split(options, ",")
	kind, pointer := columnType(typ)
	offset := uintptr(0)
	for i, of := 0, t.row; i < len(field); i++ { // no column lies behind a pointer
		offset += of.Field(field[i]).Offset
		of = of.Field(field[i]).Type
	}
	t.Columns = append(t.Columns, Column{
		Name: name, Type: kind, Doc: tags.Get("doc"), From: tags.Get("from"), Refers: tags.Get("refers"), Field: field, Offset: offset, Pointer: pointer,
		Nullable: pointer || slices.Contains(opts, "null"),
		Repeats:  slices.Contains(opts, "repeats"), Personal: slices.Contains(opts, "pii"), Lookup: slices.Contains(opts, "lookup"),
	})
	if slices.Contains(opts, "key") {
		t.Key = append(t.Key, len(t.Columns)-1)
	}
}

// account adds the columns of an account. The field's tag says what their names begin with, and with
// null that it may be nobody; that of where it comes from names the account, or says it for all.
func (t *Table) account(f reflect.StructField, tag string) {
	prefix, options, _ := strings.Cut(tag, ",")
	isKey := strings.Contains(options, "key")
	for part := range f.Type.Fields() {
		col := prefix + "_" + part.Tag.Get("col")
		switch part.Name {
		case "UUID":
			col = strings.Trim(col+","+options, ",")
			if isKey { // a deleted account can't be told from another one
				col = strings.ReplaceAll(col, ",null", "")
			}
		case "Type":
			col = strings.Trim(col+","+strings.ReplaceAll(options, "key", ""), ",")
		}
		t.column(append(slices.Clone(f.Index), part.Index...), part.Type, col, part.Tag)
		c := &t.Columns[len(t.Columns)-1]
		if part.Name == "UUID" {
			c.Refers = "members"
			if c.Doc = f.Tag.Get("doc") + "; " + c.Doc; isKey {
				c.Doc = f.Tag.Get("doc")
			}
		}
		switch from := f.Tag.Get("from"); {
		case from == "": // a test finds it
			c.From = ""
		case strings.HasPrefix(from, "("):
			c.From = from
		default:
			c.From = strings.TrimLeft(from+"."+c.From, ".")
		}
	}
}

// from says where the rows of a table come from: see Table.From.
func (t *Table) from(source string) *Table {
	t.From = source
	return t
}

func derived(t *Table) *Table {
	t.Derived = true
	return t
}

func columnType(t reflect.Type) (typ Type, pointer bool) {
	if t.Kind() == reflect.Pointer {
		typ, _ = columnType(t.Elem())
		return typ, true
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return Timestamp, false
	case reflect.TypeFor[Date]():
		return DateType, false
	}
	switch t.Kind() {
	case reflect.String:
		return String, false
	case reflect.Int64:
		return Int64, false
	case reflect.Int32:
		return Int32, false
	case reflect.Float64:
		return Double, false
	case reflect.Bool:
		return Boolean, false
	}
	panic("no column type for " + t.String())
}

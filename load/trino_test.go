package load_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
)

// What Trino's Parquet reader, which is Athena's, asks of a file that a Hive table of our types is declared over
// (io.trino.parquet and HiveType): where it does not get it, it fails, reads something else, or reads more than it would
// have to.

// trinoWriter is how parquet-mr, whose rules for statistics Trino has, takes created_by apart: where it can't, it passes
// over the statistics of texts.
var trinoWriter = regexp.MustCompile(`^(.*?)\s+version\s*(?:([^(]*?)\s*(?:\(\s*build\s*([^)]*?)\s*\))?)?$`)

var trinoName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// trinoBreaches lists what is wrong with a file, given the keys of its partitions.
func trinoBreaches(f *file.Reader, partitions []string) (list []string) {
	breach := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	meta := f.MetaData()
	if m := trinoWriter.FindStringSubmatch(meta.GetCreatedBy()); m == nil || m[2] == "" {
		breach("created by %q", meta.GetCreatedBy())
	}
	if meta.Schema.Root().RepetitionType() != parquet.Repetitions.Required {
		breach("the root is %v", meta.Schema.Root().RepetitionType())
	}
	names, ids := map[string]bool{}, map[int32]bool{}
	for i := range meta.Schema.NumColumns() {
		c := meta.Schema.Column(i)
		node, name := c.SchemaNode(), c.Name()
		switch lower := strings.ToLower(name); {
		case !trinoName.MatchString(name):
			breach("%s: the name needs quotes, or is not in lower case", name)
		case names[lower]:
			breach("%s: the name comes twice", name)
		case slices.Contains(partitions, lower):
			breach("%s: so is a partition called", name)
		}
		names[strings.ToLower(name)] = true
		if id := node.FieldID(); id <= 0 || ids[id] {
			breach("%s: the field id %d", name, id)
		}
		ids[node.FieldID()] = true
		if c.MaxRepetitionLevel() > 0 || len(c.ColumnPath()) > 1 {
			breach("%s: nested", name)
		}
		if what := trinoType(c); what != "" {
			breach("%s: %s", name, what)
		}
	}
	for g := range f.NumRowGroups() {
		list = append(list, trinoGroup(f, g)...)
	}
	return list
}

// trinoType says what is wrong with the type of a column.
func trinoType(c *schema.Column) string {
	logical := c.LogicalType()
	says := fmt.Sprintf("%v as %v", c.PhysicalType(), logical)
	switch c.PhysicalType() {
	case parquet.Types.Boolean, parquet.Types.Double:
		if logical.Equals(schema.NoLogicalType{}) {
			return ""
		}
	case parquet.Types.ByteArray: // without the annotation it is varbinary
		if logical.Equals(schema.StringLogicalType{}) && c.ConvertedType() == schema.ConvertedTypes.UTF8 {
			return ""
		}
	case parquet.Types.Int32:
		if logical.Equals(schema.DateLogicalType{}) || logical.Equals(schema.NewIntLogicalType(32, true)) {
			return ""
		}
	case parquet.Types.Int64:
		if t, ok := logical.(schema.TimestampLogicalType); ok {
			// Hive's timestamp is timestamp(3). Older readers know the converted type alone.
			if t.IsAdjustedToUTC() && t.TimeUnit() == schema.TimeUnitMillis && c.ConvertedType() == schema.ConvertedTypes.TimestampMillis {
				return ""
			}
		}
		if logical.Equals(schema.NewIntLogicalType(64, true)) {
			return ""
		}
	}
	return says
}

// trinoGroup lists what is wrong with a row group.
func trinoGroup(f *file.Reader, g int) (list []string) {
	group := f.MetaData().RowGroup(g)
	for i := range group.NumColumns() {
		name := f.MetaData().Schema.Column(i).Name()
		breach := func(format string, args ...any) {
			list = append(list, fmt.Sprintf("%s, row group %d: ", name, g)+fmt.Sprintf(format, args...))
		}
		chunk, err := group.ColumnChunk(i)
		if err != nil {
			breach("%v", err)
			continue
		}
		if c := chunk.Compression(); c != compress.Codecs.Zstd && c != compress.Codecs.Snappy {
			breach("compressed by %v", c)
		}
		for _, e := range chunk.Encodings() {
			if e != parquet.Encodings.Plain && e != parquet.Encodings.RLE && e != parquet.Encodings.RLEDict {
				breach("encoding %v", e)
			}
		}
		// A split takes the row groups that begin in it: where a chunk begins must be known.
		if chunk.HasDictionaryPage() && (chunk.DictionaryPageOffset() <= 0 || chunk.DictionaryPageOffset() >= chunk.DataPageOffset()) {
			breach("the dictionary at %d, data at %d", chunk.DictionaryPageOffset(), chunk.DataPageOffset())
		}
		if (chunk.GetColumnIndexLocation() == nil) != (chunk.GetOffsetIndexLocation() == nil) {
			breach("one page index without the other")
		}
		statistics, err := chunk.Statistics()
		switch {
		case err != nil || statistics == nil:
			breach("no statistics: %v", err)
		case !statistics.HasNullCount():
			breach("it is not said how many are null")
		case statistics.HasMinMax() && disordered(statistics):
			breach("statistics that are not in order")
		case !statistics.HasMinMax() && statistics.NullCount() < group.NumRows():
			breach("there are values, and no least one")
		}
	}
	return list
}

func disordered(s metadata.TypedStatistics) bool {
	switch s := s.(type) {
	case *metadata.Int64Statistics:
		return s.Min() > s.Max()
	case *metadata.Int32Statistics:
		return s.Min() > s.Max()
	case *metadata.Float64Statistics:
		return s.Min() > s.Max()
	case *metadata.ByteArrayStatistics:
		return bytes.Compare(s.Min(), s.Max()) > 0
	}
	return false
}

// TestTrino writes every table, with all values and with none, with both compressions, and those that have Bloom filters large
// enough for them.
func TestTrino(t *testing.T) {
	for _, table := range schemas.Tables() {
		t.Run(table.Name, func(t *testing.T) {
			for _, compression := range []load.Compression{load.ZSTD, load.Snappy} {
				root := t.TempDir()
				d, err := load.OpenDirectory(root)
				if err != nil {
					t.Fatal(err)
				}
				l := load.New(d, nil)
				l.Compression = compression
				r := schemas.Rows{Table: table}
				n := 100
				if compression == load.ZSTD && slices.ContainsFunc(table.Columns, func(c schemas.Column) bool { return c.Lookup }) {
					n = 12_000
				}
				for n := range n {
					r.Rows = append(r.Rows, fillRow(table, n, n%3 > 0))
				}
				commit(t, l, 0, r)
				files := objectsOf(t, root, table)
				for _, name := range files {
					f, err := file.OpenParquetFile(name, false)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					for _, breach := range trinoBreaches(f, []string{"workspace", "month"}) {
						t.Errorf("%s: %s", filepath.Base(filepath.Dir(name)), breach)
					}
				}
			}
		})
	}
}

func objectsOf(t *testing.T, root string, table *schemas.Table) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, table.Name), func(name string, e os.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".parquet" {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	return names
}

// TestTrinoBreaches shows that the rules see what they are about.
func TestTrinoBreaches(t *testing.T) {
	field := func(name string, typ arrow.DataType, id string) arrow.Field {
		return arrow.Field{Name: name, Type: typ, Nullable: true, Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{id})}
	}
	fields := []arrow.Field{
		field("Title", arrow.BinaryTypes.String, "1"), field("month", arrow.BinaryTypes.String, "2"), field("raw", arrow.BinaryTypes.Binary, "2"),
		field("nanos", arrow.FixedWidthTypes.Timestamp_ns, "4"), field("local", &arrow.TimestampType{Unit: arrow.Millisecond}, "5"),
		field("micros", arrow.FixedWidthTypes.Timestamp_us, "6"), field("unsigned", arrow.PrimitiveTypes.Uint32, "7"), field("short", arrow.PrimitiveTypes.Int16, "8"),
		field("clock", arrow.FixedWidthTypes.Time32ms, "9"), field("float", arrow.PrimitiveTypes.Float32, "10"), field("list", arrow.ListOf(arrow.PrimitiveTypes.Int64), "11"),
		field("fine", arrow.PrimitiveTypes.Int64, "12"),
	}
	s := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	for i := range fields {
		b.Field(i).AppendEmptyValue()
	}
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(s, &out, parquet.NewWriterProperties(parquet.WithCreatedBy("somebody"), parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithCompressionFor("Title", compress.Codecs.Gzip), parquet.WithStatsFor("month", false), parquet.WithEncodingFor("fine", parquet.Encodings.DeltaBinaryPacked), parquet.WithDictionaryDefault(false)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	got := trinoBreaches(f, []string{"workspace", "month"})
	slices.Sort(got)
	want := []string{
		"Title, row group 0: compressed by GZIP",
		"Title: the name needs quotes, or is not in lower case",
		"clock: INT32 as Time(isAdjustedToUTC=false, timeUnit=milliseconds)",
		`created by "somebody"`,
		"element, row group 0: statistics that are not in order", // of no value
		"element: nested",
		"element: the field id -1",
		"fine, row group 0: encoding DELTA_BINARY_PACKED",
		"float: FLOAT as None",
		"local: INT64 as Timestamp(isAdjustedToUTC=false, timeUnit=milliseconds, is_from_converted_type=false, force_set_converted_type=false)",
		"micros: INT64 as Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false)",
		"month, row group 0: no statistics: <nil>",
		"month: so is a partition called",
		"nanos: INT64 as Timestamp(isAdjustedToUTC=true, timeUnit=nanoseconds, is_from_converted_type=false, force_set_converted_type=false)",
		"raw: BYTE_ARRAY as None",
		"raw: the field id 2",
		"short: INT32 as Int(bitWidth=16, isSigned=true)",
		"unsigned: INT32 as Int(bitWidth=32, isSigned=false)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

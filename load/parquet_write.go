package load

import (
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

const (
	groupRows  = 100_000  // rows of a row group
	groupBytes = 64 << 20 // a row group ends before that, where its strings reach this size
	stepRows   = 1_000    // how often the size is looked at
)

// A writer writes one Parquet file. The same rows make the same bytes, in whatever portions they
// come: where a row group ends depends on the rows alone.
type writer struct {
	layout   *layout
	out      *pqarrow.FileWriter
	builders []array.Builder
	strings  []*array.StringBuilder
	pending  int // rows in the builders

	rows    int64 // and of those that have left the builders:
	deleted int64
	latest  time.Time // the greatest synced_at
	names   names     // forms of names
}

func newWriter(l *layout, w io.Writer, c Compression) (*writer, error) {
	options := []parquet.WriterProperty{
		parquet.WithVersion(parquet.V2_LATEST), // of the types; it is the pages whose version 2 few engines read
		parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithRootRepetition(parquet.Repetitions.Required), // Snowflake refuses a repeated root, the default
		parquet.WithCompression(c.codec()),
		parquet.WithDictionaryDefault(false),
		parquet.WithEncoding(parquet.Encodings.Plain),
		parquet.WithStats(true),
		parquet.WithPageIndexEnabled(true),
		parquet.WithMaxRowGroupLength(groupRows),
	}
	for _, c := range l.table.Columns {
		if c.Repeats {
			options = append(options, parquet.WithDictionaryFor(c.Name, true))
		}
	}
	var sorting []parquet.SortingColumn
	for _, c := range l.table.Key {
		sorting = append(sorting, parquet.SortingColumn{ColumnIdx: int32(c), NullsFirst: true})
	}
	options = append(options, parquet.WithSortingColumns(sorting))
	// The schema is not stored a second time as Arrow's: columns are few and plain.
	out, err := pqarrow.NewFileWriter(l.schema, w, parquet.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, err
	}
	wr := &writer{layout: l, out: out, names: names{}}
	for _, f := range l.schema.Fields() {
		b := array.NewBuilder(memory.DefaultAllocator, f.Type)
		wr.builders = append(wr.builders, b)
		if s, ok := b.(*array.StringBuilder); ok {
			wr.strings = append(wr.strings, s)
		}
	}
	return wr, nil
}

// copy appends the rows [from, to) of a block as they are.
func (w *writer) copy(b block, from, to int) error {
	for from < to {
		end := min(to, from+stepRows-w.pending%stepRows)
		for c, k := range w.layout.kinds {
			k.copy(w.builders[c], b.columns[c], from, end)
		}
		if err := w.added(end - from); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// stamp appends row i of a block with other times. The zero time is none.
func (w *writer) stamp(b block, i int, synced, deleted time.Time) error {
	for c, k := range w.layout.kinds {
		switch {
		case c == w.layout.synced:
			w.builders[c].(*array.TimestampBuilder).Append(stamp(synced))
		case c != w.layout.deleted:
			k.copy(w.builders[c], b.columns[c], i, i+1)
		case deleted.IsZero():
			w.builders[c].AppendNull()
		default:
			w.builders[c].(*array.TimestampBuilder).Append(stamp(deleted))
		}
	}
	return w.added(1)
}

func (w *writer) added(n int) error {
	w.pending += n
	if w.pending%stepRows != 0 {
		return nil
	}
	size := 0
	for _, s := range w.strings {
		size += s.DataLen()
	}
	if w.pending < groupRows && size < groupBytes {
		return nil
	}
	return w.flush()
}

// flush writes the pending rows as one row group.
func (w *writer) flush() error {
	if w.pending == 0 {
		return nil
	}
	columns := make([]arrow.Array, len(w.builders))
	for c, b := range w.builders {
		columns[c] = b.NewArray()
		defer columns[c].Release()
	}
	w.rows += int64(w.pending)
	w.names.see(w.layout, block{columns, w.pending})
	deleted, latest := w.layout.survey(block{columns, w.pending})
	w.deleted += deleted
	if latest.After(w.latest) {
		w.latest = latest
	}
	record := array.NewRecordBatch(w.layout.schema, columns, int64(w.pending))
	defer record.Release()
	w.pending = 0
	return w.out.Write(record)
}

// close writes what is left, and the footer.
func (w *writer) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	for _, kv := range [][2]string{
		{"bucketlake.table", w.layout.table.Name},
		{"bucketlake.schema_version", strconv.Itoa(w.layout.table.Version)},
	} {
		if err := w.out.AppendKeyValueMetadata(kv[0], kv[1]); err != nil {
			return err
		}
	}
	return w.out.Close()
}

package load

import (
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"bucketlake/schemas"
)

const (
	groupRows  = 100_000  // rows of a row group: deploy/adr/0008-row-groups.md
	groupBytes = 64 << 20 // a row group ends before that, where its strings reach this size
	stepRows   = 1_000    // how often the size is looked at

	// A Bloom filter takes 10 to 20 bits for each value. Where there are few rows, reading them all takes no longer.
	bloomRows     = 10_000
	bloomMistakes = 0.01
)

// writerVersion changes with the bytes that the same rows make. It is in every file, beside the version of the schema.
const writerVersion = 2

// Where a file says of which table it is, and of which version of it.
const (
	tableKey         = "bucketlake.table"
	schemaVersionKey = "bucketlake.schema_version"
)

// newVectors returns the memory of a writer, which another one may have after it. Texts that repeat are put together here, in a map that
// costs a third of what the library's does; not those of the key, for which it cuts pages, so that they can be passed over.
func newVectors(l *layout) []*vector {
	vectors := make([]*vector, len(l.kinds))
	for c, column := range l.table.Columns {
		if column.Repeats && column.Type == schemas.String && !l.table.IsKey(c) {
			vectors[c] = newDictionary(l, c)
			continue
		}
		vectors[c] = newVector(l, c)
	}
	return vectors
}

// A writer writes one Parquet file. The same rows make the same bytes, in whatever portions they
// come: where a row group ends depends on the rows alone.
type writer struct {
	layout          *layout
	to              io.Writer
	size            int64 // bytes written
	groupRows, step int   // rows of a row group, and after how many the size is looked at
	compression     Compression
	schema          *arrow.Schema // of what is written: texts that repeat are dictionaries
	out             *pqarrow.FileWriter
	vectors         []*vector
	pending         int // rows in the vectors

	waiting block     // of it, rows to be written next,
	places  []int32   // which are these,
	synced  time.Time // with this time
	rows    int64     // and of those that have left the vectors:
	deleted int64
	latest  time.Time // the greatest synced_at
	names   names     // forms of names
}

func newWriter(l *layout, vectors []*vector, w io.Writer, c Compression, groupRows int) *writer {
	return &writer{layout: l, to: w, compression: c, vectors: vectors, groupRows: groupRows, step: min(stepRows, groupRows), names: names{}}
}

// open begins the file. The rows of the first row group say what pays.
func (w *writer) open() (err error) {
	options := []parquet.WriterProperty{
		parquet.WithVersion(parquet.V2_LATEST), // of the types; it is the pages whose version 2 few engines read
		parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithRootRepetition(parquet.Repetitions.Required), // Snowflake refuses a repeated root, the default
		parquet.WithCreatedBy("bucketlake version " + strconv.Itoa(writerVersion) + " (build arrow-go)"),
		parquet.WithCompression(w.compression.codec()),
		parquet.WithCompressionLevel(1),
		parquet.WithDictionaryDefault(false),
		parquet.WithEncoding(parquet.Encodings.Plain),
		parquet.WithStats(true),
		parquet.WithPageIndexEnabled(true),
		parquet.WithMaxRowGroupLength(int64(w.groupRows)),
	}
	fields := w.layout.schema.Fields()
	for c, column := range w.layout.table.Columns {
		if column.Repeats {
			options = append(options, parquet.WithDictionaryFor(column.Name, true))
		}
		if w.vectors[c].codes != nil {
			fields[c].Type = dictionaryType
		}
		if column.Lookup && w.pending >= bloomRows {
			options = append(options, parquet.WithBloomFilterEnabledFor(column.Name, true),
				parquet.WithBloomFilterNDVFor(column.Name, int64(w.vectors[c].distinct())), parquet.WithBloomFilterFPPFor(column.Name, bloomMistakes))
		}
	}
	w.schema = arrow.NewSchema(fields, nil)
	var sorting []parquet.SortingColumn
	for _, c := range w.layout.table.Key {
		sorting = append(sorting, parquet.SortingColumn{ColumnIdx: int32(c), NullsFirst: true})
	}
	options = append(options, parquet.WithSortingColumns(sorting))
	// The schema is not stored a second time as Arrow's: columns are few and plain.
	w.out, err = pqarrow.NewFileWriter(w.schema, w, parquet.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	return err
}

// copy appends the rows [from, to) of a block as they are.
func (w *writer) copy(b block, from, to int) error {
	if err := w.settle(); err != nil {
		return err
	}
	for from < to {
		end := min(to, from+w.room())
		for c, v := range w.vectors {
			v.appendRange(b.columns[c], from, end)
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
	if err := w.settle(); err != nil {
		return err
	}
	w.gather(b, []int32{int32(i)}, synced, deleted)
	return w.added(1)
}

// take is stamp for a row that is not deleted and whose block stays as it is: it may wait for those that follow.
func (w *writer) take(b block, i int, synced time.Time) error {
	if len(w.places) > 0 && (&w.waiting.columns[0] != &b.columns[0] || !w.synced.Equal(synced)) {
		if err := w.settle(); err != nil {
			return err
		}
	}
	w.waiting, w.synced = b, synced
	if w.places = append(w.places, int32(i)); len(w.places) < w.room() {
		return nil
	}
	return w.settle()
}

// settle appends the rows that wait.
func (w *writer) settle() error {
	n := len(w.places)
	if n == 0 {
		return nil
	}
	w.gather(w.waiting, w.places, w.synced, time.Time{})
	w.places = w.places[:0]
	return w.added(n)
}

func (w *writer) gather(b block, places []int32, synced, deleted time.Time) {
	for c, v := range w.vectors {
		switch c {
		case w.layout.synced, w.layout.deleted:
			at := synced
			if c == w.layout.deleted {
				at = deleted
			}
			for range places {
				v.appendTime(at)
			}
		default:
			v.gather(b.columns[c], places)
		}
	}
}

// room is how many rows fit before the size is looked at.
func (w *writer) room() int { return w.step - w.pending%w.step }

func (w *writer) added(n int) error {
	w.pending += n
	if w.pending%w.step != 0 {
		return nil
	}
	size := 0
	for _, v := range w.vectors {
		size += len(v.text)
	}
	if w.pending < w.groupRows && size < groupBytes {
		return nil
	}
	return w.flush()
}

// Write counts what is written.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.size += int64(n)
	return n, err
}

// flush writes the pending rows as one row group.
func (w *writer) flush() error {
	if w.pending == 0 {
		return nil
	}
	columns := make([]arrow.Array, len(w.vectors))
	for c, v := range w.vectors {
		columns[c] = v.array()
		defer v.reset()
	}
	if w.out == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	w.rows += int64(w.pending)
	w.names.see(w.layout, block{columns, w.pending})
	deleted, latest := w.layout.survey(block{columns, w.pending})
	w.deleted += deleted
	if latest.After(w.latest) {
		w.latest = latest
	}
	record := array.NewRecordBatch(w.schema, columns, int64(w.pending))
	defer record.Release()
	w.pending = 0
	return w.out.Write(record)
}

// close writes what is left, and the footer.
func (w *writer) close() error {
	if err := w.settle(); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.out == nil { // there is no row
		if err := w.open(); err != nil {
			return err
		}
	}
	for _, kv := range [][2]string{
		{tableKey, w.layout.table.Name},
		{"bucketlake.writer_version", strconv.Itoa(writerVersion)},
		{schemaVersionKey, strconv.Itoa(w.layout.table.Version)},
	} {
		if err := w.out.AppendKeyValueMetadata(kv[0], kv[1]); err != nil {
			return err
		}
	}
	return w.out.Close()
}

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

const blockRows = 4_096 // rows that are read at a time

// A reader reads one Parquet file.
type reader struct {
	layout *layout
	file   *pqarrow.FileReader
	leaf   []int // the file's column for each of the table's, or -1
}

// newReader reads the footer and makes sure that the file holds rows of the table, and that merging
// it into a new one would lose nothing.
func newReader(l *layout, o Object) (r *reader, err error) {
	return openReader(l, o, inBlocks)
}

// properties say how a file is read.
type properties func(*metadata.FileMetaData) pqarrow.ArrowReadProperties

func inBlocks(m *metadata.FileMetaData) pqarrow.ArrowReadProperties {
	return pqarrow.ArrowReadProperties{BatchSize: min(blockRows, max(m.GetNumRows(), 1))} // so many are made room for
}

// openReader is newReader that reads as the properties say. Texts may come as dictionaries.
func openReader(l *layout, o Object, how properties) (r *reader, err error) {
	defer catch(&err)
	pq, err := file.NewParquetReader(io.NewSectionReader(o, 0, o.Size()))
	if err != nil {
		return nil, fmt.Errorf("it is damaged, or no Parquet file: %w", err)
	}
	says := pq.MetaData().KeyValueMetadata()
	if of := says.FindValue(tableKey); of != nil && *of != l.table.Name {
		return nil, fmt.Errorf("it is one of the table %s", *of)
	}
	// Columns may be what they were, and mean something else.
	if said := says.FindValue(schemaVersionKey); said != nil {
		if version, err := strconv.Atoi(*said); err != nil || version != l.table.Version {
			return nil, otherVersion(l.table, version)
		}
	}
	// One goroutine for all columns: a panic over damaged bytes then comes out here.
	f, err := pqarrow.NewFileReader(pq, how(pq.MetaData()), memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	schema, err := f.Schema()
	if err != nil {
		return nil, err
	}
	r = &reader{layout: l, file: f, leaf: make([]int, len(l.kinds))}
	for c := range r.leaf {
		r.leaf[c] = -1
	}
	for i, field := range schema.Fields() {
		c := l.table.Column(field.Name)
		switch {
		case c < 0:
			return nil, fmt.Errorf("%w: it has a column %s that this one does not know: run that one, or a newer one", errNewer, field.Name)
		case !arrow.TypeEqual(valueType(field.Type), l.schema.Field(c).Type):
			return nil, fmt.Errorf("its column %s is of type %s instead of %s", field.Name, field.Type, l.schema.Field(c).Type)
		}
		r.leaf[c] = i
	}
	for c, leaf := range r.leaf {
		if column := l.table.Columns[c]; leaf < 0 && !column.Nullable {
			return nil, fmt.Errorf("it has no column %s", column.Name)
		}
	}
	return r, nil
}

// valueType is the type of what a column holds, be it as a dictionary.
func valueType(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

func (r *reader) rows() int64 { return r.file.ParquetReader().NumRows() }

// latest returns the greatest synced_at of row group g, where the file's statistics say it.
func (r *reader) latest(g int) (latest time.Time, ok bool, err error) {
	defer catch(&err)
	chunk, err := r.file.ParquetReader().MetaData().RowGroup(g).ColumnChunk(r.leaf[r.layout.synced])
	if err != nil {
		return time.Time{}, false, err
	}
	statistics, err := chunk.Statistics()
	if err != nil {
		return time.Time{}, false, err
	}
	s, ok := statistics.(*metadata.Int64Statistics)
	if !ok || !s.HasMinMax() {
		return time.Time{}, false, nil
	}
	return moment(arrow.Timestamp(s.Max())), true, nil
}

// latestOf returns the greatest synced_at of the file; the zero time where it has no rows.
func (r *reader) latestOf(ctx context.Context) (time.Time, error) {
	var greatest time.Time
	see := func(t time.Time) {
		if t.After(greatest) {
			greatest = t
		}
	}
	for _, g := range r.groups() {
		latest, ok, err := r.latest(g)
		if err != nil {
			return time.Time{}, err
		}
		see(latest)
		if ok {
			continue
		}
		for b, err := range r.blocks(ctx, []int{g}, []int{r.layout.synced, r.layout.deleted}) {
			if err != nil {
				return time.Time{}, err
			}
			_, latest := r.layout.survey(b)
			see(latest)
		}
	}
	return greatest, nil
}

// blocks returns the rows of some row groups in portions; of no columns but the given ones. A block
// is valid until the next one.
func (r *reader) blocks(ctx context.Context, groups, columns []int) iter.Seq2[block, error] {
	return func(yield func(block, error) bool) {
		if len(groups) == 0 {
			return
		}
		records, err := r.open(ctx, groups, columns)
		if err != nil {
			yield(block{}, err)
			return
		}
		defer records.Release()
		for {
			if err := ctx.Err(); err != nil {
				yield(block{}, err)
				return
			}
			b, err := r.next(records, columns)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func (r *reader) open(ctx context.Context, groups, columns []int) (records pqarrow.RecordReader, err error) {
	defer catch(&err)
	var leaves []int
	for _, c := range columns {
		if r.leaf[c] >= 0 {
			leaves = append(leaves, r.leaf[c])
		}
	}
	return r.file.GetRecordReader(ctx, leaves, groups)
}

func (r *reader) next(records pqarrow.RecordReader, columns []int) (b block, err error) {
	defer catch(&err)
	record, err := records.Read()
	if err != nil {
		return block{}, err
	}
	b = block{columns: make([]arrow.Array, len(r.leaf)), n: int(record.NumRows())}
	for i, field := range record.Schema().Fields() {
		c := r.layout.table.Column(field.Name)
		b.columns[c] = record.Column(i)
		if !r.layout.table.Columns[c].Nullable && record.Column(i).NullN() > 0 {
			return block{}, fmt.Errorf("its column %s has nulls", field.Name)
		}
	}
	for _, c := range columns {
		if b.columns[c] == nil { // the file is older than the column
			b.columns[c] = array.MakeArrayOfNull(memory.DefaultAllocator, r.layout.schema.Field(c).Type, b.n)
		}
	}
	return b, nil
}

// groups lists the row groups of the file.
func (r *reader) groups() []int {
	groups := make([]int, r.file.ParquetReader().NumRowGroups())
	for i := range groups {
		groups[i] = i
	}
	return groups
}

// catch turns a panic of the Parquet library, which is how it reports some damages, into an error.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it is damaged: %v", p)
	}
}

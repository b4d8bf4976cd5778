package load

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"bucketlake/schemas"
)

// A Portion is some rows of one object as columns: for those who read many rows and few columns, and
// need no struct of each. What its methods return is valid until the next portion; texts, too: they
// have to be cloned to be kept.
type Portion struct {
	Month string // the partition; "" where the table has none
	Rows  int

	layout *layout
	block  block
}

// Portions yields the committed rows of a table of a workspace, as Scan does, a row group
// at a time. Nil months are all. The same Portion is yielded each time.
func (l *Lake) Portions(ctx context.Context, t *schemas.Table, workspace string, months, columns []string) iter.Seq2[*Portion, error] {
	return func(yield func(*Portion, error) bool) {
		fail := func(err error) {
			yield(nil, fmt.Errorf("reading %s of workspace %s: %w", t.Name, workspace, err))
		}
		s, err := newScan(t, ScanOptions{Columns: columns})
		if err != nil {
			fail(err)
			return
		}
		m, err := l.Manifest(ctx, t, workspace)
		if err != nil {
			fail(err)
			return
		}
		p := &Portion{layout: s.layout}
		for _, key := range m.inOrder() {
			p.Month, _, _ = cutPart(key)
			if months != nil && !slices.Contains(months, p.Month) {
				continue
			}
			object := m.Objects[key]
			for b, err := range l.blocks(ctx, s, object, asDictionaries) {
				if err != nil {
					fail(fmt.Errorf("%s: %w", object.Name, err))
					return
				}
				p.Rows, p.block = b.n, b
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// asDictionaries has a row group read as one block, with texts as dictionaries: most texts come again and again, and whoever
// counts them need not look at each.
func asDictionaries(m *metadata.FileMetaData) pqarrow.ArrowReadProperties {
	how := pqarrow.ArrowReadProperties{BatchSize: blockRows}
	for g := range m.NumRowGroups() {
		how.BatchSize = max(how.BatchSize, m.RowGroup(g).NumRows())
	}
	for c := range m.Schema.NumColumns() {
		how.SetReadDict(c, m.Schema.Column(c).PhysicalType() == parquet.Types.ByteArray)
	}
	return how
}

// Texts returns a column of texts as numbers into a list: that of row i is list[rows[i]]. Null is the empty one.
func (p *Portion) Texts(column string) (rows []int32, list []string) {
	from, ok := p.block.columns[p.layout.table.Column(column)].(*array.Dictionary)
	if !ok { // the file is older than the column
		return make([]int32, p.Rows), []string{""}
	}
	texts := from.Dictionary().(*array.String)
	for i := range texts.Len() {
		list = append(list, texts.Value(i))
	}
	rows = from.Indices().(*array.Int32).Int32Values()
	if from.NullN() == 0 {
		return rows, list
	}
	rows = slices.Clone(rows)
	for i := range rows {
		if from.IsNull(i) {
			rows[i] = int32(len(list))
		}
	}
	return rows, append(list, "")
}

// Numbers returns a column of whole numbers that can't be null.
func (p *Portion) Numbers(column string) []int64 {
	return p.block.columns[p.layout.table.Column(column)].(*array.Int64).Int64Values()
}

// Days returns a column of days that can't be null.
func (p *Portion) Days(column string) []schemas.Date {
	from := p.block.columns[p.layout.table.Column(column)].(*array.Date32).Date32Values()
	days := make([]schemas.Date, len(from))
	for i, d := range from {
		days[i] = schemas.Date(d)
	}
	return days
}

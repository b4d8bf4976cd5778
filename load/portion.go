package load

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

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
	texts  map[int][]string // by column; used again
}

// Portions yields the committed rows of a table of a workspace, as Scan does, in portions of a few
// thousand. Nil months are all. The same Portion is yielded each time.
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
		p := &Portion{layout: s.layout, texts: map[int][]string{}}
		for _, key := range m.inOrder() {
			p.Month, _, _ = cutPart(key)
			if months != nil && !slices.Contains(months, p.Month) {
				continue
			}
			object := m.Objects[key]
			for b, err := range l.blocks(ctx, s, object) {
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

// blocks yields the blocks of one object.
func (l *Lake) blocks(ctx context.Context, s *scan, object ObjectInfo) iter.Seq2[block, error] {
	return func(yield func(block, error) bool) {
		o, err := l.open(ctx, object.Name, object.ETag)
		if err != nil {
			yield(block{}, err)
			return
		}
		defer o.Close()
		r, err := newReader(s.layout, o)
		if err != nil {
			yield(block{}, err)
			return
		}
		groups, err := s.groups(r)
		if err != nil {
			yield(block{}, err)
			return
		}
		for b, err := range r.blocks(ctx, groups, s.read) {
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// Texts returns a column of texts. Null is the empty one.
func (p *Portion) Texts(column string) []string {
	c := p.layout.table.Column(column)
	from := p.block.columns[c].(*array.String)
	texts := p.texts[c][:0]
	for i := range from.Len() {
		if from.IsNull(i) {
			texts = append(texts, "")
		} else {
			texts = append(texts, from.Value(i))
		}
	}
	p.texts[c] = texts
	return texts
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

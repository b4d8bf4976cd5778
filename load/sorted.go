package load

import (
	"fmt"
	"iter"
	"reflect"

	"bucketlake/schemas"
)

// A Sorted puts rows of any number in an order: what does not fit in memory waits on disk, as that of a Stage does. R is the
// struct of a table. It belongs to one goroutine. What the landing fills in, synced_at and deleted_at, is not kept.
type Sorted[R any] struct {
	rows *sorter
}

// NewSorted returns one that sorts by some columns of a table. Of several rows that are equal in them, the last one counts. Close
// it in the end.
func NewSorted[R any](t *schemas.Table, by ...string) (*Sorted[R], error) {
	if !t.Holds(new(R)) {
		return nil, fmt.Errorf("sorting rows of %s: they are no %s", t.Name, reflect.TypeFor[R]())
	}
	own := *t
	own.Key = nil
	for _, name := range by {
		c := t.Column(name)
		if c < 0 {
			return nil, fmt.Errorf("sorting rows of %s: there is no column %s", t.Name, name)
		}
		own.Key = append(own.Key, c)
	}
	columns, err := newLayout(&own)
	if err != nil {
		return nil, err
	}
	return &Sorted[R]{newRows(columns)}, nil
}

// Add adds rows, and keeps none of them.
func (s *Sorted[R]) Add(rows []any) error {
	return s.rows.add(pointers(rows), make([]string, len(rows)))
}

// Rows yields the rows in order; each is the caller's to keep. Nothing may be added meanwhile.
func (s *Sorted[R]) Rows() iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		table, kinds := s.rows.layout.table, s.rows.layout.kinds
		in := s.rows.stream("")
		for ; !in.done(); in.next() {
			b, i := in.row()
			row := new(R)
			fields := reflect.ValueOf(row).Elem()
			for _, c := range s.rows.columns {
				kinds[c].fill(fields.FieldByIndex(table.Columns[c].Field), b.columns[c], i)
			}
			if !yield(row, nil) {
				return
			}
		}
		if in.err != nil {
			yield(nil, in.err)
		}
	}
}

// Close gives back what it holds.
func (s *Sorted[R]) Close() error { return s.rows.close() }

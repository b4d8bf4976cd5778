package load

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"bucketlake/schemas"
)

// ScanOptions narrow a scan. The zero value reads everything.
type ScanOptions struct {
	Months  []string  // only these partitions; nil: all. A partition that does not exist has no rows
	Columns []string  // only these columns, the fields of the others stay zero; nil: all
	Since   time.Time // only rows whose synced_at is later
}

// Scan yields the committed rows of a table of a workspace, deleted ones included, partition by partition, and object by object
// in the order of their keys. R is the table's struct. Each row is the caller's to keep.
//
// After an error, which comes with a nil row, there is nothing more. Where a commit replaces objects
// meanwhile, the rows of each partition are those from before it or those from after it.
func Scan[R any](ctx context.Context, l *Lake, t *schemas.Table, workspace string, o ScanOptions) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if !t.Holds(new(R)) {
			yield(nil, fmt.Errorf("scanning %s: its rows are no %s", t.Name, reflect.TypeFor[R]()))
			return
		}
		for row, err := range l.scan(ctx, t, workspace, o) {
			if err != nil {
				yield(nil, fmt.Errorf("scanning %s of workspace %s: %w", t.Name, workspace, err))
				return
			}
			if !yield(row.Addr().Interface().(*R), nil) {
				return
			}
		}
	}
}

// ScanAny is Scan where the table is known only when the program runs: the rows are pointers to its
// struct.
func ScanAny(ctx context.Context, l *Lake, t *schemas.Table, workspace string, o ScanOptions) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for row, err := range l.scan(ctx, t, workspace, o) {
			if err != nil {
				yield(nil, fmt.Errorf("scanning %s of workspace %s: %w", t.Name, workspace, err))
				return
			}
			if !yield(row.Addr().Interface(), nil) {
				return
			}
		}
	}
}

// scan yields rows as values of the table's struct.
func (l *Lake) scan(ctx context.Context, t *schemas.Table, workspace string, o ScanOptions) iter.Seq2[reflect.Value, error] {
	return func(yield func(reflect.Value, error) bool) {
		fail := func(err error) { yield(reflect.Value{}, err) }
		s, err := newScan(t, o)
		if err != nil {
			fail(err)
			return
		}
		m, err := l.Manifest(ctx, t, workspace)
		if err != nil {
			fail(err)
			return
		}
		for _, key := range m.inOrder() {
			object := m.Objects[key]
			month, _, _ := cutPart(key)
			if o.Months != nil && !slices.Contains(o.Months, month) || !o.Since.IsZero() && !object.SyncedAt.After(o.Since) {
				continue
			}
			for row, err := range l.scanObject(ctx, s, object) {
				if err != nil {
					fail(fmt.Errorf("reading %s: %w", object.Name, err))
					return
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// A scan is what is read of each object.
type scan struct {
	layout *layout
	row    reflect.Type
	read   []int // columns to read
	fill   []int // those of them to fill in
	since  time.Time
}

func newScan(t *schemas.Table, o ScanOptions) (*scan, error) {
	columns, err := newLayout(t)
	if err != nil {
		return nil, err
	}
	s := &scan{layout: columns, row: reflect.TypeOf(t.New()).Elem(), since: o.Since}
	for _, name := range o.Columns {
		c := t.Column(name)
		if c < 0 {
			return nil, fmt.Errorf("there is no column %s", name)
		}
		s.fill = append(s.fill, c)
	}
	if o.Columns == nil {
		for c := range t.Columns {
			s.fill = append(s.fill, c)
		}
	}
	// Always read: it says which rows are late enough, and is in every file, so that rows are counted.
	s.read = append(slices.Clone(s.fill), columns.synced)
	slices.Sort(s.read)
	s.read = slices.Compact(s.read)
	return s, nil
}

// blocks yields the blocks of one object that the scan wants, read in one of two ways.
func (l *Lake) blocks(ctx context.Context, s *scan, object ObjectInfo, how properties) iter.Seq2[block, error] {
	return func(yield func(block, error) bool) {
		o, err := l.open(ctx, object.Name, object.ETag)
		if err != nil {
			yield(block{}, err)
			return
		}
		defer o.Close()
		r, err := openReader(s.layout, o, how)
		if err != nil {
			yield(block{}, err)
			return
		}
		groups, err := s.groups(r)
		if err != nil {
			yield(block{}, err)
			return
		}
		for _, g := range groups { // a dictionary holds for one of them
			for b, err := range r.blocks(ctx, []int{g}, s.read) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

func (l *Lake) scanObject(ctx context.Context, s *scan, object ObjectInfo) iter.Seq2[reflect.Value, error] {
	return func(yield func(reflect.Value, error) bool) {
		for b, err := range l.blocks(ctx, s, object, inBlocks) {
			if err != nil {
				yield(reflect.Value{}, err)
				return
			}
			rows := s.decode(b)
			for i := range rows.Len() {
				if !yield(rows.Index(i), nil) {
					return
				}
			}
		}
	}
}

// groups lists the row groups that may have rows to yield.
func (s *scan) groups(r *reader) ([]int, error) {
	if s.since.IsZero() {
		return r.groups(), nil
	}
	groups := []int{}
	for _, g := range r.groups() {
		latest, ok, err := r.latest(g)
		if err != nil {
			return nil, err
		}
		if !ok || latest.After(s.since) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// decode returns the rows of a block that are late enough, as a slice of the table's struct.
func (s *scan) decode(b block) reflect.Value {
	synced := b.columns[s.layout.synced].(*array.Timestamp)
	var wanted []int
	for i := range b.n {
		if s.since.IsZero() || moment(synced.Value(i)).After(s.since) {
			wanted = append(wanted, i)
		}
	}
	rows := reflect.MakeSlice(reflect.SliceOf(s.row), len(wanted), len(wanted))
	for _, c := range s.fill {
		path, kind, column := s.layout.table.Columns[c].Field, s.layout.kinds[c], b.columns[c]
		for k, i := range wanted {
			kind.fill(rows.Index(k).FieldByIndex(path), column, i)
		}
	}
	return rows
}

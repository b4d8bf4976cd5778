package load

import (
	"fmt"
	"reflect"
	"slices"

	"bucketlake/schemas"
)

// A batch is what a commit brings for one partition: rows in the order of their keys, each key once.
type batch struct {
	block
	order  []int // indexes of the block's rows by key
	scopes scopes
	rename func(string) string // see Commit.Rename
}

// batches sorts the rows of a commit into partitions. A scope without a month concerns every
// partition there is, of which known lists those that the lake has.
func (l *layout) batches(rows schemas.Rows, known []string) (map[string]*batch, error) {
	parts := map[string][]any{}
	for i, r := range rows.Rows {
		month, err := l.month(r)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		parts[month] = append(parts[month], r)
	}
	if _, err := l.newScopes(rows.Complete); err != nil { // a wrong one is wrong in an empty lake too
		return nil, err
	}
	complete := map[string][]schemas.Scope{}
	for _, s := range rows.Complete {
		switch {
		case s.Month == "" && l.table.Partition < 0: // also where an interrupted first commit left the object unknown
			complete[""] = append(complete[""], s)
		case s.Month == "":
			for _, month := range known {
				complete[month] = append(complete[month], s)
			}
		case l.table.Partition < 0 || !validMonth(s.Month):
			return nil, fmt.Errorf("a scope names the partition %q", s.Month)
		default:
			complete[s.Month] = append(complete[s.Month], s)
		}
	}
	out := make(map[string]*batch, len(parts)+len(complete))
	for month, r := range parts {
		out[month] = l.newBatch(r)
	}
	for month, list := range complete {
		if out[month] == nil {
			out[month] = l.newBatch(nil)
		}
		scopes, err := l.newScopes(list)
		if err != nil {
			return nil, err
		}
		out[month].scopes = scopes
	}
	return out, nil
}

// month returns the partition of a row.
func (l *layout) month(row any) (string, error) {
	if !l.table.Holds(row) || reflect.ValueOf(row).IsNil() {
		return "", fmt.Errorf("a %T is no row of this table", row)
	}
	month, ok := l.table.MonthOf(row)
	if !ok {
		column := l.table.Columns[l.table.Partition]
		return "", fmt.Errorf("its %s, which says in what month it belongs, is %v", column.Name, reflect.ValueOf(row).Elem().FieldByIndex(column.Field))
	}
	return month, nil
}

// newBatch encodes rows and puts them in order. Of two rows with one key, the later one counts.
func (l *layout) newBatch(rows []any) *batch {
	b := &batch{block: l.encode(rows, slices.Concat(l.table.Key, l.content)), order: make([]int, len(rows))}
	for i := range b.order {
		b.order[i] = i
	}
	compare := func(i, j int) int { return l.compareKeys(b.block, i, b.block, j, len(l.table.Key)) }
	slices.SortStableFunc(b.order, compare)
	last := 0
	for i := range b.order {
		if i+1 < len(b.order) && compare(b.order[i], b.order[i+1]) == 0 {
			continue
		}
		b.order[last] = b.order[i]
		last++
	}
	b.order = b.order[:last]
	return b
}

// scopes is the part of a partition that a batch holds completely: ranges of keys, in order, none of
// which touches another.
type scopes struct {
	block
	lengths []int // how many of the key's columns scope i names
	order   []int
}

func (l *layout) newScopes(list []schemas.Scope) (scopes, error) {
	rows := make([]any, len(list))
	s := scopes{lengths: make([]int, len(list)), order: make([]int, len(list))}
	for i, scope := range list {
		if len(scope.Key) > len(l.table.Key) {
			return s, fmt.Errorf("the scope %v has more values than the key has columns", scope.Key)
		}
		rows[i] = l.table.New()
		for k, value := range scope.Key {
			column := l.table.Columns[l.table.Key[k]]
			if err := assign(reflect.ValueOf(rows[i]).Elem().FieldByIndex(column.Field), value); err != nil {
				return s, fmt.Errorf("the scope %v: column %s: %w", scope.Key, column.Name, err)
			}
		}
		s.lengths[i], s.order[i] = len(scope.Key), i
	}
	s.block = l.encode(rows, l.table.Key)
	shared := func(i, j int) int {
		return l.compareKeys(s.block, i, s.block, j, min(s.lengths[i], s.lengths[j]))
	}
	// A wider scope sorts directly before those that lie in it, which say nothing more.
	slices.SortFunc(s.order, func(i, j int) int {
		if order := shared(i, j); order != 0 {
			return order
		}
		return s.lengths[i] - s.lengths[j]
	})
	s.order = slices.CompactFunc(s.order, func(i, j int) bool { return shared(i, j) == 0 })
	return s, nil
}

// assign sets a key's field to a scope's value; nil, like the empty value, is null in a column that
// may be null.
func assign(field reflect.Value, value any) error {
	v := reflect.ValueOf(value)
	switch {
	case value == nil:
	case field.Kind() == reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		return assign(field.Elem(), value)
	case v.Type() == field.Type(), v.Kind() == reflect.String && field.Kind() == reflect.String, v.CanInt() && field.CanInt():
		field.Set(v.Convert(field.Type()))
	default:
		return fmt.Errorf("a %T where the column holds a %s", value, field.Type())
	}
	return nil
}

// A sweep finds, for rows in the order of their keys, whether a scope holds them.
type sweep struct {
	layout *layout
	scopes scopes
	next   int // position in order of the first scope that is not wholly before the last row asked for
}

func (s *sweep) holds(b block, i int) bool {
	for ; s.next < len(s.scopes.order); s.next++ {
		at := s.scopes.order[s.next]
		switch order := s.layout.compareKeys(s.scopes.block, at, b, i, s.scopes.lengths[at]); {
		case order == 0:
			return true
		case order > 0:
			return false
		}
	}
	return false
}

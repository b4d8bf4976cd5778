package load

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"bucketlake/schemas"
)

// A Stage collects what a commit is to bring, of any number of rows: what does not fit in memory waits on disk, sorted, in
// os.TempDir. It belongs to one goroutine.
type Stage struct {
	layout *layout
	rows   *sorter
	scopes []*sorter       // what is complete, by how many columns of the key say it; nil: nothing
	whole  map[string]bool // partitions that are complete; "": all of them
	added  int
	months []string  // of the rows that are added; kept for its memory
	pages  []*vector // of what is written; kept for its memory
}

// NewStage returns an empty stage for rows of a table. Close it in the end.
func NewStage(t *schemas.Table) (*Stage, error) {
	l, err := newLayout(t)
	if err != nil {
		return nil, err
	}
	return newStage(l), nil
}

func newStage(l *layout) *Stage {
	return &Stage{
		layout: l, rows: newRows(l),
		scopes: make([]*sorter, len(l.table.Key)+1), whole: map[string]bool{},
	}
}

func newRows(l *layout) *sorter {
	return newSorter(l, slices.Concat(l.table.Key, l.content), len(l.table.Key))
}

// rest returns a sorter for rows of the stage that wait for another object.
func (s *Stage) rest() *sorter {
	rest := newRows(s.layout)
	rest.limit, rest.mostRuns = s.rows.limit, s.rows.mostRuns
	return rest
}

// Add adds rows, and what they are complete for. It keeps none of them. Of several with one key, the last one counts.
func (s *Stage) Add(rows schemas.Rows) error {
	if rows.Table != s.layout.table {
		return fmt.Errorf("adding rows of %v to %s", rows.Table, s.layout.table.Name)
	}
	s.months = s.months[:0]
	for i, row := range rows.Rows {
		month, err := s.layout.month(row)
		if err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		s.months = append(s.months, month)
	}
	if err := s.rows.add(pointers(rows.Rows), s.months); err != nil {
		return err
	}
	s.added += len(rows.Rows)
	for _, scope := range rows.Complete {
		if err := s.complete(scope); err != nil {
			return err
		}
	}
	return nil
}

// Len returns how many rows were added.
func (s *Stage) Len() int { return s.added }

// Close gives back what the stage holds.
func (s *Stage) Close() error {
	err := s.rows.close()
	for _, sorted := range s.scopes {
		if sorted != nil {
			err = cmp.Or(err, sorted.close())
		}
	}
	return err
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

// complete notes a scope. One without a month concerns every partition there is.
func (s *Stage) complete(scope schemas.Scope) error {
	t := s.layout.table
	switch n := len(scope.Key); {
	case scope.Month != "" && (t.Partition < 0 || !validMonth(scope.Month)):
		return fmt.Errorf("a scope names the partition %q", scope.Month)
	case n > len(t.Key):
		return fmt.Errorf("the scope %v has more values than the key has columns", scope.Key)
	case n == 0:
		s.whole[scope.Month] = true
		return nil
	case s.scopes[n] == nil:
		s.scopes[n] = newSorter(s.layout, t.Key[:n], n)
		s.scopes[n].limit, s.scopes[n].mostRuns = s.rows.limit/4, s.rows.mostRuns // they are small
	}
	sorted := s.scopes[len(scope.Key)]
	for i, value := range scope.Key {
		if err := sorted.vectors[i].appendValue(value); err != nil {
			return fmt.Errorf("the scope %v: column %s: %w", scope.Key, t.Columns[t.Key[i]].Name, err)
		}
	}
	return sorted.added(scope.Month)
}

// settle makes room for what is written from now on: where rows wait on disk, all do.
func (s *Stage) settle() error {
	for _, sorted := range slices.Concat(s.scopes, []*sorter{s.rows}) {
		if sorted == nil || len(sorted.runs) == 0 {
			continue
		}
		if err := sorted.spill(); err != nil {
			return err
		}
		sorted.scratch = nil
		for i, c := range sorted.columns {
			sorted.vectors[i] = newVector(s.layout, c)
		}
	}
	return nil
}

// partitions returns those that the stage brings something for; known are those that the lake has.
func (s *Stage) partitions(known []string) []string {
	everywhere := s.whole[""]
	months := slices.Clone(s.rows.names)
	for month := range s.whole {
		months = append(months, month)
	}
	for _, sorted := range s.scopes {
		if sorted != nil {
			months = append(months, sorted.names...)
			everywhere = everywhere || slices.Contains(sorted.names, "")
		}
	}
	if s.layout.table.Partition >= 0 {
		if everywhere {
			months = append(months, known...)
		}
		months = slices.DeleteFunc(months, func(month string) bool { return month == "" })
	}
	slices.Sort(months)
	return slices.Compact(months)
}

// batch returns what the stage brings for a partition.
func (s *Stage) batch(month string) *batch { return &batch{stage: s, month: month, from: s.rows} }

// vectors returns empty vectors for a writer, of which there is one at a time.
func (s *Stage) vectors() []*vector {
	if s.pages == nil {
		s.pages = newVectors(s.layout)
	}
	for _, v := range s.pages {
		v.reset()
	}
	return s.pages
}

// A batch is what a commit brings for one partition.
type batch struct {
	stage  *Stage
	month  string
	from   *sorter             // its rows
	rename func(string) string // see Commit.Rename
}

// rows are in the order of their keys, each key once.
func (b *batch) rows() *stream { return b.from.stream(b.month) }

// sweep tells which rows the batch would hold, if they were there.
func (b *batch) sweep() *sweep {
	s := &sweep{layout: b.stage.layout, all: b.stage.whole[""] || b.stage.whole[b.month]}
	if s.all {
		return s
	}
	for _, sorted := range b.stage.scopes {
		if sorted == nil {
			continue
		}
		s.add(sorted.stream(b.month), sorted.keys)
		if b.month != "" {
			s.add(sorted.stream(""), sorted.keys)
		}
	}
	return s
}

// A sweep finds, for rows in the order of their keys, whether a scope holds them.
type sweep struct {
	layout *layout
	all    bool
	scopes []*stream // each at the first scope that is not wholly before the last row asked for
	keys   []int     // how many columns of the key the scopes of each name
}

func (s *sweep) add(scopes *stream, keys int) {
	if !scopes.done() || scopes.err != nil {
		s.scopes, s.keys = append(s.scopes, scopes), append(s.keys, keys)
	}
}

func (s *sweep) empty() bool { return !s.all && len(s.scopes) == 0 }

func (s *sweep) holds(b block, i int) bool {
	if s.all {
		return true
	}
	for k, scopes := range s.scopes {
		for ; !scopes.done(); scopes.next() {
			scope, at := scopes.row()
			order := s.layout.compareKeys(scope, at, b, i, s.keys[k])
			if order == 0 {
				return true
			}
			if order > 0 {
				break
			}
		}
	}
	return false
}

// err is what kept a sweep from going on.
func (s *sweep) err() error {
	for _, scopes := range s.scopes {
		if scopes.err != nil {
			return scopes.err
		}
	}
	return nil
}

// added notes a row that was appended to the vectors.
func (s *sorter) added(month string) error {
	s.months = append(s.months, s.id(month))
	s.rows++
	s.order = nil
	if s.size() < s.limit {
		return nil
	}
	return s.spill()
}

// appendValue appends a value of a scope; nil, like the empty value, is null in a column that may be null.
func (v *vector) appendValue(value any) error {
	switch value := value.(type) {
	case string:
		if v.column.Type == schemas.String {
			v.appendField(unsafe.Pointer(&value), v.column.Nullable)
			return nil
		}
	case int64:
		if v.column.Type == schemas.Int64 {
			v.appendField(unsafe.Pointer(&value), v.column.Nullable)
			return nil
		}
	case nil:
		return v.appendValue(reflect.Zero(valueTypes[v.column.Type]).Interface())
	}
	field := reflect.New(valueTypes[v.column.Type])
	switch from := reflect.ValueOf(value); {
	case from.Type() == field.Type().Elem(), from.Kind() == reflect.String && field.Elem().Kind() == reflect.String, from.CanInt() && field.Elem().CanInt():
		field.Elem().Set(from.Convert(field.Type().Elem()))
	default:
		return fmt.Errorf("a %T where the column holds a %s", value, field.Type().Elem())
	}
	v.appendField(field.UnsafePointer(), v.column.Nullable)
	return nil
}

// valueTypes are those of the values of columns that keys have.
var valueTypes = map[schemas.Type]reflect.Type{
	schemas.String: reflect.TypeFor[string](), schemas.Int64: reflect.TypeFor[int64](),
	schemas.DateType: reflect.TypeFor[schemas.Date](), schemas.Timestamp: reflect.TypeFor[time.Time](),
}

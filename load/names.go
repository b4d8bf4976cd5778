package load

import (
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"bucketlake/schemas"
)

// names is a set of forms that names of people have.
type names map[string]bool

// see adds the forms in a block.
func (n names) see(l *layout, b block) {
	for _, c := range l.names {
		texts := b.columns[c]
		if d, ok := texts.(*array.Dictionary); ok { // in which there is nothing that no row has
			texts = d.Dictionary()
		}
		column, last := texts.(*array.String), ""
		for i := range column.Len() {
			if column.IsNull(i) {
				continue
			}
			if form := schemas.FormOf(column.Value(i)); form != last && form != "" {
				last = strings.Clone(form) // it is part of a buffer of many
				n[last] = true
			}
		}
	}
}

func (n names) list() []string { return slices.Sorted(maps.Keys(n)) }

func (n names) String() string { return strings.Join(n.list(), ",") }

// A fate is what becomes of an old row when names change.
type fate byte

const (
	stays    fate = iota
	renamed       // it has other names
	nameless      // it is known by a name that it can't have any more
)

// rename returns a block with the names that the batch asks for, and notes the fate of each row.
func (m *merge) rename(b block) block {
	m.fates = make([]fate, b.n)
	columns := slices.Clone(b.columns)
	for _, c := range m.layout.names {
		old := b.columns[c].(*array.String)
		builder := array.NewStringBuilder(memory.DefaultAllocator)
		builder.Reserve(b.n)
		for i := range b.n {
			if old.IsNull(i) {
				builder.AppendNull()
				continue
			}
			name := m.batch.rename(old.Value(i))
			switch {
			case name == old.Value(i):
			case m.layout.table.IsKey(c):
				m.fates[i] = nameless
			default:
				m.fates[i] = max(m.fates[i], renamed)
			}
			if name == "" && m.layout.table.Columns[c].Nullable {
				builder.AppendNull()
				continue
			}
			builder.Append(name)
		}
		if !m.layout.table.IsKey(c) { // rows are in its order
			columns[c] = builder.NewArray()
		}
	}
	return block{columns, b.n}
}

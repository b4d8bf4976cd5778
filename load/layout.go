package load

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"bucketlake/schemas"
)

// The columns that the landing fills in.
const (
	syncedAt  = "synced_at"
	deletedAt = "deleted_at"
)

// A layout is a table as columns: what to do with each of them.
type layout struct {
	table   *schemas.Table
	schema  *arrow.Schema
	kinds   []kind
	content []int // the columns whose change makes a row a changed one: no keys, none of the landing's
	synced  int
	deleted int
	names   []int // the columns that name a person
}

func newLayout(t *schemas.Table) (*layout, error) {
	l := &layout{table: t, schema: t.Arrow(), synced: t.Column(syncedAt), deleted: t.Column(deletedAt)}
	if l.synced < 0 || l.deleted < 0 || len(t.Key) == 0 {
		return nil, fmt.Errorf("table %s has no key, no synced_at or no deleted_at", t.Name)
	}
	isKey := make(map[int]bool, len(t.Key))
	for _, c := range t.Key {
		isKey[c] = true
		switch t.Columns[c].Type {
		case schemas.Double, schemas.Boolean, schemas.Int32:
			return nil, fmt.Errorf("table %s: column %s cannot be part of a key", t.Name, t.Columns[c].Name)
		}
	}
	for c, column := range t.Columns {
		l.kinds = append(l.kinds, kinds[column.Type])
		if column.Personal {
			if column.Type != schemas.String {
				return nil, fmt.Errorf("table %s: column %s names a person and is no text", t.Name, column.Name)
			}
			l.names = append(l.names, c)
		}
		if !isKey[c] && c != l.synced && c != l.deleted {
			l.content = append(l.content, c)
		}
	}
	return l, nil
}

// A block is some rows as columns, in the order of the table's columns. Columns that nobody asked
// for are nil.
type block struct {
	columns []arrow.Array
	n       int
}

// compareKeys orders row i of a and row j of b by the first n columns of the key.
func (l *layout) compareKeys(a block, i int, b block, j, n int) int {
	for _, c := range l.table.Key[:n] {
		if order := l.kinds[c].compare(a.columns[c], i, b.columns[c], j); order != 0 {
			return order
		}
	}
	return 0
}

// sameContent reports whether row i of a and row j of b say the same, their keys and what the
// landing fills in aside.
func (l *layout) sameContent(a block, i int, b block, j int) bool {
	for _, c := range l.content {
		if l.kinds[c].compare(a.columns[c], i, b.columns[c], j) != 0 {
			return false
		}
	}
	return true
}

// survey returns how many rows of a block are deleted, and the greatest synced_at.
func (l *layout) survey(b block) (deleted int64, latest time.Time) {
	deleted = int64(b.n - b.columns[l.deleted].NullN())
	synced := b.columns[l.synced].(*array.Timestamp)
	var greatest arrow.Timestamp
	for i := range b.n {
		if i == 0 || synced.Value(i) > greatest {
			greatest = synced.Value(i)
		}
	}
	if b.n > 0 {
		latest = moment(greatest)
	}
	return deleted, latest
}

// key returns the key of a row in words, for errors.
func (l *layout) key(b block, i int) string {
	text := ""
	for _, c := range l.table.Key {
		text += fmt.Sprintf(" %s=%s", l.table.Columns[c].Name, b.columns[c].ValueStr(i))
	}
	return text[1:]
}

func textOf(column arrow.Array, i int) string { return column.(*array.String).Value(i) }

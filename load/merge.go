package load

import (
	"cmp"
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A merge makes the new rows of a partition from the old ones and a batch, both in the order of
// their keys. Old rows are copied as columns; they never become structs.
//
// What becomes of a row:
//
//	old only                       stays as it is
//	old only, in a scope           gets a deleted_at; in a derived table it is dropped
//	both, the same, not deleted    stays as it is, its synced_at too
//	both, otherwise                the new one, synced now
//	new only                       the new one, synced now; where the object is full, it is left for the next one
type merge struct {
	layout *layout
	batch  *batch
	now    time.Time // the synced_at of what changes
	out    *writer   // nil: only find out whether anything changes
	closed bool      // there are to be no keys but those of the old rows
	most   int64     // bytes of the new object from which on it is closed
	rest   *sorter   // the batch's rows that are to go into another object

	// late is the part of the table's clock in which rows count as unseen: an interrupted commit
	// wrote them, and the clock has since passed them without them. They are synced now, or readers
	// that ask for what came since would never be shown them.
	late period

	fates []fate // of the block's rows, where the batch renames; see rename
	sweep *sweep
	rows  *stream // of the batch that are not merged yet
	last  block   // the key of the last old row

	stats   Stats
	changed bool
	deleted int64     // old rows with a deleted_at
	latest  time.Time // the greatest synced_at of the old rows
	names   names     // forms of names in the old rows
}

// A period is the times t with after < t <= until.
type period struct{ after, until time.Time }

func (p period) empty() bool            { return !p.until.After(p.after) }
func (p period) holds(t time.Time) bool { return t.After(p.after) && !t.After(p.until) }

// run merges to the end, or where there is no out, to the first change. There may be no old rows.
func (m *merge) run(ctx context.Context, old *reader) error {
	m.names = names{}
	m.sweep, m.rows = m.batch.sweep(), m.batch.rows()
	if old != nil {
		all := make([]int, len(m.layout.kinds))
		for c := range all {
			all[c] = c
		}
		for b, err := range old.blocks(ctx, old.groups(), all) {
			if err != nil {
				return err
			}
			if err := m.checkOrder(b); err != nil {
				return err
			}
			if err := m.block(b); err != nil || m.done() {
				return err
			}
			if err := cmp.Or(m.rows.err, m.sweep.err()); err != nil {
				return err
			}
		}
	}
	for !m.rows.done() && !m.done() {
		if err := m.insert(); err != nil {
			return err
		}
	}
	return cmp.Or(m.rows.err, m.sweep.err())
}

func (m *merge) done() bool { return m.changed && m.out == nil }

// checkOrder makes sure that the old rows are what a merge relies on. A file that another program
// wrote need not be, and merging it as if it were would double rows.
func (m *merge) checkOrder(b block) error {
	l := m.layout
	for i := range b.n {
		before, at := b, i-1
		if i == 0 {
			if m.last.n == 0 {
				continue
			}
			before, at = m.last, 0
		}
		if l.compareKeys(before, at, b, i, len(l.table.Key)) >= 0 {
			return fmt.Errorf("its rows are not in the order of unique keys at %s, so another program wrote it: move it away, then sync in full", l.key(b, i))
		}
	}
	m.last = block{columns: make([]arrow.Array, len(l.kinds)), n: 1}
	for _, c := range l.table.Key { // the block itself is gone when the next one comes
		m.last.columns[c] = array.NewSlice(b.columns[c], int64(b.n-1), int64(b.n))
	}
	return nil
}

// block merges a portion of the old rows with what the batch has before and among them.
func (m *merge) block(b block) error {
	deleted, latest := m.layout.survey(b)
	m.deleted += deleted
	if latest.After(m.latest) {
		m.latest = latest
	}
	m.names.see(m.layout, b)
	if m.batch.rename != nil {
		b = m.rename(b)
	}
	for i := 0; i < b.n && !m.done(); {
		end, found := m.find(b, i)
		if err := m.keep(b, i, end); err != nil {
			return err
		}
		var err error
		switch {
		case end == b.n:
			return nil
		case found:
			err, i = m.replace(b, end), end+1
		default:
			err, i = m.insert(), end
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns the first row from i on that does not come before the batch's next row, and whether
// it has the same key. It takes steps that double, so both long runs and close neighbours are cheap.
func (m *merge) find(b block, i int) (end int, found bool) {
	if m.rows.done() {
		return b.n, false
	}
	next, at := m.rows.row()
	compare := func(i int) int { return m.layout.compareKeys(b, i, next, at, len(m.layout.table.Key)) }
	step := 1
	for i+step <= b.n && compare(i+step-1) < 0 { // then all rows before i+step come before
		i += step
		step *= 2
	}
	end = i + sort.Search(min(step-1, b.n-i), func(k int) bool { return compare(i+k) >= 0 })
	return end, end < b.n && compare(end) == 0
}

// keep takes over the rows [from, to), which the batch does not have.
func (m *merge) keep(b block, from, to int) error {
	if m.sweep.empty() && m.late.empty() && m.batch.rename == nil {
		return m.copy(b, from, to)
	}
	start := from // of the rows to copy
	for i := from; i < to; i++ {
		gone := m.sweep.holds(b, i) && (m.layout.table.Derived || m.live(b, i))
		var named fate
		if m.batch.rename != nil {
			named = m.fates[i]
		}
		if !gone && !m.isLate(b, i) && named == stays {
			continue
		}
		if err := m.copy(b, start, i); err != nil {
			return err
		}
		start = i + 1
		if named == renamed {
			m.stats.Updated++
		}
		var err error
		switch {
		case gone && m.layout.table.Derived, named == nameless:
			m.changed = true
			m.stats.Removed++
		case gone:
			m.stats.Tombstoned++
			err = m.stamp(b, i, m.now)
		case m.live(b, i):
			err = m.stamp(b, i, time.Time{})
		default:
			err = m.stamp(b, i, m.time(b, i, m.layout.deleted))
		}
		if err != nil {
			return err
		}
	}
	return m.copy(b, start, to)
}

// replace merges row i with the batch's next row, which has the same key.
func (m *merge) replace(b block, i int) error {
	if next, j := m.rows.row(); !m.live(b, i) || !m.layout.sameContent(b, i, next, j) {
		m.stats.Updated++
		return m.take()
	}
	m.rows.next()
	m.stats.Unchanged++
	if m.isLate(b, i) {
		return m.stamp(b, i, time.Time{})
	}
	return m.copy(b, i, i+1)
}

// insert takes over the batch's next row, which the old rows don't have.
func (m *merge) insert() error {
	if m.closed || m.out != nil && m.out.size >= m.most {
		if m.rest == nil {
			m.rest = m.batch.stage.rest()
		}
		b, i := m.rows.row()
		if err := m.rest.take(b, i, m.batch.month); err != nil {
			return err
		}
		m.rows.next()
		return nil
	}
	m.stats.Inserted++
	return m.take()
}

// take takes over the batch's next row as one that changed now.
func (m *merge) take() error {
	b, i := m.rows.row()
	m.rows.next()
	m.changed = true
	if m.out == nil {
		return nil
	}
	return m.out.take(b, i, m.now)
}

func (m *merge) copy(b block, from, to int) error {
	if m.out == nil || from == to {
		return nil
	}
	return m.out.copy(b, from, to)
}

// stamp takes over row i of b as one that changed now.
func (m *merge) stamp(b block, i int, deleted time.Time) error {
	m.changed = true
	if m.out == nil {
		return nil
	}
	return m.out.stamp(b, i, m.now, deleted)
}

func (m *merge) live(b block, i int) bool { return b.columns[m.layout.deleted].IsNull(i) }

func (m *merge) isLate(b block, i int) bool {
	return !m.late.empty() && m.late.holds(m.time(b, i, m.layout.synced))
}

func (m *merge) time(b block, i, column int) time.Time {
	return moment(b.columns[column].(*array.Timestamp).Value(i))
}

package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"bucketlake/schemas"
)

// FindingKind says what is the matter with an object.
type FindingKind string

// The kinds of findings. Ahead, Orphan and Unfinished lose nothing; the others are faults.
const (
	Missing    FindingKind = "missing"    // the manifest names it, and it is not there
	Ahead      FindingKind = "ahead"      // it is not the one that was committed: a commit was cut off, which the next sync heals, or another program wrote it
	Orphan     FindingKind = "orphan"     // no table has an object of that name
	Unfinished FindingKind = "unfinished" // parts of it were sent by a process that was killed; readers don't see them
	Damaged    FindingKind = "damaged"    // it can't be read as what it is, or its rows are not in the order of unique keys
	Miscounted FindingKind = "miscounted" // its rows are not as many as were committed
	Misplaced  FindingKind = "misplaced"  // it has rows of another partition
	Unreadable FindingKind = "unreadable" // the manifest can't be read
	Versioned  FindingKind = "version"    // an older or a newer bucketlake wrote it: this one keeps away from it
)

// A Finding is what does not agree in a lake.
type Finding struct {
	Kind   FindingKind
	Object string // name in the store
	Detail string
}

// Fault reports whether a finding needs a person.
func (f Finding) Fault() bool { return f.Kind != Ahead && f.Kind != Orphan && f.Kind != Unfinished }

// Verify compares the objects of a table of a workspace with its manifest, and reads all their keys. It changes nothing,
// and may run beside a sync: what that commits meanwhile may show as ahead. Uploads that were begun before the time left
// are taken for those of processes that were killed.
func (l *Lake) Verify(ctx context.Context, t *schemas.Table, workspace string, left time.Time) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		if err := checkWorkspace(workspace); err != nil {
			yield(Finding{}, err)
			return
		}
		columns, err := newLayout(t)
		if err != nil {
			yield(Finding{}, err)
			return
		}
		m, _, err := l.manifest(ctx, t, workspace)
		if err != nil {
			if ctx.Err() != nil {
				yield(Finding{}, ctx.Err())
				return
			}
			kind := Unreadable
			if otherWriter(err) {
				kind = Versioned
			}
			yield(Finding{kind, manifestName(t, workspace), err.Error()}, nil)
			return
		}
		for _, key := range m.inOrder() {
			month, _, _ := cutPart(key)
			f, err := l.verifyObject(ctx, columns, m.Objects[key], month)
			if err != nil {
				yield(Finding{}, err)
				return
			}
			if f.Kind != "" && !yield(f, nil) {
				return
			}
		}
		if l.strangers(ctx, t, m, yield) {
			l.unfinished(ctx, t, workspace, left, yield)
		}
	}
}

// partly is a store in which writes can be left half done.
type partly interface {
	Unfinished(ctx context.Context, folder string, before time.Time) ([]Upload, error)
	Abandon(ctx context.Context, uploads []Upload) error
}

// unfinished finds what was left of uploads.
func (l *Lake) unfinished(ctx context.Context, t *schemas.Table, workspace string, left time.Time, yield func(Finding, error) bool) {
	store, ok := l.store.(partly)
	if !ok {
		return
	}
	uploads, err := store.Unfinished(ctx, folder(t, workspace), left)
	if err != nil {
		yield(Finding{}, err)
		return
	}
	for _, u := range uploads {
		if !yield(Finding{Unfinished, u.Name, "an upload of it began at " + u.Begun.UTC().Format(time.DateTime) + " and never ended; its parts cost money"}, nil) {
			return
		}
	}
}

// strangers finds the objects that the manifest does not name, and reports whether to go on.
func (l *Lake) strangers(ctx context.Context, t *schemas.Table, m *Manifest, yield func(Finding, error) bool) bool {
	names, err := l.store.List(ctx, folder(t, m.Workspace))
	if err != nil {
		yield(Finding{}, err)
		return false
	}
	known := map[string]bool{}
	for _, o := range m.Objects {
		known[o.Name] = true
	}
	for _, name := range names {
		if known[name] {
			continue
		}
		f := Finding{Orphan, name, "no table has an object of that name"}
		if _, ok := keyOf(t, m.Workspace, name); ok {
			f = Finding{Ahead, name, "it was never committed: a commit was cut off, and the next sync of its rows takes it up"}
		}
		if !yield(f, nil) {
			return false
		}
	}
	return true
}

// verifyObject looks at one object; the zero Finding says that it is as it was committed.
func (l *Lake) verifyObject(ctx context.Context, columns *layout, entry ObjectInfo, month string) (Finding, error) {
	o, err := l.store.Open(ctx, entry.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{Missing, entry.Name, fmt.Sprintf("%d rows were committed", entry.Rows)}, nil
	case err != nil:
		return Finding{}, err
	}
	defer o.Close()
	r, err := newReader(columns, o)
	if err == nil {
		err = r.checkKeys(ctx, month)
	}
	if ctx.Err() != nil {
		return Finding{}, ctx.Err()
	}
	switch misplaced := (*misplacedError)(nil); {
	case otherWriter(err):
		return Finding{Versioned, entry.Name, err.Error()}, nil
	case errors.As(err, &misplaced):
		return Finding{Misplaced, entry.Name, err.Error()}, nil
	case err != nil:
		return Finding{Damaged, entry.Name, err.Error()}, nil
	case o.ETag() != entry.ETag:
		return Finding{Ahead, entry.Name, fmt.Sprintf("it has %d rows, and is not the object that was committed", r.rows())}, nil
	case r.rows() != entry.Rows:
		return Finding{Miscounted, entry.Name, fmt.Sprintf("it has %d rows, and %d were committed", r.rows(), entry.Rows)}, nil
	}
	return Finding{}, nil
}

// misplacedError says that a row is in an object of another partition.
type misplacedError struct{ key, month string }

func (e *misplacedError) Error() string {
	return fmt.Sprintf("the row %s belongs in the month %s", e.key, e.month)
}

// checkKeys reads the keys of all rows: they have to be in order, each once, and in their partition.
func (r *reader) checkKeys(ctx context.Context, month string) error {
	l := r.layout
	columns := append(slices.Clone(l.table.Key), l.synced, l.deleted)
	if l.table.Partition >= 0 {
		columns = append(columns, l.table.Partition)
	}
	slices.Sort(columns)
	m := merge{layout: l}
	for b, err := range r.blocks(ctx, r.groups(), slices.Compact(columns)) {
		if err == nil {
			err = m.checkOrder(b)
		}
		if err == nil && l.table.Partition >= 0 {
			err = l.checkMonth(b, month)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkMonth makes sure that all rows of a block belong in a month.
func (l *layout) checkMonth(b block, month string) error {
	for i := range b.n {
		var at time.Time
		switch column := b.columns[l.table.Partition].(type) {
		case *array.Timestamp:
			at = moment(column.Value(i))
		case *array.Date32:
			at = column.Value(i).ToTime()
		default:
			return fmt.Errorf("its column %s is of type %s", l.table.Columns[l.table.Partition].Name, column.DataType())
		}
		if is := schemas.Month(at); is != month {
			return &misplacedError{l.key(b, i), is}
		}
	}
	return nil
}

// RemoveOrphans removes what Verify found to be orphans or unfinished, and returns the names.
func (l *Lake) RemoveOrphans(ctx context.Context, t *schemas.Table, workspace string, left time.Time) (removed []string, err error) {
	for f, err := range l.Verify(ctx, t, workspace, left) {
		if err != nil {
			return removed, err
		}
		if f.Kind != Orphan {
			continue
		}
		if err := l.remove(ctx, f.Object); err != nil {
			return removed, fmt.Errorf("removing %s: %w", f.Object, err)
		}
		removed = append(removed, f.Object)
	}
	store, ok := l.store.(partly)
	if !ok {
		return removed, nil
	}
	uploads, err := store.Unfinished(ctx, folder(t, workspace), left)
	if err == nil {
		err = store.Abandon(ctx, uploads)
	}
	for _, u := range uploads {
		if err == nil {
			removed = append(removed, u.Name)
		}
	}
	return removed, err
}

// remove removes an object as it stands: one that somebody writes in its place meanwhile stays.
func (l *Lake) remove(ctx context.Context, name string) error {
	o, err := l.store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer o.Close()
	return l.store.Remove(ctx, name, o.ETag())
}

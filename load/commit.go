package load

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"bucketlake/schemas"
)

// A Commit is rows of one table of one workspace, with the cursor that says how far the source has
// been read once they are in.
type Commit struct {
	Workspace string // its slug
	Rows      schemas.Rows
	Stage     *Stage          // rows that come before these, which may be more than fit in memory; nil: none
	Cursor    json.RawMessage // nil: the present one stays; null: there is none any more
	At        time.Time       // becomes the synced_at of what changes, unless the table's clock is ahead

	// Rename, in a commit without rows, returns what each name of a person that has landed is to be, in
	// deleted rows, too. A row that is known by a name which changes is removed.
	Rename func(string) string
}

// Commit merges rows into the lake and moves the cursor. Rows replace those of the same key. What
// Rows.Complete covers and the rows don't have is deleted. A row whose content is what it was is not
// touched, nor is an object in which nothing changes.
//
// After an error, or a crash at any point, some objects may be new and others not. Each of them is
// whole, and the cursor stands where it stood, so the next run brings the same rows again, and they
// land where they landed: rows are merged by their keys into whatever is there. ErrConflict says
// that another writer is at the same table; what it wrote stands.
//
// Memory holds the batch and two row groups; the new object is made on disk, in os.TempDir.
func (l *Lake) Commit(ctx context.Context, c Commit) (Stats, error) {
	if c.Rows.Table == nil {
		return Stats{}, errors.New("committing rows of no table")
	}
	stats, err := l.commit(ctx, c)
	if err != nil {
		l.forget()
		return stats, fmt.Errorf("committing %s of workspace %s: %w", c.Rows.Table.Name, c.Workspace, err)
	}
	return stats, nil
}

func (l *Lake) commit(ctx context.Context, c Commit) (stats Stats, err error) {
	t := c.Rows.Table
	if err := checkWorkspace(c.Workspace); err != nil {
		return stats, err
	}
	if c.At.IsZero() {
		return stats, errors.New("it has no time")
	}
	cursor, err := compact(c.Cursor)
	if err != nil {
		return stats, err
	}
	stage := c.Stage
	if stage == nil {
		if stage, err = NewStage(t); err != nil {
			return stats, err
		}
		defer stage.Close()
	}
	if err := stage.Add(c.Rows); err != nil {
		return stats, err
	}
	if err := stage.settle(); err != nil {
		return stats, err
	}
	stats.Rows = stage.Len()

	// 1. Read the manifest: the objects as they were committed, the clock, and the etag that the new
	// manifest will have to replace. A crash here, and up to the first PUT, has changed nothing.
	was, etag, err := l.manifest(ctx, t, c.Workspace)
	if err != nil {
		return stats, err
	}
	months := stage.partitions(was.months())
	if c.Rename != nil {
		if len(months) > 0 {
			return stats, errors.New("it renames what has landed, and has rows of its own")
		}
		months = was.months()
	}
	now := was.clone()
	if now.ObjectBytes = min(l.ObjectBytes, was.objectBytes()); etag == "" { // there is no manifest yet
		now.ObjectBytes = l.ObjectBytes
		was = now.clone()
	}
	now.SyncedAt = tick(was.SyncedAt, c.At)

	// 2. and 3. One partition after the other: merge, PUT. A crash in between leaves the partitions
	// that were PUT ahead of the manifest. Readers see their new rows already; the cursor has not
	// passed them, and the next run finds these rows there and the others not, and lands those.
	for _, month := range months {
		if err := ctx.Err(); err != nil {
			return stats, err // between two partitions is as good a place to stop as any
		}
		b := stage.batch(month)
		b.rename = c.Rename
		done, err := l.landParts(ctx, b, now, was)
		if err != nil {
			return stats, err
		}
		stats.Add(done)
	}

	// 4. Compare-and-swap the manifest: from here on the rows are committed and the cursor is past
	// them, both or neither. A crash before: as under 3. A crash after: all is done. Where another
	// writer swapped it first, its manifest and its cursor stand; what was PUT above is what it
	// merged with, or what the next commit will find ahead of the manifest.
	if stats.Objects == 0 {
		now.SyncedAt = was.latest(now.Objects) // nothing was stamped, so the clock stands still
	}
	if c.Cursor != nil {
		now.Cursor = cursor
	}
	if now.equal(was) {
		return stats, nil
	}
	return stats, l.putManifest(ctx, now, manifestName(t, c.Workspace), etag)
}

// tick returns the time of a commit: at, as long as the table's clock goes forward by it.
func tick(clock, at time.Time) time.Time {
	at = moment(stamp(at))
	if next := clock.Add(time.Millisecond); next.After(at) {
		return next
	}
	return at
}

// landParts merges a batch into the objects of its partition: each gets what is new of the rows that it has, and the last one
// those that none has, as long as there is room; then there is one more.
func (l *Lake) landParts(ctx context.Context, b *batch, now, was *Manifest) (stats Stats, err error) {
	known := was.parts(b.month)
	for part := 1; ; part++ {
		rest, full, done, err := l.land(ctx, b, now, was, part, part < known)
		stats.Add(done)
		if b.from != b.stage.rows {
			err = errors.Join(err, b.from.close())
		}
		// Behind one that is full there may be one that a commit did not live to enter.
		if err != nil || part >= known && rest == nil && !full {
			return stats, errors.Join(err, rest.close())
		}
		b = &batch{stage: b.stage, month: b.month, from: rest, rename: b.rename}
	}
}

// land merges a batch into one object of its partition, and enters the object in the manifest now, whose clock it stamps rows
// with. It returns the rows for the next object, and whether
// it has no room for any.
func (l *Lake) land(ctx context.Context, b *batch, now, was *Manifest, part int, closed bool) (rest *sorter, full bool, stats Stats, err error) {
	columns, key := b.stage.layout, partKey(b.month, part)
	name := objectName(columns.table, was.Workspace, key)
	entry, known := was.Objects[key]
	old, err := l.open(ctx, name, entry.ETag)
	switch {
	case err == nil:
		defer old.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, false, stats, fmt.Errorf("opening %s: %w", name, err)
	case known:
		return nil, false, stats, fmt.Errorf("opening %s: %w: it was committed and somebody removed it; restore it, or remove %s as well and sync in full",
			name, err, manifestName(columns.table, was.Workspace))
	}

	m := merge{layout: columns, batch: b, most: was.objectBytes(), closed: closed}
	var rows *reader
	match := ""
	if old != nil {
		m.closed = m.closed || old.Size() >= was.objectBytes()
		match = old.ETag()
		if rows, err = newReader(columns, old); err != nil {
			return nil, false, stats, fmt.Errorf("reading %s: %w", name, err)
		}
		// Not the object that was committed: a crash came between its PUT and the manifest's, or
		// somebody else wrote it. It is merged with as it stands. Its rows may be ahead of the clock,
		// which then has to overtake them; or behind it and yet never committed.
		if match != entry.ETag {
			l.log.Info("the object is not the one that was committed; merging with it as it stands", "object", name)
			ahead, err := rows.latestOf(ctx)
			if err != nil {
				return nil, false, stats, fmt.Errorf("reading %s: %w", name, err)
			}
			now.SyncedAt = tick(ahead, now.SyncedAt)
			m.late = period{after: entry.SyncedAt, until: was.SyncedAt}
			// The commit that was cut off may have gone on with another object, which has what this one has not.
			if next, err := l.store.Open(ctx, objectName(columns.table, was.Workspace, partKey(b.month, part+1))); err == nil {
				m.closed = true
				defer next.Close()
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, false, stats, err
			}
		}
	}
	m.now = now.SyncedAt

	// Most of what is read again has not changed. Finding that out costs no writing, and where
	// something has changed the search ends there. What is all new has.
	look := m
	if look.changed = old == nil && b.from.has(b.month); !look.changed {
		if err := look.run(ctx, rows); err != nil {
			return look.rest, false, stats, fmt.Errorf("merging with %s: %w", name, err)
		}
	}
	if !look.changed {
		if old != nil {
			now.Objects[key] = ObjectInfo{
				Name: name, ETag: match, Rows: rows.rows(), Deleted: look.deleted, Bytes: old.Size(), SyncedAt: look.latest,
				Names: look.names.String(),
			}
		}
		return look.rest, look.closed, look.stats, nil
	}
	if err := look.rest.close(); err != nil {
		return nil, false, stats, err
	}
	info, err := l.replace(ctx, &m, rows, name, match)
	if err != nil {
		return m.rest, false, stats, err
	}
	now.Objects[key] = info
	m.stats.Objects, m.stats.Bytes = 1, info.Bytes
	l.log.Debug("wrote object", "object", name, "rows", info.Rows, "bytes", info.Bytes)
	return m.rest, info.Bytes >= was.objectBytes(), m.stats, nil
}

// replace writes the merged rows in the place of the object that has the etag match.
func (l *Lake) replace(ctx context.Context, m *merge, rows *reader, name, match string) (info ObjectInfo, err error) {
	// A crash here leaves nothing behind: the file has no name any more.
	spill, err := newSpill()
	if err != nil {
		return info, fmt.Errorf("making a file to write %s to before it is stored: %w (TMPDIR names the folder: it must be writable)", name, err)
	}
	defer spill.Close()
	buffered := bufio.NewWriterSize(spill, spillBuffer)                                                             // pages of small objects are small
	m.out = newWriter(m.layout, m.batch.stage.vectors(), struct{ io.Writer }{buffered}, l.Compression, l.groupRows) // not a Closer: it is read again
	if err := m.run(ctx, rows); err != nil {
		return info, fmt.Errorf("merging with %s: %w", name, err)
	}
	if err := cmp.Or(m.out.close(), buffered.Flush()); err != nil {
		return info, fmt.Errorf("writing %s to a temporary file: %w", name, err)
	}
	size, err := spill.Seek(0, io.SeekCurrent)
	if err != nil {
		return info, err
	}
	// A crash before this takes effect: the old object stands. After: the new one does, whole. If it
	// cannot be known which, because the answer got lost, the next run opens what is there.
	etag, err := l.store.Put(ctx, name, spill, match)
	if err != nil {
		return info, fmt.Errorf("storing %s: %w", name, err)
	}
	l.wrote(name, etag, spill, size)
	return ObjectInfo{
		Name: name, ETag: etag, Rows: m.out.rows, Deleted: m.out.deleted, Bytes: size, SyncedAt: m.out.latest,
		Names: m.out.names.String(),
	}, nil
}

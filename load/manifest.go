package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"bucketlake/schemas"
)

// manifestFormat is the version of the manifest's own layout.
const manifestFormat = 1

// A Manifest says what is committed of one table of one workspace, and how far the reading of the
// source had got when it was. It is written last, so whatever its cursor has passed is in the objects.
type Manifest struct {
	Format    int    `json:"format"`
	Table     string `json:"table"`
	Workspace string `json:"workspace"`
	Schema    int    `json:"schema_version"`

	// Cursor is whatever the stream wants to know at its next run; nil before the first.
	Cursor json.RawMessage `json:"cursor,omitempty"`

	// ObjectBytes is the size from which on an object gets no new keys. It is the least that the setting ever was: an object that a
	// commit which was cut off took to be full, and went on with another one that is not entered here, has to stay full.
	ObjectBytes int64 `json:"object_bytes,omitempty"`

	// SyncedAt is the table's logical clock: the greatest synced_at that was ever committed. Each
	// commit stamps the rows that it changes with a later one. A reader that has seen everything up
	// to here asks for what came Since.
	SyncedAt time.Time `json:"synced_at,omitzero"`

	// Objects holds the table's objects by partition: the month, or "" for a table without months; with /2 and so on behind it for
	// all but the first one, where a partition is several objects.
	Objects map[string]ObjectInfo `json:"objects"`
}

// ObjectInfo describes one object of a table as it was committed.
type ObjectInfo struct {
	Name     string    `json:"name"` // in the store
	ETag     string    `json:"etag"`
	Rows     int64     `json:"rows"`         // deleted ones included
	Deleted  int64     `json:"deleted_rows"` // those with a deleted_at
	Bytes    int64     `json:"bytes"`
	SyncedAt time.Time `json:"synced_at,omitzero"` // the greatest in the object; zero where it has no rows

	// Names lists the forms that names of people have in the object, as schemas.FormOf says, in order
	// and divided by commas; empty where there is no name.
	Names string `json:"names,omitempty"`
}

func newManifest(t *schemas.Table, workspace string) *Manifest {
	return &Manifest{
		Format: manifestFormat, Table: t.Name, Workspace: workspace, Schema: t.Version,
		Objects: map[string]ObjectInfo{},
	}
}

// Live returns how many rows the table has that are not deleted.
func (m *Manifest) Live() int64 {
	var n int64
	for _, o := range m.Objects {
		n += o.Rows - o.Deleted
	}
	return n
}

// Names lists the forms that names of people have in the table, in order and each once.
func (m *Manifest) Names() []string {
	forms := names{}
	for _, o := range m.Objects {
		for form := range strings.SplitSeq(o.Names, ",") {
			if form != "" {
				forms[form] = true
			}
		}
	}
	return forms.list()
}

// encode returns the manifest as it is stored. Equal manifests have equal bytes.
func (m *Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the cursor is somebody else's text
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeManifest reads the manifest of a table of a workspace. It takes nothing on trust: a manifest
// decides which objects are read and replaced.
func decodeManifest(data []byte, t *schemas.Table, workspace string) (*Manifest, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	var m Manifest
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind its end")
	}
	switch {
	case m.Format > manifestFormat:
		return nil, fmt.Errorf("%w (format %d; this one knows %d): run that one, or a newer one", errNewer, m.Format, manifestFormat)
	case m.Format != manifestFormat:
		return nil, fmt.Errorf("unknown format %d", m.Format)
	case m.Schema != t.Version:
		return nil, otherVersion(t, m.Schema)
	case m.Table != t.Name || m.Workspace != workspace:
		return nil, fmt.Errorf("it is that of table %q, workspace %q", m.Table, m.Workspace)
	}
	var err error
	if m.Cursor, err = compact(m.Cursor); err != nil {
		return nil, err
	}
	if m.Objects == nil {
		m.Objects = map[string]ObjectInfo{}
	}
	for key, o := range m.Objects {
		month, part, ok := cutPart(key)
		if !ok || (month == "") != (t.Partition < 0) || month != "" && !validMonth(month) {
			return nil, fmt.Errorf("it names a partition %q", key)
		}
		if _, ok := m.Objects[partKey(month, max(1, part-1))]; !ok {
			return nil, fmt.Errorf("it names a part %q, and not the one before it", key)
		}
		if want := objectName(t, workspace, key); o.Name != want {
			return nil, fmt.Errorf("it names %q where %q belongs", o.Name, want)
		}
		if o.ETag == "" || m.ObjectBytes < 0 || o.Rows < 0 || o.Deleted < 0 || o.Bytes < 0 {
			return nil, fmt.Errorf("its entry for %s makes no sense", o.Name)
		}
	}
	return &m, nil
}

// What was written by another bucketlake is as it should be, and not for this one.
var (
	errNewer = errors.New("a newer bucketlake wrote it")
	errOlder = errors.New("an older bucketlake wrote it")
)

func otherWriter(err error) bool { return errors.Is(err, errNewer) || errors.Is(err, errOlder) }

// otherVersion says what to do where what is there is of another version of the table.
func otherVersion(t *schemas.Table, version int) error {
	if version > t.Version {
		return fmt.Errorf("%w (%s of version %d; this one knows %d): run that one, or a newer one", errNewer, t.Name, version, t.Version)
	}
	return fmt.Errorf("%w (%s of version %d; this one writes %d): run that one, or have this one make a lake beside this lake (deploy/OPERATIONS.md, A lake beside another one)",
		errOlder, t.Name, version, t.Version)
}

// clone returns a copy that can be changed without changing m.
func (m *Manifest) clone() *Manifest {
	c := *m
	c.Objects = maps.Clone(m.Objects)
	return &c
}

// compact returns a cursor in the one form in which cursors are compared: without the white space
// that encoding adds and takes away, and nil for null.
func compact(cursor json.RawMessage) (json.RawMessage, error) {
	if cursor == nil {
		return nil, nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, cursor); err != nil {
		return nil, fmt.Errorf("the cursor is not JSON: %w", err)
	}
	if b.String() == "null" {
		return nil, nil
	}
	return b.Bytes(), nil
}

// latest returns the manifest's clock, or where some of the objects are ahead of it, theirs.
func (m *Manifest) latest(objects map[string]ObjectInfo) time.Time {
	clock := m.SyncedAt
	for _, o := range objects {
		if o.SyncedAt.After(clock) {
			clock = o.SyncedAt
		}
	}
	return clock
}

// equal reports whether two manifests of one table say the same.
func (m *Manifest) equal(o *Manifest) bool {
	return m.SyncedAt.Equal(o.SyncedAt) && bytes.Equal(m.Cursor, o.Cursor) && m.Schema == o.Schema &&
		maps.EqualFunc(m.Objects, o.Objects, func(a, b ObjectInfo) bool {
			synced := a.SyncedAt.Equal(b.SyncedAt)
			a.SyncedAt, b.SyncedAt = time.Time{}, time.Time{}
			return synced && a == b
		})
}

package load

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"io"
	"sync"

	"bucketlake/schemas"
)

// A session is what one writer, during one run, takes to stand without asking again: the manifests as it has last read or
// written them. It is not asked whether that is right. The conditions of the PUTs decide: where another writer was there first,
// the commit is a conflict, and nothing is taken to stand any more.
type session struct {
	mu        sync.Mutex
	manifests map[string]knownManifest // by name; one without an etag: there is none
}

func (s *session) get(name string) (knownManifest, bool) {
	if s == nil {
		return knownManifest{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.manifests[name]
	return m, ok
}

func (s *session) set(name string, m knownManifest) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifests[name] = m
}

// Session returns the same lake for one run of one writer: it doesn't ask twice for what only somebody else can have changed
// meanwhile, nor again for what an earlier session has read and nobody has changed since. An object store has each request paid.
func (l *Lake) Session() *Lake {
	own := *l
	own.session = &session{manifests: map[string]knownManifest{}}
	return &own
}

// Refresh has a session look again what stands of a workspace: where the store lists etags, by one request, and otherwise, or if
// it won't list them, by reading each manifest when it is needed.
func (l *Lake) Refresh(ctx context.Context, workspace string) {
	if l.session == nil {
		return
	}
	l.session.forget()
	lister, ok := l.store.(etagLister)
	if !ok || checkWorkspace(workspace) != nil {
		return
	}
	etags, err := lister.ETags(ctx, stateFolder+"/workspace="+workspace)
	if err != nil {
		l.log.DebugContext(ctx, "the manifests can't be listed; they are read one by one", "workspace", workspace, "error", err)
		return
	}
	for _, t := range schemas.Tables() {
		name := manifestName(t, workspace)
		if etags[name] == "" {
			l.session.set(name, knownManifest{})
		} else if m := l.recall.manifest(t, name, etags[name]); m != nil {
			l.session.set(name, knownManifest{etags[name], m})
		}
	}
}

func (s *session) forget() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.manifests)
}

// forget is for after a commit that failed: what stands is not known.
func (l *Lake) forget() {
	if l.session != nil {
		l.session.forget()
		l.recall.forget()
	}
}

// An etagLister lists the objects below a folder with their etags.
type etagLister interface {
	ETags(ctx context.Context, folder string) (map[string]string, error)
}

// open opens an object of a table, of which the manifest says that it has the etag. A session takes it from memory if
// it is there.
func (l *Lake) open(ctx context.Context, name, etag string) (Object, error) {
	if l.session == nil {
		return l.store.Open(ctx, name)
	}
	if data := l.recall.get(name, etag); data != nil {
		return &smallObject{bytes.NewReader(data), etag, data}, nil
	}
	o, err := l.store.Open(ctx, name)
	if small, ok := o.(*smallObject); ok && err == nil {
		l.recall.put(name, small.etag, small.data)
	}
	return o, err
}

// wrote has a session remember what it has stored: the tables that are computed are computed from it.
func (l *Lake) wrote(name, etag string, body io.ReaderAt, size int64) {
	if _, ok := l.store.(etagLister); !ok || l.session == nil || size > rememberedObject {
		return
	}
	data := make([]byte, size)
	if _, err := body.ReadAt(data, 0); err == nil || errors.Is(err, io.EOF) {
		l.recall.put(name, etag, data)
	}
}

const (
	rememberedBytes  = 32 << 20 // of objects, together
	rememberedObject = 4 << 20  // and of one at most
)

// A recall is what was read and may be needed again. It belongs to a lake and all its sessions. What is in it is never taken
// without an etag that says that it still stands.
type recall struct {
	mu        sync.Mutex
	manifests map[string]knownManifest // by name: with the cursors of thousands of repositories they are long
	objects   map[string]*list.Element // by name
	recent    list.List                // of remembered objects, the one used last at the front
	bytes     int
}

type remembered struct {
	name, etag string
	data       []byte
}

func newRecall() *recall {
	return &recall{manifests: map[string]knownManifest{}, objects: map[string]*list.Element{}}
}

// manifest returns the manifest that was read or written before, if it is the one that has the etag, and of this version of the table.
func (m *recall) manifest(t *schemas.Table, name, etag string) *Manifest {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.manifests[name]; known.Manifest != nil && known.etag == etag && known.Schema == t.Version {
		return known.clone()
	}
	return nil
}

func (m *recall) setManifest(name string, known knownManifest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.manifests[name] = known
}

func (m *recall) get(name, etag string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.objects[name]
	if e == nil || e.Value.(*remembered).etag != etag {
		return nil
	}
	m.recent.MoveToFront(e)
	return e.Value.(*remembered).data
}

func (m *recall) put(name, etag string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.objects[name]; e != nil {
		m.remove(e)
	}
	if len(data) > rememberedObject {
		return
	}
	m.objects[name] = m.recent.PushFront(&remembered{name, etag, data})
	for m.bytes += len(data); m.bytes > rememberedBytes; {
		m.remove(m.recent.Back())
	}
}

func (m *recall) remove(e *list.Element) {
	r := m.recent.Remove(e).(*remembered)
	m.bytes -= len(r.data)
	delete(m.objects, r.name)
}

// forget drops the objects. One of them may have been replaced by a commit that nobody lived to enter in a manifest, and has to be
// looked at as it is.
func (m *recall) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.objects)
	m.recent.Init()
	m.bytes = 0
}

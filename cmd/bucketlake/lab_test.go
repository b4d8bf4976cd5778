package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// A lab is an installation whose syncs run in this process: the product's own code from syncWorkspace on, over the
// simulation as a transport, a lake in memory and a state database in a temporary folder. In a synctest bubble its time is
// fake, and waiting costs nothing.
type lab struct {
	truth
	store  *memoryStore
	config *config
	full   bool // the next sync reads everything again

	running *app      // the process of the sync that is under way
	plan    func(int) // asked at each request of it

	dir       string
	transport http.RoundTripper
}

// newLab makes an installation that is connected. Close it within the bubble.
func newLab(t tester, o bitbuckettest.Options) *lab {
	t.Helper()
	o.Now = time.Now
	if o.RequestsPerHour == 0 {
		o.RequestsPerHour = -1
	}
	consumer := bitbuckettest.DefaultConsumer
	consumer.Scopes = bitbuckettest.AllScopes
	o.Consumers = []bitbuckettest.Consumer{consumer}
	l := &lab{truth: truth{bitbucket: bitbuckettest.New(o)}}
	l.transport = l.bitbucket.Transport()
	l.empty(t)
	return l
}

// empty begins anew, with an empty lake, and connects.
func (l *lab) empty(t tester) {
	t.Helper()
	l.close()
	dir, err := os.MkdirTemp(shm(), "bucketlake-lab-")
	if err != nil {
		t.Fatal(err)
	}
	was := l.config
	l.dir, l.store = dir, &memoryStore{objects: map[string][]byte{}}
	l.lake = load.New(l.store, nil)
	l.config = &config{
		apiURL: "https://api.bitbucket.org/2.0", batchRows: 20000, logLevel: slog.LevelError,
		compression: load.Snappy, // what bubbles share must not be made in one, as the library's encoders of ZSTD are

		stateURL: oauth.Secret("sqlite://" + filepath.Join(dir, "state.db")), keyset: oauth.KeysetConfig{File: filepath.Join(dir, "keyset.json")},
		consumers: []oauth.Consumer{{
			ClientID: bitbuckettest.DefaultConsumer.ID, ClientSecret: oauth.Secret(bitbuckettest.DefaultConsumer.Secret),
			TokenURL: "https://bitbucket.org/site/oauth2/access_token", HTTP: &http.Client{Transport: l.transport},
		}},
		schedule: cron.Every(time.Hour), streams: new(faults).streams("", "pull_request_sizes,pipeline_steps"),
	}
	if was != nil {
		l.config.quietEvery, l.config.snapshotEvery, l.config.requestsPerHour, l.config.streams = was.quietEvery, was.snapshotEvery, was.requestsPerHour, was.streams
	}
	tables, err := emptyState()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "state.db"), tables, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := l.open(t)
	defer a.close()
	access, refresh := l.bitbucket.Grant(bitbuckettest.DefaultConsumer.ID)
	ctx := context.Background()
	client := a.bareClient(oauth.Connection{}, "connect", func(context.Context, string) (string, error) { return access, nil })
	workspace, err := bitbucket.Get[bitbucket.Workspace](ctx, client, "/workspaces/acme")
	if err == nil {
		_, err = a.store.Save(ctx, oauth.Connection{Workspace: "acme", WorkspaceUUID: workspace.UUID, ClientID: bitbuckettest.DefaultConsumer.ID, AccountName: "Ann"},
			oauth.Grant{Token: oauth.Token{Access: oauth.Secret(access), Refresh: oauth.Secret(refresh), Expiry: time.Now().Add(time.Hour)}, Scopes: bitbuckettest.AllScopes})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// emptyState is a state database as a first start leaves it. To make the tables takes longer than a short sync.
var emptyState = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(shm(), "bucketlake-lab-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	db, err := state.Open(context.Background(), "sqlite://"+path)
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// shm is a folder in memory, where there is one: the state database waits for its disk.
func shm() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return ""
}

func (l *lab) close() {
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

// open is a new process.
func (l *lab) open(t tester) *app {
	t.Helper()
	ctx := context.Background()
	db, err := state.Open(ctx, l.config.stateURL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := oauth.OpenKeyset(ctx, l.config.keyset, db)
	if err != nil {
		t.Fatal(err)
	}
	a := newApp(l.config, slog.New(slog.DiscardHandler), io.Discard, db, keys, l.store)
	a.transport, a.backoff = l.transport, 2 // what is drawn at random takes no time: a history can be lived again
	return a
}

// sync is one run, of a process of its own.
func (l *lab) sync(ctx context.Context, t tester) workspaceRun {
	t.Helper()
	return l.run(ctx, t, syncScope{streams: l.config.streams, full: l.full})
}

func (l *lab) run(ctx context.Context, t tester, scope syncScope) workspaceRun {
	t.Helper()
	a := l.open(t)
	l.running = a
	defer a.close()
	connections, err := a.store.List(context.Background())
	if err != nil || len(connections) != 1 {
		t.Fatalf("connections %v, %v", connections, err)
	}
	l.full = false
	return a.syncWorkspace(ctx, connections[0], scope, silent{a.log})
}

// silent shows nothing.
type silent struct{ log *slog.Logger }

func (silent) read(string, int, int, int) {}
func (silent) done(*streamRun)            {}
func (silent) close()                     {}
func (s silent) logger() *slog.Logger     { return s.log }

// memoryStore is a lake in memory. before is asked before each call, and after after it took effect.
type memoryStore struct {
	mu            sync.Mutex
	objects       map[string][]byte
	before, after func(call, name string) error
}

func (m *memoryStore) Open(_ context.Context, name string) (load.Object, error) {
	if m.before != nil {
		if err := m.before("open", name); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return memoryObject{bytes.NewReader(data), etagOf(data)}, nil
}

func (m *memoryStore) Put(_ context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	if m.before != nil {
		if err := m.before("put", name); err != nil {
			return "", err
		}
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	old, ok := m.objects[name]
	if ok != (match != "") || ok && etagOf(old) != match {
		m.mu.Unlock()
		return "", load.ErrConflict
	}
	m.objects[name] = data
	m.mu.Unlock()
	if m.after != nil {
		if err := m.after("put", name); err != nil {
			return "", err
		}
	}
	return etagOf(data), nil
}

func (m *memoryStore) List(_ context.Context, folder string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.objects)), func(name string) bool { return !strings.HasPrefix(name, folder+"/") }), nil
}

func (m *memoryStore) Remove(_ context.Context, name, match string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data, ok := m.objects[name]; ok && etagOf(data) != match {
		return load.ErrConflict
	}
	delete(m.objects, name)
	return nil
}

type memoryObject struct {
	*bytes.Reader
	etag string
}

func (o memoryObject) ETag() string { return o.etag }
func (o memoryObject) Close() error { return nil }

func etagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

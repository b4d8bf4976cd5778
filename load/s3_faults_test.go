package load_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// TestS3UnderFaults has everything that a Store must stand be stood while every sixth request meets a fault.
func TestS3UnderFaults(t *testing.T) {
	seed := uint64(0)
	faults := 0
	loadtest.TestStoreThatLosesAnswers(t, func(t testing.TB) load.Store {
		b := loadtest.NewBucket(t)
		p := loadtest.NewProxy(t, b)
		seed++
		p.Random(seed, 6, loadtest.Faults()...)
		t.Cleanup(func() {
			_, n := p.Seen()
			faults += n
		})
		return b.Open(t)
	})
	if faults < 50 {
		t.Errorf("there were %d faults only", faults)
	}
	t.Logf("%d faults", faults)
}

// one returns a picker of requests by their method, and by what their address or headers say.
func one(method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		text := r.URL.RequestURI()
		for _, name := range []string{"Range", "If-Match", "If-None-Match"} {
			text += " " + name + ":" + r.Header.Get(name)
		}
		return r.Method == method && strings.Contains(text, part)
	}
}

// TestS3EachFault has each fault befall each kind of request once. The store shows nothing of it.
func TestS3EachFault(t *testing.T) {
	small, large := bytes.Repeat([]byte("small "), 1000), bytes.Repeat([]byte("large!! "), 17<<17)
	type step struct {
		name   string
		pick   func(*http.Request) bool
		body   []byte // what is put; nil: before is read
		before []byte // what is there
	}
	steps := []step{
		{"creating", one("PUT", "/x? If-None-Match:*"), small, nil},
		{"replacing", one("PUT", "If-Match:\""), []byte("other"), small},
		{"beginning an upload", one("POST", "uploads="), large, small},
		{"a part", one("PUT", "partNumber=2"), large, small},
		{"completing", one("POST", "uploadId="), large, small},
		{"completing a new one", one("POST", "uploadId="), large, nil},
		{"reading", one("GET", "/x"), nil, small},
		{"reading a large one", one("GET", "/x"), nil, large},
		{"reading a range", one("GET", "Range:bytes=8388608-"), nil, large},
		{"listing", one("GET", "list-type=2"), nil, small},
		{"removing", one("DELETE", "/x"), nil, small},
	}
	steps[0].pick = func(r *http.Request) bool { return one("PUT", "/x")(r) }
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			b := loadtest.NewBucket(t)
			p := loadtest.NewProxy(t, b)
			store := b.Open(t)
			for i, fault := range loadtest.Faults() {
				p.Plan(nil)
				name, match := fmt.Sprintf("t%d/x", i), ""
				if s.before != nil {
					match = putBytes(t, store, name, s.before, "")
				}
				p.Once(fault, s.pick)
				stands := s.before
				if s.body != nil {
					match, stands = putBytes(t, store, name, s.body, match), s.body
				}
				if got, etag := loadtest.Get(t, store, name); got != string(stands) || etag != match {
					t.Errorf("%s: there are %d bytes with the etag %s, want %d with %s", fault, len(got), etag, len(stands), match)
				}
				if names, err := store.List(t.Context(), fmt.Sprintf("t%d", i)); err != nil || len(names) != 1 {
					t.Errorf("%s: listed %q, %v", fault, names, err)
				}
				if err := store.Remove(t.Context(), name, match); err != nil {
					t.Errorf("%s: removing: %v", fault, err)
				}
				if requests, n := p.Seen(); n != 1 {
					t.Errorf("%s: befell %d requests of %q", fault, n, requests)
				}
			}
			if n := b.Uploads(t); n > len(loadtest.Faults()) {
				t.Errorf("%d uploads are left", n)
			}
		})
	}
}

func putBytes(t *testing.T, s load.Store, name string, body []byte, match string) string {
	t.Helper()
	etag, err := s.Put(t.Context(), name, bytes.NewReader(body), match)
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

// TestS3LostAnswerAndAnotherWriter has another writer replace what was written, before the retry whose first attempt took
// effect without an answer. Our own write is not taken for theirs, nor theirs for ours.
func TestS3LostAnswerAndAnotherWriter(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "large": 17 << 20} {
		t.Run(name, func(t *testing.T) {
			b := loadtest.NewBucket(t)
			other := b.Open(t)
			p := loadtest.NewProxy(t, b)
			store := b.Open(t)
			if err := store.Check(t.Context()); err != nil { // so that it asks for nothing but what the write needs
				t.Fatal(err)
			}
			before := loadtest.Put(t, store, "x", "before", "")
			mine := bytes.Repeat([]byte("m"), size)
			attempts := 0
			p.Plan(func(r *http.Request) loadtest.Fault {
				if r.Method == http.MethodHead || one("PUT", "partNumber")(r) || one("POST", "uploads=")(r) || one("GET", "")(r) {
					return loadtest.None
				}
				if attempts++; attempts == 1 {
					return loadtest.Lost
				}
				if attempts == 2 {
					body, etag := loadtest.Get(t, other, "x")
					if body != string(mine) {
						t.Errorf("the first attempt took no effect: there are %d bytes", len(body))
					}
					loadtest.Put(t, other, "x", "theirs", etag)
				}
				return loadtest.None
			})
			// A server may know that the upload in parts was completed. It was, and replaced since.
			etag, err := store.Put(t.Context(), "x", bytes.NewReader(mine), before)
			if err == nil && name == "large" {
				_, err = store.Put(t.Context(), "x", strings.NewReader("on top of mine"), etag)
			}
			if !errors.Is(err, load.ErrConflict) {
				t.Errorf("got %v", err)
			}
			if got, _ := loadtest.Get(t, other, "x"); got != "theirs" {
				t.Errorf("there are %d bytes", len(got))
			}
		})
	}
}

// TestS3TheSameBytes has two writers put the same bytes in the place of the same object: one of them has won.
func TestS3TheSameBytes(t *testing.T) {
	s := loadtest.NewBucket(t).Open(t)
	before := loadtest.Put(t, s, "x", "before", "")
	loadtest.Put(t, s, "x", "after", before)
	if _, err := s.Put(t.Context(), "x", strings.NewReader("after"), before); !errors.Is(err, load.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// TestS3FaultsThatStay has every attempt fail. What took effect is known to have; what did not is no conflict.
func TestS3FaultsThatStay(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	b := loadtest.NewBucket(t)
	p := loadtest.NewProxy(t, b)
	s := b.Open(t)
	etag := loadtest.Put(t, s, "x", "0", "")
	always := func(f loadtest.Fault, method string) {
		p.Plan(func(r *http.Request) loadtest.Fault {
			if r.Method == method {
				return f
			}
			return loadtest.None
		})
	}
	always(loadtest.Lost, "PUT")
	etag = loadtest.Put(t, s, "x", "1", etag)
	for _, f := range []loadtest.Fault{loadtest.Broken, loadtest.SlowDown, loadtest.CutRequest} {
		always(f, "PUT")
		_, err := s.Put(t.Context(), "x", strings.NewReader("2"), etag)
		if err == nil || errors.Is(err, load.ErrConflict) || !strings.Contains(err.Error(), "s3://"+b.Name+"/lake/x") {
			t.Errorf("%s: got %v", f, err)
		}
		if f != loadtest.CutRequest && (err == nil || !strings.Contains(err.Error(), "run again later; what was committed stands")) {
			t.Errorf("%s: got %v", f, err)
		}
	}
	for _, f := range []loadtest.Fault{loadtest.Broken, loadtest.CutAnswer} {
		always(f, "GET")
		if _, err := s.Open(t.Context(), "x"); err == nil {
			t.Errorf("%s: opened", f)
		}
	}
	p.Plan(nil)
	if got, tag := loadtest.Get(t, s, "x"); got != "1" || tag != etag {
		t.Errorf("there is %q with the etag %s", got, tag)
	}
}

// TestS3Patience has the answer to a write come when nobody waits for it any more, and one to a reading stop in its middle.
func TestS3Patience(t *testing.T) {
	b := loadtest.NewBucket(t)
	p := loadtest.NewProxy(t, b)
	s := b.Open(t, func(o *load.S3Options) { o.Patience = 1e9 })
	etag := loadtest.Put(t, s, "x", "before", "")
	p.Once(loadtest.Late, one("PUT", "/x"))
	etag = loadtest.Put(t, s, "x", "after", etag)
	p.Once(loadtest.Late, one("GET", "/x"))
	if got, tag := loadtest.Get(t, s, "x"); got != "after" || tag != etag {
		t.Errorf("there is %q with the etag %s", got, tag)
	}
}

// TestS3CommitsUnderFaults commits through what loses, cuts, delays and repeats old answers. A commit that ends with an
// error is done again, as the next run would; in the end the tables are those of a lake that nothing befell.
func TestS3CommitsUnderFaults(t *testing.T) {
	b := loadtest.NewBucket(t)
	plain := load.New(b.Open(t), nil) // for looking
	p := loadtest.NewProxy(t, b)
	clean, f := newLake(t), &follower{}
	faults, again := 0, 0
	for i := range 120 / repeat {
		l := load.New(b.Open(t), nil) // a new process
		p.Random(uint64(i), 4, append(loadtest.Faults(), loadtest.Stale, loadtest.Stale)...)
		r := rows(schemas.PullRequestTasks, modelTask(int64(i%7), int64(i%31), fmt.Sprint(i)), modelTask(int64(i%5), 0, fmt.Sprint(i)))
		if i%5 == 0 {
			r.Complete = []schemas.Scope{{}}
		}
		commit(t, clean, i, r)
		c := load.Commit{Workspace: "acme", Rows: r, At: at(i), Cursor: []byte(fmt.Sprint(i))}
		for {
			_, err := l.Commit(t.Context(), c)
			_, n := p.Seen()
			if err == nil {
				faults += n
				break
			}
			if again++; !errors.Is(err, load.ErrConflict) {
				t.Logf("commit %d: %v", i, err)
			}
			f.follow(t, plain)
		}
		if m := manifest(t, plain, schemas.PullRequestTasks); string(m.Cursor) != fmt.Sprint(i) {
			t.Fatalf("commit %d: the cursor is %s", i, m.Cursor)
		}
	}
	want := scan[schemas.PullRequestTask](t, clean, schemas.PullRequestTasks, load.ScanOptions{})
	got := scan[schemas.PullRequestTask](t, plain, schemas.PullRequestTasks, load.ScanOptions{})
	if diff := cmp.Diff(want, got, ignoreSynced, timesAreAlike); diff != "" {
		t.Errorf("(-without faults +with faults):\n%s", diff)
	}
	f.check(t, plain)
	p.Plan(nil)
	verify(t, b.Open(t), false)
	t.Logf("%d faults, %d commits done again", faults, again)
	if faults < 100/repeat || again == 0 {
		t.Errorf("%d faults, %d commits done again: that is too few", faults, again)
	}
}

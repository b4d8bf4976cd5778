package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"bucketlake/load"
)

// TestStore is what any Store has to stand. Each call of newStore gives an empty one.
func TestStore(t *testing.T, newStore func(testing.TB) load.Store) { testStore(t, newStore, true) }

// TestStoreThatLosesAnswers is TestStore for one where the answer to a write may get lost, so that a writer which is told
// of a conflict may have written.
func TestStoreThatLosesAnswers(t *testing.T, newStore func(testing.TB) load.Store) {
	testStore(t, newStore, false)
}

func testStore(t *testing.T, newStore func(testing.TB) load.Store, once bool) {
	t.Run("put and open", func(t *testing.T) { testPutOpen(t, newStore(t)) })
	t.Run("conditions", func(t *testing.T) { testConditions(t, newStore(t)) })
	t.Run("body from its start", func(t *testing.T) { testBodyFromStart(t, newStore(t)) })
	t.Run("broken body", func(t *testing.T) { testBrokenBody(t, newStore(t)) })
	t.Run("open object stays", func(t *testing.T) { testOpenObjectStays(t, newStore(t)) })
	t.Run("cancelled", func(t *testing.T) { testCancelled(t, newStore(t)) })
	t.Run("one of many creators wins", func(t *testing.T) { testRace(t, newStore(t), "") })
	t.Run("one of many replacers wins", func(t *testing.T) {
		s := newStore(t)
		testRace(t, s, Put(t, s, "race/object", "before", ""))
	})
	t.Run("no increment is lost", func(t *testing.T) { testIncrements(t, newStore(t), once) })
	t.Run("readers see whole objects", func(t *testing.T) { testWholeObjects(t, newStore(t)) })
	t.Run("list", func(t *testing.T) { testList(t, newStore(t)) })
	t.Run("remove", func(t *testing.T) { testRemove(t, newStore(t)) })
	t.Run("large objects", func(t *testing.T) { testLarge(t, newStore(t)) })
}

// Put puts a text, which has to succeed.
func Put(t testing.TB, s load.Store, name, body, match string) (etag string) {
	t.Helper()
	etag, err := s.Put(t.Context(), name, strings.NewReader(body), match)
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

// Get returns what is there, and its etag.
func Get(t testing.TB, s load.Store, name string) (body, etag string) {
	t.Helper()
	o, err := s.Open(context.WithoutCancel(t.Context()), name)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	return content(t, o), o.ETag()
}

func content(t testing.TB, o load.Object) string {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func testPutOpen(t *testing.T, s load.Store) {
	if _, err := s.Open(t.Context(), "members/workspace=acme/data.parquet"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what is not there: %v", err)
	}
	for _, name := range []string{"a", "members/workspace=acme/data.parquet", "t/workspace=a.b-c_d/month=2026-10/data.parquet", "_bucketlake/x.json"} {
		for _, want := range []string{"", "one", strings.Repeat("large ", 1<<18)} {
			match := ""
			if o, err := s.Open(t.Context(), name); err == nil {
				match = o.ETag()
				o.Close()
			}
			etag := Put(t, s, name, want, match)
			if got, tag := Get(t, s, name); got != want || tag != etag || etag == "" {
				t.Errorf("%s: %d bytes with etag %q, want %d with %q", name, len(got), tag, len(want), etag)
			}
		}
	}
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/../../x", "a//b"} {
		if _, err := s.Put(t.Context(), name, strings.NewReader(""), ""); err == nil {
			t.Errorf("put %q", name)
		}
		if _, err := s.Open(t.Context(), name); err == nil && name != "." {
			t.Errorf("opened %q", name)
		}
	}
	o, err := s.Open(t.Context(), "members/workspace=acme/data.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	p := make([]byte, 5)
	if n, err := o.ReadAt(p, 6); n != 5 || err != nil || string(p) != "large" {
		t.Errorf("read %d bytes %q at 6: %v", n, p, err)
	}
	if n, err := o.ReadAt(p, o.Size()-2); n != 2 || err != io.EOF {
		t.Errorf("read %d bytes over the end: %v", n, err)
	}
}

func testConditions(t *testing.T, s load.Store) {
	refuse := func(name, match string) {
		t.Helper()
		if _, err := s.Put(t.Context(), name, strings.NewReader("no"), match); !errors.Is(err, load.ErrConflict) || !strings.Contains(err.Error(), name) {
			t.Errorf("put %s with match %q: %v", name, match, err)
		}
	}
	refuse("x", strings.Repeat("0", 64)) // there is none
	if _, err := s.Open(t.Context(), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused put left something: %v", err)
	}
	one := Put(t, s, "x", "one", "")
	refuse("x", "")
	two := Put(t, s, "x", "two", one)
	refuse("x", one)
	refuse("x", "")
	if got, etag := Get(t, s, "x"); got != "two" || etag != two {
		t.Errorf("there is %q with etag %s", got, etag)
	}
	if again := Put(t, s, "x", "two", two); again != two {
		t.Logf("the same content has another etag, which is allowed: %s, %s", two, again)
	}
}

func testBodyFromStart(t *testing.T, s load.Store) {
	body := strings.NewReader("whole")
	if _, err := body.Seek(3, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "x", body, ""); err != nil {
		t.Fatal(err)
	}
	if got, _ := Get(t, s, "x"); got != "whole" {
		t.Errorf("there is %q", got)
	}
}

// errBroken is the error of a body that breaks.
var errBroken = errors.New("broken")

// A brokenBody fails after some bytes.
type brokenBody struct{ *bytes.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	if n, err := b.Reader.Read(p); err == nil {
		return n, nil
	}
	return 0, errBroken
}

func testBrokenBody(t *testing.T, s load.Store) {
	before := Put(t, s, "x", "before", "")
	body := brokenBody{bytes.NewReader(make([]byte, 100_000))}
	if _, err := s.Put(t.Context(), "x", body, before); err == nil {
		t.Error("put a body that cannot be read")
	}
	if got, etag := Get(t, s, "x"); got != "before" || etag != before {
		t.Errorf("there are %d bytes with the etag %s", len(got), etag)
	}
}

func testOpenObjectStays(t *testing.T, s load.Store) {
	one := Put(t, s, "x", "one", "")
	o, err := s.Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	Put(t, s, "x", "and two", one)
	data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err == nil && string(data) != "one" {
		t.Errorf("the open object became %q", data)
	}
	if o.ETag() != one {
		t.Errorf("the etag became %s", o.ETag())
	}
}

func testCancelled(t *testing.T, s load.Store) {
	before := Put(t, s, "x", "before", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, "x", strings.NewReader("after"), before); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Open(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	if got, _ := Get(t, s, "x"); got != "before" {
		t.Errorf("there is %q", got)
	}
}

func testRace(t *testing.T, s load.Store, match string) {
	var wins atomic.Int32
	var winner atomic.Value
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			body := fmt.Sprintf("writer %d", i)
			etag, err := s.Put(t.Context(), "race/object", strings.NewReader(body), match)
			switch {
			case err == nil:
				wins.Add(1)
				winner.Store([2]string{body, etag})
			case !errors.Is(err, load.ErrConflict):
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d writers won", wins.Load())
	}
	body, etag := Get(t, s, "race/object")
	if got := [2]string{body, etag}; got != winner.Load() {
		t.Errorf("there is %q, and the winner put %q", got, winner.Load())
	}
}

// testIncrements adds words to an object by compare-and-swap. All of them are there in the end; once, if conflicts are
// told of truly.
func testIncrements(t *testing.T, s load.Store, once bool) {
	const writers, each = 4, 10
	Put(t, s, "words", "", "")
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for done := 0; done < each; {
				o, err := s.Open(t.Context(), "words")
				if err != nil {
					t.Error(err)
					return
				}
				next, match := content(t, o)+fmt.Sprintf("%d.%d ", i, done), o.ETag()
				o.Close()
				switch _, err := s.Put(t.Context(), "words", strings.NewReader(next), match); {
				case err == nil:
					done++
				case !errors.Is(err, load.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	got, _ := Get(t, s, "words")
	count := map[string]int{}
	for _, word := range strings.Fields(got) {
		if count[word]++; count[word] > 1 && once {
			t.Errorf("%s is there %d times", word, count[word])
		}
	}
	if len(count) != writers*each {
		t.Errorf("%d words of %d are there", len(count), writers*each)
	}
}

func testWholeObjects(t *testing.T, s load.Store) {
	etag := Put(t, s, "x", strings.Repeat("a", 300_000), "")
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				o, err := s.Open(t.Context(), "x")
				if err != nil {
					t.Errorf("opening: %v", err)
					return
				}
				body := content(t, o)
				o.Close()
				if strings.Count(body, body[:1]) != len(body) || len(body) < 300_000 {
					t.Errorf("read a mixture of %d bytes", len(body))
					return
				}
			}
		})
	}
	for i := range 40 {
		etag = Put(t, s, "x", strings.Repeat(string(rune('b'+i%20)), 300_000+i), etag)
	}
	close(stop)
	group.Wait()
}

func testList(t *testing.T, s load.Store) {
	list := func(folder string, want ...string) {
		t.Helper()
		got, err := s.List(t.Context(), folder)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", folder, got, err, want)
		}
	}
	list("t")
	names := []string{"t-x/a", "t/b", "t/b-c/d e+f%20.json", "t/b.c", "t/workspace=a/month=2026-10/data.parquet", "tt/a", "t/é"}
	for _, name := range names {
		Put(t, s, name, name, "")
	}
	list("t", "t/b", "t/b-c/d e+f%20.json", "t/b.c", "t/workspace=a/month=2026-10/data.parquet", "t/é")
	list("t/workspace=a", "t/workspace=a/month=2026-10/data.parquet")
	list("t/workspace")
	list("x")
	for _, folder := range []string{"", "..", "/t", "t/"} {
		if _, err := s.List(t.Context(), folder); err == nil {
			t.Errorf("listed %q", folder)
		}
	}
	for _, name := range names {
		if got, _ := Get(t, s, name); got != name {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func testRemove(t *testing.T, s load.Store) {
	if err := s.Remove(t.Context(), "x", strings.Repeat("0", 32)); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	one := Put(t, s, "x", "one", "")
	Put(t, s, "y/z", "other", "")
	two := Put(t, s, "x", "two", one)
	if err := s.Remove(t.Context(), "x", one); !errors.Is(err, load.ErrConflict) {
		t.Errorf("removing what has been replaced: %v", err)
	}
	if got, _ := Get(t, s, "x"); got != "two" {
		t.Errorf("there is %q", got)
	}
	if err := s.Remove(t.Context(), "x", two); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if got, _ := Get(t, s, "y/z"); got != "other" {
		t.Errorf("another one is %q", got)
	}
	for _, name := range []string{"", ".", "../x"} {
		if err := s.Remove(t.Context(), name, two); err == nil {
			t.Errorf("removed %q", name)
		}
	}
	Put(t, s, "x", "three", "")
}

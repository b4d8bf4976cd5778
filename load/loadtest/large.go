package loadtest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"bucketlake/load"
)

// large returns bytes that are not alike from one place to another.
func large(seed byte, size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

// testLarge puts objects that S3 takes in parts, and reads pieces of them.
func testLarge(t *testing.T, s load.Store) {
	put := func(data []byte, match string) (string, error) {
		return s.Put(t.Context(), "large", bytes.NewReader(data), match)
	}
	if _, err := put(large(0, 17<<20), strings.Repeat("0", 32)); !errors.Is(err, load.ErrConflict) {
		t.Errorf("in the place of nothing: %v", err)
	}
	data := large(1, 21<<20+12345)
	one, err := put(data, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put(large(2, 17<<20), ""); !errors.Is(err, load.ErrConflict) {
		t.Errorf("beside another one: %v", err)
	}
	o, err := s.Open(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.Size() != int64(len(data)) || o.ETag() != one {
		t.Errorf("%d bytes, etag %s", o.Size(), o.ETag())
	}
	for _, at := range [][2]int{{0, 10}, {len(data) - 8, 8}, {4<<20 - 3, 6}, {5 << 20, 9 << 20}, {0, len(data)}, {20 << 20, 1}} {
		p := make([]byte, at[1])
		if n, err := o.ReadAt(p, int64(at[0])); n != len(p) || err != nil && err != io.EOF || !bytes.Equal(p, data[at[0]:at[0]+at[1]]) {
			t.Errorf("%d bytes at %d: read %d, %v", at[1], at[0], n, err)
		}
	}
	if n, err := o.ReadAt(make([]byte, 10), o.Size()-4); n != 4 || err != io.EOF {
		t.Errorf("read %d bytes over the end: %v", n, err)
	}
	testLargeReplaced(t, s, o, data, one)
}

// testLargeReplaced replaces an object in the middle of being read, by several at once.
func testLargeReplaced(t *testing.T, s load.Store, o load.Object, data []byte, match string) {
	bodies, wins := [][]byte{large(3, 17<<20), large(4, 18<<20), large(5, 1<<20)}, make([]error, 3)
	var group sync.WaitGroup
	for i := range bodies {
		group.Go(func() { _, wins[i] = s.Put(t.Context(), "large", bytes.NewReader(bodies[i]), match) })
	}
	group.Wait()
	won := slices.Index(wins, nil)
	for i, err := range wins {
		if i != won && !errors.Is(err, load.ErrConflict) {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatalf("nobody won: %v", wins)
	}
	if got, _ := Get(t, s, "large"); got != string(bodies[won]) {
		t.Errorf("writer %d won, and there are %d bytes", won, len(got))
	}
	p := make([]byte, len(data))
	switch _, err := o.ReadAt(p, 0); {
	case err != nil && err != io.EOF:
		if !errors.Is(err, load.ErrConflict) {
			t.Errorf("reading on: %v", err)
		}
	case !bytes.Equal(p, data):
		t.Error("the open object became another one")
	}
}

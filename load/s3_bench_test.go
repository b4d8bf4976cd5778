package load_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"bucketlake/load/loadtest"
)

// BenchmarkS3 writes and reads a large object, on a server on the same machine.
func BenchmarkS3(b *testing.B) {
	const size = 128 << 20
	store := loadtest.NewBucket(b).Open(b)
	body := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(body)
	etag := ""
	b.Run("put", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			var err error
			if etag, err = store.Put(b.Context(), "large", bytes.NewReader(body), etag); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			o, err := store.Open(b.Context(), "large")
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, io.NewSectionReader(o, 0, o.Size())); n != size || err != nil {
				b.Fatal(n, err)
			}
			o.Close()
		}
	})
}

package load

import (
	"context"
	"iter"

	"bucketlake/schemas"
)

// ScanAny is Scan for tests that go through all tables: it yields pointers to the table's struct.
func (l *Lake) ScanAny(ctx context.Context, t *schemas.Table, workspace string, o ScanOptions) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for row, err := range l.scan(ctx, t, workspace, o) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row.Addr().Interface(), nil) {
				return
			}
		}
	}
}

// EncodeManifest and DecodeManifest are for the fuzz test.
func EncodeManifest(m *Manifest) ([]byte, error) { return m.encode() }

func DecodeManifest(data []byte, t *schemas.Table, workspace string) (*Manifest, error) {
	return decodeManifest(data, t, workspace)
}

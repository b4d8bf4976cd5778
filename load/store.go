package load

import (
	"context"
	"errors"
	"io"
)

// ErrConflict says that an object is not, or no longer, what the writer took it to be: somebody
// else wrote it. Nothing was overwritten.
var ErrConflict = errors.New("conflict: another writer was there first")

// A Store keeps named objects. Names are slash-separated paths. An object is replaced whole or not
// at all: whoever opens one sees all of what one Put wrote, and goes on seeing it until Close, or
// gets an error; never a mixture.
type Store interface {
	// Open opens an object. The error is fs.ErrNotExist where there is none.
	Open(ctx context.Context, name string) (Object, error)

	// Put writes an object, if what is there has the etag match; an empty match says that nothing
	// must be there. It returns the new etag. Where the condition does not hold the error is
	// ErrConflict and nothing was written; or it was, the answer got lost, and another writer that
	// has seen it has replaced it since. After any other error the outcome is unknown: the object
	// may be the old one or the new one.
	//
	// The body is read from its start, and may be read again from there for another attempt.
	Put(ctx context.Context, name string, body io.ReadSeeker, match string) (etag string, err error)

	// List returns the names of the objects below a folder, in order.
	List(ctx context.Context, folder string) ([]string, error)

	// Remove removes an object, if it has the etag match. That it is not there is no error; that another one is there is
	// ErrConflict.
	Remove(ctx context.Context, name, match string) error
}

// An Object is one version of an object, open for reading.
type Object interface {
	io.ReaderAt
	io.Closer
	Size() int64
	ETag() string // names the content; the same text that the Put which wrote it returned
}

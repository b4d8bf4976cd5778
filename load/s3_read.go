package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	s3Whole      = 8 << 20 // objects up to here are read by one request, and checked against their checksum
	s3Block      = 4 << 20 // larger ones in blocks of this size
	s3BlocksKept = 4
	s3Reads      = 5 // how often an answer that was cut off is asked for again
)

// errReplaced ends the reading of an object that is not there any more as it was opened.
var errReplaced = fmt.Errorf("it was replaced while it was read (%w): run again", ErrConflict)

// Open implements Store.
func (s *S3) Open(ctx context.Context, name string) (Object, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("opening %q: %w", name, fs.ErrInvalid)
	}
	for n := 1; ; n++ {
		o, err := s.open(ctx, name)
		switch {
		case err == nil:
			return o, nil
		case missing(err), s.nothing(ctx, name, err):
			return nil, &fs.PathError{Op: "open", Path: s.url(name), Err: fs.ErrNotExist}
		case ctx.Err() != nil:
			return nil, fmt.Errorf("reading %s: %w", s.url(name), ctx.Err())
		case status(err) != 0 && status(err) != http.StatusOK, n == s3Reads: // an answer, and not one that was cut off
			return nil, s.explain("reading", name, err)
		}
		if err := pause(ctx, n); err != nil {
			return nil, err
		}
	}
}

// open asks for the whole of an object, and takes it if it is small.
func (s *S3) open(ctx context.Context, name string) (Object, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.options.Bucket, Key: aws.String(s.key(name)), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	size, etag := aws.ToInt64(out.ContentLength), unquoted(out.ETag)
	if etag == "" {
		return nil, errors.New("the server names no etag")
	}
	if size > s3Whole {
		return s.blocks(ctx, name, etag, size), nil
	}
	data, err := io.ReadAll(out.Body)
	if err == nil && int64(len(data)) != size {
		err = io.ErrUnexpectedEOF
	}
	return &smallObject{bytes.NewReader(data), etag, data}, err
}

// nothing reports whether an object that may not be read is not there at all: S3 says so only to whoever may list the
// whole bucket.
func (s *S3) nothing(ctx context.Context, name string, err error) bool {
	if status(err) != http.StatusForbidden {
		return false
	}
	key := s.key(name)
	out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.options.Bucket, Prefix: &key, MaxKeys: aws.Int32(1)})
	return err == nil && (len(out.Contents) == 0 || aws.ToString(out.Contents[0].Key) != key)
}

// A smallObject is in memory.
type smallObject struct {
	*bytes.Reader
	etag string
	data []byte
}

func (o *smallObject) ETag() string { return o.etag }
func (o *smallObject) Close() error { return nil }

// A largeObject is read in blocks, on the condition that it still is the one that was opened. The next block is on its
// way while one is read.
type largeObject struct {
	size  int64
	etag  string
	fetch func(off, n int64) ([]byte, error)
	close func()

	mu     sync.Mutex
	blocks []*objectBlock // the ones used last, the latest first
}

// An objectBlock is a block of an object, there or on its way.
type objectBlock struct {
	index int64
	done  chan struct{} // closed when the others are set
	data  []byte
	err   error
}

func (s *S3) blocks(ctx context.Context, name, etag string, size int64) *largeObject {
	ctx, cancel := context.WithCancel(ctx)
	return &largeObject{size: size, etag: etag, close: cancel, fetch: func(off, n int64) ([]byte, error) {
		return s.fetch(ctx, name, etag, off, n)
	}}
}

func (o *largeObject) Size() int64  { return o.size }
func (o *largeObject) ETag() string { return o.etag }
func (o *largeObject) Close() error { o.close(); return nil }

// ReadAt implements io.ReaderAt.
func (o *largeObject) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fs.ErrInvalid
	}
	for n < len(p) {
		at := off + int64(n)
		if at >= o.size {
			return n, io.EOF
		}
		b := o.block(at / s3Block)
		if b.err != nil {
			return n, b.err
		}
		n += copy(p[n:], b.data[at%s3Block:])
	}
	return n, nil
}

// block returns a block that is there. It asks for the one behind it if the one before it was read, too.
func (o *largeObject) block(index int64) *objectBlock {
	o.mu.Lock()
	onwards := o.find(index-1) != nil
	b := o.want(index)
	if onwards && (index+1)*s3Block < o.size {
		o.want(index + 1)
	}
	o.mu.Unlock()
	<-b.done
	return b
}

func (o *largeObject) find(index int64) *objectBlock {
	for _, b := range o.blocks {
		if b.index == index {
			return b
		}
	}
	return nil
}

// want returns a block, and asks for it if it has to. One that could not be read is not kept.
func (o *largeObject) want(index int64) *objectBlock {
	b := o.find(index)
	kept := make([]*objectBlock, 1, s3BlocksKept)
	if b == nil || b.failed() {
		b = &objectBlock{index: index, done: make(chan struct{})}
		go func() {
			defer close(b.done)
			off := index * s3Block
			b.data, b.err = o.fetch(off, min(s3Block, o.size-off))
		}()
	}
	kept[0] = b
	for _, other := range o.blocks {
		if other.index != index && len(kept) < s3BlocksKept {
			kept = append(kept, other)
		}
	}
	o.blocks = kept
	return b
}

func (b *objectBlock) failed() bool {
	select {
	case <-b.done:
		return b.err != nil
	default:
		return false
	}
}

// fetch returns n bytes of an object from off on.
func (s *S3) fetch(ctx context.Context, name, etag string, off, n int64) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		data, err := s.fetchOnce(ctx, name, etag, off, n)
		switch {
		case err == nil:
			return data, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case status(err) == http.StatusPreconditionFailed, missing(err), errors.Is(err, errReplaced):
			return nil, fmt.Errorf("reading %s: %w", s.url(name), errReplaced)
		case status(err) != 0 && status(err) != http.StatusOK && status(err) != http.StatusPartialContent, attempt == s3Reads:
			return nil, s.explain("reading", name, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

func (s *S3) fetchOnce(ctx context.Context, name, etag string, off, n int64) ([]byte, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.options.Bucket, Key: aws.String(s.key(name)),
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1)), IfMatch: aws.String(quoted(etag)),
	})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	if unquoted(out.ETag) != etag { // the condition was passed over
		return nil, errReplaced
	}
	if want, got := fmt.Sprintf("bytes %d-%d/", off, off+n-1), aws.ToString(out.ContentRange); !strings.HasPrefix(got, want) {
		return nil, fmt.Errorf("the server answers with %q instead of %s", got, want)
	}
	data := make([]byte, n)
	_, err = io.ReadFull(out.Body, data)
	return data, err
}

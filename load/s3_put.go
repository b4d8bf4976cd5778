package load

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"net/http"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// writeKey is the metadata that tells one write from all others. Its value is random.
const writeKey = "bucketlake-write"

// s3Rewrites is how often a write is done anew that S3 put off because of another one at the same time.
const s3Rewrites = 5

// Put implements Store.
func (s *S3) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	if !validName(name) {
		return "", fmt.Errorf("writing %q: %w", name, fs.ErrInvalid)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	size, err := body.Seek(0, io.SeekEnd)
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", s.url(name), err)
	}
	if err := s.guard(ctx, size >= s3Large); err != nil {
		return "", err
	}
	w := write{name: name, body: body, size: size, match: match, token: rand.Text()}
	if s.options.Unguarded {
		switch here, _, err := s.head(ctx, name); {
		case err != nil:
			return "", s.explain("writing", name, err)
		case here.etag != match:
			return "", fmt.Errorf("writing %s: %w", s.url(name), ErrConflict)
		}
	}
	for n := 1; ; n++ {
		etag, err := s.write(ctx, w)
		if !deferred(err) || n == s3Rewrites {
			return etag, s.explain("writing", name, err)
		}
		if err := pause(ctx, n); err != nil {
			return "", err
		}
	}
}

// A write is one call of Put, in however many attempts.
type write struct {
	name  string
	body  io.ReadSeeker
	size  int64
	match string
	token string
}

// write sends an object, and finds out what became of it.
//
// The SDK sends it again where no answer came, or one that may pass. If the first attempt took effect and its answer got
// lost, the condition does not hold any more when the second arrives: our own write looks like somebody else's. What
// stands tells: it bears this write's token, or not.
func (s *S3) write(ctx context.Context, w write) (etag string, err error) {
	if _, err := w.body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if w.size < s3Large {
		etag, err = s.send(ctx, w)
	} else {
		etag, err = s.sendInParts(ctx, w)
	}
	if err == nil {
		return etag, nil
	}
	if ctx.Err() != nil {
		return "", fmt.Errorf("%w: %w", ctx.Err(), err) // nobody waits for the outcome
	}
	here, _, lost := s.head(ctx, w.name)
	switch {
	case lost != nil:
		return "", fmt.Errorf("%w; and what stands there now can't be read: %w", err, lost)
	case here.token == w.token:
		return here.etag, nil
	case status(err) == http.StatusPreconditionFailed, w.match != "" && code(err) == "NoSuchKey":
		return "", fmt.Errorf("%w (%s)", ErrConflict, code(err))
	}
	return "", err
}

// conditions returns the headers of a write: If-Match, or If-None-Match.
func (s *S3) conditions(match string) (ifMatch, ifNoneMatch *string) {
	switch {
	case s.options.Unguarded:
		return nil, nil
	case match == "":
		return nil, aws.String("*")
	}
	return aws.String(quoted(match)), nil
}

// send writes an object by one request. Its checksum goes before it: not every server knows one that comes after.
func (s *S3) send(ctx context.Context, w write) (string, error) {
	sum, err := checksum(ctx, w)
	if err != nil {
		return "", err
	}
	in := &s3.PutObjectInput{
		Bucket: &s.options.Bucket, Key: aws.String(s.key(w.name)), Body: w.body, ContentLength: &w.size,
		Metadata: map[string]string{writeKey: w.token}, ContentType: contentType(w.name), ChecksumCRC32: &sum,
	}
	in.IfMatch, in.IfNoneMatch = s.conditions(w.match)
	s.encrypt(in)
	out, err := s.client.PutObject(ctx, in)
	if err != nil {
		return "", err
	}
	return unquoted(out.ETag), nil
}

func (s *S3) encrypt(in *s3.PutObjectInput) {
	if e := s.options.Encryption; e.KMS {
		in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = types.ServerSideEncryptionAwsKms, optional(e.Key), aws.Bool(true)
	} else if e.set {
		in.ServerSideEncryption = types.ServerSideEncryptionAes256
	}
}

// checksum reads a body, and leaves it at its start.
func checksum(ctx context.Context, w write) (string, error) {
	hash := crc32.NewIEEE()
	if n, err := io.Copy(hash, contextReader{ctx, w.body}); err != nil || n != w.size {
		return "", fmt.Errorf("reading what is to be written: %d bytes of %d: %w", n, w.size, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	_, err := w.body.Seek(0, io.SeekStart)
	return base64.StdEncoding.EncodeToString(hash.Sum(nil)), err
}

// standing is what stands under a name.
type standing struct {
	etag, token string
	size        int64
}

// head looks at what stands under a name, and reports whether something does.
func (s *S3) head(ctx context.Context, name string) (standing, bool, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.options.Bucket, Key: aws.String(s.key(name))})
	if err == nil {
		return standing{unquoted(out.ETag), out.Metadata[writeKey], aws.ToInt64(out.ContentLength)}, true, nil
	}
	if missing(err) || s.nothing(ctx, name, err) {
		return standing{}, false, nil
	}
	return standing{}, false, err
}

// deferred reports whether a write is to be done anew: S3 was busy with another one of the same key, or lost the parts.
func deferred(err error) bool {
	return status(err) == http.StatusConflict || code(err) == "NoSuchUpload"
}

// pause waits before attempt n+1, longer each time.
func pause(ctx context.Context, n int) error {
	wait := 50 * time.Millisecond << min(n, 6)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait/2 + mathrand.N(wait/2)):
		return nil
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func contentType(name string) *string {
	switch path.Ext(name) {
	case ".parquet":
		return aws.String("application/vnd.apache.parquet")
	case ".json":
		return aws.String("application/json")
	}
	return aws.String("application/octet-stream")
}

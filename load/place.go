package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// A Place says where a lake is: in a directory, or in a bucket.
type Place struct {
	Directory string // "": in a bucket
	S3        S3Options
}

// bucketName is what S3 takes for a name, of buckets that are old as well.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

// ParsePlace takes the address of a lake apart: file:// and a path, or s3:// with a bucket and a prefix.
func ParsePlace(address string) (Place, error) {
	if path, ok := strings.CutPrefix(address, "file://"); ok && path != "" {
		return Place{Directory: filepath.Clean(path)}, nil
	}
	rest, ok := strings.CutPrefix(address, "s3://")
	if !ok {
		return Place{}, fmt.Errorf("%s is no place for a lake: set it to file:// and a path, such as file://./data/lake, or to s3://BUCKET/PREFIX", address)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	prefix = strings.Trim(prefix, "/")
	if !bucketName.MatchString(bucket) {
		return Place{}, fmt.Errorf("%s names no bucket: set it to s3://BUCKET/PREFIX", address)
	}
	if prefix != "" && (!validName(prefix) || strings.ContainsAny(prefix, "?#*")) {
		return Place{}, fmt.Errorf("%s has a prefix that is no plain path: set it to one such as s3://%s/bucketlake", address, bucket)
	}
	return Place{S3: S3Options{Bucket: bucket, Prefix: prefix}}, nil
}

// String returns the address as ParsePlace takes it.
func (p Place) String() string {
	if p.Directory != "" {
		return "file://" + p.Directory
	}
	return strings.TrimSuffix("s3://"+p.S3.Bucket+"/"+p.S3.Prefix, "/")
}

// Open opens the store in the place. A directory is tried at once; a bucket is not asked for anything before it is used.
func (p Place) Open(ctx context.Context) (Store, error) {
	if p.Directory != "" {
		return OpenDirectory(p.Directory)
	}
	return OpenS3(ctx, p.S3)
}

// Check opens the store in the place, and tries whether a lake can be read and written there.
func (p Place) Check(ctx context.Context) (Store, error) {
	store, err := p.Open(ctx)
	if s3, ok := store.(*S3); ok && err == nil {
		err = s3.Check(ctx)
	}
	return store, err
}

// An Encryption says how S3 encrypts what is written. The zero value leaves that to the bucket.
type Encryption struct {
	KMS bool   // by a key of AWS KMS; otherwise by one of S3's own
	Key string // the ARN of a key of KMS; "": AWS's own one for S3
	set bool
}

// ParseEncryption reads nothing, sse-s3, sse-kms, or sse-kms: and the ARN of a key.
func ParseEncryption(text string) (Encryption, error) {
	kind, key, named := strings.Cut(text, ":")
	switch {
	case text == "":
		return Encryption{}, nil
	case text == "sse-s3":
		return Encryption{set: true}, nil
	case kind == "sse-kms" && (!named || strings.HasPrefix(key, "arn:")):
		return Encryption{KMS: true, Key: key, set: true}, nil
	}
	return Encryption{}, errors.New("is not known: set it to sse-s3, sse-kms, or sse-kms: and the ARN of a key; or unset it, and the bucket decides")
}

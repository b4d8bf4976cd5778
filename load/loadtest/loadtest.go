// Package loadtest holds what every load.Store has to stand, and gives tests a real S3 server, and a proxy before it that
// loses, delays and garbles what goes by.
package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"bucketlake/load"
)

// A Bucket is an empty bucket on a real S3 server (versitygw), which the test binary starts on first use and which ends
// with it.
type Bucket struct {
	Name string
	URL  string // of the server

	server *server
	client *s3.Client // knows nothing of bucketlake
}

var buckets atomic.Int64

// NewBucket makes a bucket. Where the server can't be built, the test is skipped; under CI it fails.
func NewBucket(t testing.TB) *Bucket {
	t.Helper()
	server, err := running()
	if errors.Is(err, errMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &Bucket{Name: fmt.Sprintf("test-%d-%d", os.Getpid(), buckets.Add(1)), URL: server.url, server: server}
	b.client = s3.New(s3.Options{
		BaseEndpoint: &server.url, Region: region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(server.access, server.secret, ""),
	})
	if _, err := b.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.Name}); err != nil {
		t.Fatal(err)
	}
	return b
}

// Environment returns the variables by which the AWS SDK finds the server.
func (b *Bucket) Environment() []string { return append([]string{}, b.server.environment...) }

// LakeURL returns the address of a lake in the bucket.
func (b *Bucket) LakeURL() string { return "s3://" + b.Name + "/lake" }

// Open opens the lake in the bucket, perhaps in another way than usually. The server's credentials are put into this
// process's environment.
func (b *Bucket) Open(t testing.TB, change ...func(*load.S3Options)) *load.S3 {
	t.Helper()
	for _, e := range b.server.environment {
		name, value, _ := strings.Cut(e, "=")
		if os.Getenv(name) != value {
			os.Setenv(name, value)
		}
	}
	place, err := load.ParsePlace(b.LakeURL())
	if err != nil {
		t.Fatal(err)
	}
	place.S3.PathStyle, place.S3.Endpoint = true, b.URL
	for _, c := range change {
		c(&place.S3)
	}
	store, err := load.OpenS3(t.Context(), place.S3)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Client returns a client of the server that knows nothing of bucketlake.
func (b *Bucket) Client() *s3.Client { return b.client }

// Read lists the objects of the lake below a folder and reads each, as a query engine does. One that is replaced between
// the two is read as it is then.
func (b *Bucket) Read(ctx context.Context, folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: aws.String("lake/" + folder)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: o.Key})
			if err != nil {
				return nil, err
			}
			data, err := io.ReadAll(out.Body)
			if err := errors.Join(err, out.Body.Close()); err != nil {
				return nil, err
			}
			files[strings.TrimPrefix(*o.Key, "lake/")] = data
		}
	}
	return files, nil
}

// BeginUpload begins an upload in parts, sends one of them, and leaves it at that.
func (b *Bucket) BeginUpload(t testing.TB, name string) {
	t.Helper()
	key := aws.String("lake/" + name)
	upload, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.Name, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.client.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &b.Name, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Uploads returns how many uploads in parts are neither completed nor taken back.
func (b *Bucket) Uploads(t testing.TB) int {
	t.Helper()
	out, err := b.client.ListMultipartUploads(context.WithoutCancel(t.Context()), &s3.ListMultipartUploadsInput{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}

// ReadDirectory is Bucket.Read for a lake in a directory.
func ReadDirectory(root, folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, e os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return files, err
}

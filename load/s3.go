package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// S3Options say where a lake is in S3, and what is to be done there in another way than S3 does it. Region, credentials
// and endpoint are the AWS SDK's own settings (AWS_REGION, AWS_ENDPOINT_URL_S3, ...).
type S3Options struct {
	Bucket     string
	Prefix     string // of all keys; without slashes at its ends
	PathStyle  bool   // the bucket's name stands in the path, not in the host: for compatible servers
	Encryption Encryption
	Unguarded  bool // nobody else writes: do without conditional writes

	Endpoint string        // of the server; "": as AWS_ENDPOINT_URL_S3 says, or Amazon's
	Patience time.Duration // how long a server may say nothing at all, amid an answer too; 0: a minute
}

const (
	s3Patience = time.Minute
	// s3Attempts is how often a request is tried before a person hears of it, unless AWS_MAX_ATTEMPTS says otherwise.
	s3Attempts = 8
)

// An S3 is a Store in a bucket of Amazon S3, or of a server that is compatible with it and keeps conditional writes. An
// object is replaced by one PUT, or by the completion of an upload in parts, on the condition that the one it replaces
// is there; so any number of processes may share the bucket.
//
// An etag is the server's.
type S3 struct {
	client   *s3.Client
	options  S3Options
	endpoint string // where it is not Amazon's

	mu               sync.Mutex
	guarded, inParts bool // conditions were seen to hold, for single writes and for uploads in parts
}

var _ Store = (*S3)(nil)

// OpenS3 opens the store in a bucket, which has to exist. It sends no request.
func OpenS3(ctx context.Context, o S3Options) (*S3, error) {
	if o.Patience == 0 {
		o.Patience = s3Patience
	}
	c, err := awsConfig(ctx, o.Patience, s3Attempts)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(c, func(so *s3.Options) {
		so.UsePathStyle = o.PathStyle
		if standard, ok := so.Retryer.(aws.RetryerV2); ok {
			so.Retryer = cutOffRetryer{standard}
		}
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
	})
	return &S3{client: client, options: o, endpoint: aws.ToString(client.Options().BaseEndpoint)}, nil
}

// awsConfig reads the SDK's own settings. A request is tried so often, unless they say otherwise.
func awsConfig(ctx context.Context, patience time.Duration, attempts int) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(awshttp.NewBuildableClient().WithReadTimeout(patience)))
	if err != nil {
		return c, fmt.Errorf("reading the AWS configuration: %w (correct the file or the variable that it names)", err)
	}
	if c.RetryMaxAttempts == 0 {
		c.RetryMaxAttempts = attempts
	}
	c.Logger = logging.Nop{} // what matters comes back as an error
	return c, nil
}

// A cutOffRetryer has a request sent again, too, whose answer said that all is well and ended in the middle.
type cutOffRetryer struct{ aws.RetryerV2 }

func (r cutOffRetryer) IsErrorRetryable(err error) bool {
	damaged := (*smithy.DeserializationError)(nil)
	return errors.As(err, &damaged) && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) || r.RetryerV2.IsErrorRetryable(err)
}

// validName reports whether a name can be an object's. S3 would take others, a directory would not.
func validName(name string) bool { return fs.ValidPath(name) && name != "." }

func (s *S3) key(name string) string {
	if s.options.Prefix == "" {
		return name
	}
	return s.options.Prefix + "/" + name
}

// url returns the address of an object, for people.
func (s *S3) url(name string) string { return "s3://" + s.options.Bucket + "/" + s.key(name) }

// List implements Store. Keys that end in a slash, which stand for folders in some tools, are no objects.
func (s *S3) List(ctx context.Context, folder string) ([]string, error) {
	etags, err := s.ETags(ctx, folder)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(etags)), nil
}

// ETags lists the objects below a folder with their etags.
func (s *S3) ETags(ctx context.Context, folder string) (map[string]string, error) {
	if !fs.ValidPath(folder) {
		return nil, fmt.Errorf("listing %q: %w", folder, fs.ErrInvalid)
	}
	prefix := s.key(folder) + "/"
	if folder == "." {
		prefix = strings.TrimSuffix(s.key("."), ".")
	}
	etags := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.options.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.explain("listing", folder, err)
		}
		for _, o := range page.Contents {
			name := strings.TrimPrefix(aws.ToString(o.Key), strings.TrimSuffix(s.key("."), "."))
			if validName(name) {
				etags[name] = unquoted(o.ETag)
			}
		}
	}
	return etags, nil
}

// Remove implements Store.
func (s *S3) Remove(ctx context.Context, name, match string) error {
	if !validName(name) {
		return fmt.Errorf("removing %q: %w", name, fs.ErrInvalid)
	}
	in := &s3.DeleteObjectInput{Bucket: &s.options.Bucket, Key: aws.String(s.key(name))}
	if !s.options.Unguarded {
		in.IfMatch = aws.String(quoted(match))
	}
	_, err := s.client.DeleteObject(ctx, in)
	switch {
	case err == nil, missing(err):
		return nil
	case status(err) == http.StatusPreconditionFailed:
		// An answer that got lost may have been that to another attempt of this one: then nothing is there.
		if _, here, err := s.head(ctx, name); err == nil && !here {
			return nil
		}
		return fmt.Errorf("removing %s: %w", s.url(name), ErrConflict)
	}
	return s.explain("removing", name, err)
}

// quoted returns an etag as it is sent, and unquoted as it is kept.
func quoted(etag string) string    { return `"` + etag + `"` }
func unquoted(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

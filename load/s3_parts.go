package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	transfertypes "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	s3Large    = 16 << 20 // what is sent in parts
	s3PartSize = 8 << 20
	s3Parallel = 3                // parts under way at once; bounds memory
	s3TakeBack = 10 * time.Second // for removing what was sent, when somebody asks to stop, too
)

// sendInParts writes an object by several requests; the last one, which makes it visible, bears the condition. A crash
// before that leaves parts that no reader sees; Verify names them.
func (s *S3) sendInParts(ctx context.Context, w write) (string, error) {
	in := &transfermanager.UploadObjectInput{
		Bucket: &s.options.Bucket, Key: aws.String(s.key(w.name)), Body: w.body,
		Metadata: map[string]string{writeKey: w.token}, ContentType: contentType(w.name), ChecksumAlgorithm: transfertypes.ChecksumAlgorithmCrc32,
	}
	in.IfMatch, in.IfNoneMatch = s.conditions(w.match)
	if e := s.options.Encryption; e.KMS {
		in.ServerSideEncryption, in.SSEKMSKeyID, in.BucketKeyEnabled = transfertypes.ServerSideEncryptionAwsKms, optional(e.Key), aws.Bool(true)
	} else if e.set {
		in.ServerSideEncryption = transfertypes.ServerSideEncryptionAes256
	}
	last := &completion{Client: s.client}
	out, err := transfermanager.New(last, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency, o.FailTimeout = s3PartSize, s3PartSize, s3Parallel, s3TakeBack
	}).UploadObject(ctx, in)
	if err == nil && last.err == nil {
		return unquoted(out.ETag), nil
	}
	if last.err != nil {
		err = last.err
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s3TakeBack)
		defer cancel()
		_ = s.abandon(ctx, in.Key, last.upload) // that it is completed, and so there no more, may be all that is wrong
	}
	return "", err
}

// A completion keeps the error of an upload's last request from the transfer manager, which would print it.
type completion struct {
	*s3.Client
	upload *string
	err    error
}

func (c *completion) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, o ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := c.Client.CompleteMultipartUpload(ctx, in, o...)
	if err != nil {
		c.upload, c.err = in.UploadId, err
		return &s3.CompleteMultipartUploadOutput{}, nil
	}
	return out, nil
}

func (s *S3) abandon(ctx context.Context, key, upload *string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.options.Bucket, Key: key, UploadId: upload})
	if code(err) == "NoSuchUpload" {
		return nil
	}
	return err
}

// Unfinished lists the uploads in parts below a folder that were begun before a time, and neither completed nor taken
// back: what a process left that was killed.
func (s *S3) Unfinished(ctx context.Context, folder string, before time.Time) ([]Upload, error) {
	prefix := s.key(folder) + "/"
	var found []Upload
	pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &s.options.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.explain("listing uploads to", folder, err)
		}
		for _, u := range page.Uploads {
			if begun := aws.ToTime(u.Initiated); begun.Before(before) {
				name := strings.TrimPrefix(aws.ToString(u.Key), strings.TrimSuffix(s.key("."), "."))
				found = append(found, Upload{Name: name, Begun: begun, key: u.Key, id: u.UploadId})
			}
		}
	}
	return found, nil
}

// An Upload is one in parts that is under way, or was left.
type Upload struct {
	Name    string // of the object
	Begun   time.Time
	key, id *string
}

// Abandon removes the parts of uploads.
func (s *S3) Abandon(ctx context.Context, uploads []Upload) error {
	var errs []error
	for _, u := range uploads {
		if err := s.abandon(ctx, u.key, u.id); err != nil {
			errs = append(errs, s.explain("removing the parts of", u.Name, err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("%d uploads are left: %w", len(errs), errors.Join(errs...))
	}
	return nil
}

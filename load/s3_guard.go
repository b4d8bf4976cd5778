package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// ErrUnguarded says that a bucket does not keep conditional writes, so that two writers could overwrite each other.
var ErrUnguarded = errors.New("it does not keep conditional writes, so two writers could overwrite each other: " +
	"use a store that does (Amazon S3 does), or, where never more than one bucketlake writes, set LAKE_UNGUARDED=true")

// guardName is an object that is there so that writes can be refused because of it.
const guardName = stateFolder + "/guard"

const guardText = "bucketlake tries here whether this bucket keeps conditional writes. It may be removed, and comes back.\n"

// noETag is an etag that no object has.
const noETag = "00000000000000000000000000000000"

// guard makes sure, once and before the first write, that writes whose condition does not hold are refused: a server that
// does not know conditions may well pass over them, and everybody's safety hangs on them.
func (s *S3) guard(ctx context.Context, inParts bool) error {
	if s.options.Unguarded {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.guarded {
		if err := s.tryConditions(ctx); err != nil {
			return s.explainGuard(err)
		}
		s.guarded = true
	}
	if inParts && !s.inParts {
		if err := s.tryConditionInParts(ctx); err != nil {
			return s.explainGuard(err)
		}
		s.inParts = true
	}
	return nil
}

func (s *S3) explainGuard(err error) error {
	if errors.Is(err, ErrUnguarded) || code(err) == "NotImplemented" {
		where := s.endpoint
		if where != "" {
			where = " at " + where
		}
		return fmt.Errorf("the bucket %s%s can't keep a lake: %w", s.options.Bucket, where, ErrUnguarded)
	}
	return s.explain("writing", guardName, err)
}

// tryConditions writes what must be refused: something new in the place of what is there, and something in the place of
// what is not.
func (s *S3) tryConditions(ctx context.Context) error {
	put := func(ifMatch, ifNoneMatch *string) (refused bool, err error) {
		in := &s3.PutObjectInput{
			Bucket: &s.options.Bucket, Key: aws.String(s.key(guardName)), Body: strings.NewReader(guardText), IfMatch: ifMatch, IfNoneMatch: ifNoneMatch,
			ContentType: aws.String("text/plain"),
		}
		s.encrypt(in)
		_, err = s.client.PutObject(ctx, in)
		return refusal(err)
	}
	for range 2 { // at first there may be none
		refused, err := put(nil, aws.String("*"))
		if err != nil {
			return err
		}
		if refused {
			refused, err = put(aws.String(quoted(noETag)), nil)
			if err == nil && !refused {
				err = ErrUnguarded
			}
			return err
		}
	}
	return ErrUnguarded
}

// tryConditionInParts is tryConditions for the completion of an upload in parts.
func (s *S3) tryConditionInParts(ctx context.Context) error {
	bucket, key := &s.options.Bucket, aws.String(s.key(guardName))
	like := &s3.PutObjectInput{}
	s.encrypt(like)
	upload, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
		ServerSideEncryption: like.ServerSideEncryption, SSEKMSKeyId: like.SSEKMSKeyId, BucketKeyEnabled: like.BucketKeyEnabled,
	})
	if err != nil {
		return err
	}
	part, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader(guardText),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err == nil {
		_, err = s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: bucket, Key: key, UploadId: upload.UploadId, IfNoneMatch: aws.String("*"), MultipartUpload: &types.CompletedMultipartUpload{
				Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32}},
			},
		})
		if err == nil {
			return ErrUnguarded
		}
	}
	refused, err := refusal(err)
	_, aborted := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload.UploadId})
	if err == nil && refused && code(aborted) != "NoSuchUpload" {
		err = aborted
	}
	return err
}

// refusal tells a write that was refused because of its condition from other failures.
func refusal(err error) (bool, error) {
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return true, nil
	case http.StatusNotFound:
		if code(err) == "NoSuchKey" { // nothing is there that could match
			return true, nil
		}
	}
	return false, err
}

// Check tries everything that a lake needs of a bucket: conditions, and the rights to read, write, list and remove.
func (s *S3) Check(ctx context.Context) error {
	if err := s.guard(ctx, true); err != nil {
		return err
	}
	const folder = stateFolder + "/tmp"
	name, text := folder+"/check-"+rand.Text(), rand.Text()
	etag, err := s.Put(ctx, name, strings.NewReader(text), "")
	if err != nil {
		return err
	}
	read, err := s.read(ctx, name)
	if err == nil && read != text {
		err = fmt.Errorf("reading %s: it is not what was written: is there a cache before the bucket?", s.url(name))
	}
	if err == nil {
		_, err = s.List(ctx, folder)
	}
	return errors.Join(err, s.Remove(ctx, name, etag))
}

// read returns the whole of an object.
func (s *S3) read(ctx context.Context, name string) (string, error) {
	o, err := s.Open(ctx, name)
	if err != nil {
		return "", err
	}
	defer o.Close()
	data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	return string(data), err
}

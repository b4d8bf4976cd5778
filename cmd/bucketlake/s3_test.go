package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestLakeInS3 goes the way of an installation whose lake is in S3, with every command that reads or writes it.
func TestLakeInS3(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 51})
	i.onS3(t)
	i.connect(t)
	contains(t, "check", i.must(t, "check"), "ok      lake", i.get("LAKE_URL")+" can be read and written")
	first := i.sync(t)
	if !first.Complete || first.Requests == 0 {
		t.Errorf("first sync: %+v", first)
	}
	i.equalLedger(t)
	contains(t, "status", i.must(t, "status"), "usage_events")
	if found, code := i.verify(t); code != 0 || len(found) > 0 {
		t.Errorf("found %v, exit code %d", found, code)
	}
	i.bitbucket.Advance(200)
	i.sync(t)
	i.equalLedger(t)
	before := i.objects(t)
	i.must(t, "sync")
	for name, etag := range i.objects(t) {
		if before[name] != etag && strings.HasSuffix(name, ".parquet") && !strings.Contains(name, "freshness") {
			t.Errorf("nothing happened, and %s was written", name)
		}
	}
	i.equalFresh(t)
}

// objects lists the lake's objects, with their etags.
func (i *install) objects(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(i.bucket.Client(), &s3.ListObjectsV2Input{Bucket: &i.bucket.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			all[*o.Key] = *o.ETag
		}
	}
	return all
}

// TestVerifyInS3 damages a lake in S3, and has it cleaned up.
func TestVerifyInS3(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 52})
	i.onS3(t)
	i.connect(t)
	i.sync(t)
	const folder = "members/workspace=acme/"
	for name, kind := range map[string]string{"data (copy).parquet": "orphan", "data.parquet": "damaged"} {
		_, err := i.bucket.Client().PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &i.bucket.Name, Key: aws.String("lake/" + folder + name), Body: bytes.NewReader([]byte("no Parquet")),
		})
		if err != nil {
			t.Fatal(err)
		}
		if found, _ := i.verify(t); found[name] != kind {
			t.Errorf("found %v; want %s to be %s", found, name, kind)
		}
		if kind == "orphan" {
			i.must(t, "verify", "--remove-orphans")
		}
	}
	found, code := i.verify(t)
	if len(found) != 1 || found["data.parquet"] != "damaged" || code != exitFailed {
		t.Errorf("found %v, exit code %d", found, code)
	}
	_, err := i.bucket.Client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &i.bucket.Name, Key: aws.String("lake/" + folder + "data.parquet")})
	if err != nil {
		t.Fatal(err)
	}
	if found, code := i.verify(t); len(found) != 1 || found["data.parquet"] != "missing" || code != exitFailed {
		t.Errorf("found %v, exit code %d", found, code)
	}
}

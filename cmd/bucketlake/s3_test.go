package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/load/loadtest"
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
		if before[name] != etag && strings.HasSuffix(name, ".parquet") && !strings.Contains(name, "freshness/") && !strings.Contains(name, "sync_runs/") {
			t.Errorf("nothing happened, and %s was written", name)
		}
	}
	i.equalFresh(t)
}

// TestTwoWorkersOneLake has two installations that know nothing of each other sync one workspace into one lake at the same
// time, again and again. Of two commits one wins, the other goes on from it.
func TestTwoWorkersOneLake(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(*testing.T, *install){
		"directory": func(t *testing.T, i *install) { i.set("LAKE_URL", "file://"+filepath.ToSlash(t.TempDir())) },
		"S3":        func(t *testing.T, i *install) { i.onS3(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := newInstall(t, bitbuckettest.Options{Seed: 53})
			where(t, one)
			two := *one
			two.env = slices.Clone(one.env)
			two.set("STATE_URL", "sqlite://"+filepath.Join(t.TempDir(), "state.db"))
			two.set("KEYSET_FILE", filepath.Join(t.TempDir(), "keyset.json"))
			one.connect(t)
			two.connect(t)
			var mu sync.Mutex
			conflicts := 0
			for range 3 {
				var group sync.WaitGroup
				for _, i := range []*install{one, &two} {
					group.Go(func() {
						_, stderr, code := i.run(t, "sync")
						if code != 0 && !strings.Contains(stderr, "another writer was there first") {
							t.Errorf("exit code %d: %s", code, first(stderr, 3000))
						}
						mu.Lock()
						defer mu.Unlock()
						conflicts += strings.Count(stderr, "another writer was there first")
					})
				}
				group.Wait()
				one.bitbucket.Advance(100)
			}
			t.Logf("%d conflicts", conflicts)
			two.sync(t)
			one.equalLedger(t)
			if found, code := one.verify(t); code != 0 || len(found) > 0 {
				t.Errorf("found %v, exit code %d", found, code)
			}
			one.equalFresh(t)
		})
	}
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

// TestSyncUnderFaultsOfS3 syncs while every eighth request to S3 meets a fault. Nobody notices.
func TestSyncUnderFaultsOfS3(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 54})
	i.onS3(t)
	p := loadtest.NewProxy(t, i.bucket)
	i.set("AWS_ENDPOINT_URL_S3", p.URL)
	i.connect(t)
	for seed := range uint64(2) {
		p.Random(seed, 8, loadtest.Faults()...)
		i.sync(t)
		requests, faults := p.Seen()
		byMethod := map[string]int{}
		for _, r := range requests {
			byMethod[strings.Fields(r)[0]]++
		}
		t.Logf("requests to S3: %v, of which %d met a fault", byMethod, faults)
		if faults < len(requests)/20 {
			t.Errorf("%d faults in %d requests", faults, len(requests))
		}
		p.Plan(nil)
		i.equalLedger(t)
		i.bitbucket.Advance(100)
	}
	i.sync(t)
	if found, code := i.verify(t); code != 0 || len(found) > 0 {
		t.Errorf("found %v, exit code %d", found, code)
	}
	i.equalFresh(t)
}

// TestKilledInS3 kills syncs into S3 at many moments, while the workspace lives on.
func TestKilledInS3(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 55})
	i.set("BATCH_ROWS", "100") // many commits
	i.onS3(t)
	i.connect(t)
	kills := 0
	for d := 20 * time.Millisecond; d < 3*time.Second; d = d * 3 / 2 {
		cmd := i.command(t.Context(), "sync")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(d)
		kill(t, cmd)
		kills++
		i.bitbucket.Advance(1)
		if found, code := i.verify(t); code != 0 {
			t.Errorf("after %s: found %v", d, found)
		}
	}
	t.Logf("%d kills", kills)
	i.sync(t)
	i.equalLedger(t)
	if found, code := i.verify(t, "--remove-orphans"); code != 0 || len(found) > 0 {
		t.Errorf("found %v, exit code %d", found, code)
	}
	i.equalFresh(t)
}

// TestVerifyInS3 damages a lake in S3, and has it cleaned up.
func TestVerifyInS3(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 52})
	i.onS3(t)
	i.connect(t)
	i.sync(t)
	const folder = "members/workspace=acme/"
	for _, object := range []struct{ name, kind string }{{"data (copy).parquet", "orphan"}, {"data.parquet", "damaged"}} {
		name, kind := object.name, object.kind
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

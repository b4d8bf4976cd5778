package load_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"bucketlake/load"
	"bucketlake/load/loadtest"
)

// TestS3WithoutConditions puts into buckets whose server passes over conditions: nothing is written, and it is said what
// to do; unless nobody else is said to write there.
func TestS3WithoutConditions(t *testing.T) {
	for _, tt := range []struct {
		name         string
		about        func(*http.Request) bool
		small, large bool // whether they are written
	}{
		{"none", func(*http.Request) bool { return true }, false, false},
		{"none for what is new", func(r *http.Request) bool { return r.Method == "PUT" && r.Header.Get("If-None-Match") != "" }, false, false},
		{"none for what is replaced", func(r *http.Request) bool { return r.Method == "PUT" && r.Header.Get("If-Match") != "" }, false, false},
		{"none for uploads in parts", func(r *http.Request) bool { return r.Method == "POST" }, true, false},
		{"all", func(*http.Request) bool { return false }, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := loadtest.NewBucket(t)
			loadtest.Careless(t, b, tt.about)
			s := b.Open(t)
			if err := s.Check(t.Context()); (err == nil) != (tt.small && tt.large) || err != nil && !strings.Contains(err.Error(), "set LAKE_UNGUARDED=true") {
				t.Errorf("check: %v", err)
			}
			for name, size := range map[string]int{"small": 10, "large": 17 << 20} {
				_, err := b.Open(t).Put(t.Context(), name, bytes.NewReader(make([]byte, size)), "")
				want := name == "small" && tt.small || name == "large" && tt.large
				if (err == nil) != want || err != nil && !errors.Is(err, load.ErrUnguarded) {
					t.Errorf("%s: %v", name, err)
				}
				if _, err := s.Open(t.Context(), name); errors.Is(err, fs.ErrNotExist) == want {
					t.Errorf("%s: %v", name, err)
				}
			}
			if n := b.Uploads(t); n > 0 {
				t.Errorf("%d uploads are left", n)
			}
			alone := b.Open(t, func(o *load.S3Options) { o.Unguarded = true })
			if err := alone.Check(t.Context()); err != nil {
				t.Error(err)
			}
			one := loadtest.Put(t, alone, "x", "one", "")
			loadtest.Put(t, alone, "x", "two", one)
			if _, err := alone.Put(t.Context(), "x", strings.NewReader("three"), one); !errors.Is(err, load.ErrConflict) {
				t.Errorf("alone: %v", err)
			}
		})
	}
}

// TestS3OnlyWritersNeedTheRightToWrite reads without a request that writes.
func TestS3OnlyWritersNeedTheRightToWrite(t *testing.T) {
	b := loadtest.NewBucket(t)
	loadtest.Put(t, b.Open(t), "x", "x", "")
	p := loadtest.NewProxy(t, b)
	s := b.Open(t)
	loadtest.Get(t, s, "x")
	if _, err := s.List(t.Context(), "."); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), "y"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	requests, _ := p.Seen()
	for _, r := range requests {
		if !strings.HasPrefix(r, "GET ") && !strings.HasPrefix(r, "HEAD ") {
			t.Errorf("it asked %s", r)
		}
	}
	if len(requests) != 3 {
		t.Errorf("it asked %q", requests)
	}
	// The first write tries the conditions, the others don't.
	p.Plan(nil)
	loadtest.Put(t, s, "y", "y", "")
	loadtest.Put(t, s, "z", "z", "")
	if requests, _ := p.Seen(); len(requests) != 4 {
		t.Errorf("it asked %q", requests)
	}
}

// TestS3Encryption looks at what is asked of the server.
func TestS3Encryption(t *testing.T) {
	const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for setting, want := range map[string]string{
		"": " ", "sse-s3": "AES256 ", "sse-kms": "aws:kms ", "sse-kms:" + key: "aws:kms " + key,
	} {
		t.Run(setting, func(t *testing.T) {
			encryption, err := load.ParseEncryption(setting)
			if err != nil {
				t.Fatal(err)
			}
			b := loadtest.NewBucket(t)
			p := loadtest.NewProxy(t, b)
			s := b.Open(t, func(o *load.S3Options) { o.Encryption = encryption })
			asked := map[string]string{}
			p.Plan(func(r *http.Request) loadtest.Fault {
				h := r.Header
				asked[r.Method+" "+r.URL.RequestURI()] = h.Get("X-Amz-Server-Side-Encryption") + " " + h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
				return loadtest.None
			})
			loadtest.Put(t, s, "small", "small", "")
			putBytes(t, s, "large", make([]byte, 17<<20), "")
			for _, r := range []string{"PUT _bucketlake/guard?x-id=PutObject", "PUT small?x-id=PutObject", "POST _bucketlake/guard?uploads=", "POST large?uploads="} {
				r = strings.Replace(r, " ", " /"+b.Name+"/lake/", 1)
				if got, ok := asked[r]; got != want || !ok {
					t.Errorf("%s asks for %q of %v, want %q", r, got, asked, want)
				}
			}
		})
	}
	for _, setting := range []string{"sse", "sse-c", "sse-kms:", "sse-kms:alias/x", "AES256"} {
		if _, err := load.ParseEncryption(setting); err == nil {
			t.Errorf("%s is taken", setting)
		}
	}
}

func TestParsePlace(t *testing.T) {
	for address, want := range map[string]load.Place{
		"file://./data/lake":       {Directory: "data/lake"},
		"file:///var/lake/":        {Directory: "/var/lake"},
		"s3://bucket":              {S3: load.S3Options{Bucket: "bucket"}},
		"s3://bucket/":             {S3: load.S3Options{Bucket: "bucket"}},
		"s3://my.bucket-1/a/b=c/":  {S3: load.S3Options{Bucket: "my.bucket-1", Prefix: "a/b=c"}},
		"file://":                  {},
		"s3://":                    {},
		"s3:///x":                  {},
		"s3://bucket/a//b":         {},
		"s3://bucket/../b":         {},
		"s3://user:secret@bucket":  {},
		"s3://bucket/x?region=y":   {},
		"s3://bucket:9000/x":       {},
		"gs://bucket":              {},
		"data/lake":                {},
		"":                         {},
		"https://bucket.s3.aws/x":  {},
		"s3://BAD_bucket!/x":       {},
		"s3://bucket/with space/x": {S3: load.S3Options{Bucket: "bucket", Prefix: "with space/x"}},
	} {
		got, err := load.ParsePlace(address)
		if got != want || (err != nil) != (want == load.Place{}) {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
		if err == nil {
			if again, err := load.ParsePlace(got.String()); again != got {
				t.Errorf("%s: prints as %s, which is %+v, %v", address, got, again, err)
			}
		}
	}
}

// TestVerifyNamesUnfinishedUploads leaves an upload in parts, as a process does that is killed.
func TestVerifyNamesUnfinishedUploads(t *testing.T) {
	b := loadtest.NewBucket(t)
	store := b.Open(t)
	l := load.New(store, nil)
	commit(t, l, 0, base())
	b.BeginUpload(t, "pull_request_tasks/workspace=acme/month=2026-09/data.parquet")
	table := base().Table
	find := func(years int) (kinds []load.FindingKind) {
		for f, err := range l.Verify(t.Context(), table, "acme", noon.AddDate(years, 0, 0)) {
			if err != nil || f.Fault() {
				t.Errorf("found %+v, %v", f, err)
			}
			kinds = append(kinds, f.Kind)
		}
		return kinds
	}
	if found := find(-100); len(found) > 0 {
		t.Errorf("what may be under way is %v", found)
	}
	if _, err := l.RemoveOrphans(t.Context(), table, "acme", noon.AddDate(-100, 0, 0)); err != nil || b.Uploads(t) != 1 {
		t.Errorf("what may be under way was removed: %v", err)
	}
	if found := find(100); len(found) != 1 || found[0] != load.Unfinished {
		t.Errorf("found %v", found)
	}
	removed, err := l.RemoveOrphans(t.Context(), table, "acme", noon.AddDate(100, 0, 0))
	if err != nil || len(removed) != 1 || b.Uploads(t) != 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	verify(t, store, false)
}

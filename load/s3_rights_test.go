package load_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bucketlake/load"
	"bucketlake/load/loadtest"
)

// as opens the bucket's lake as a user.
func as(t *testing.T, b *loadtest.Bucket, user []string) *load.S3 {
	t.Helper()
	b.Open(t) // sets the environment
	for _, e := range user {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	s, err := load.OpenS3(t.Context(), load.S3Options{Bucket: b.Name, Prefix: "lake", PathStyle: true, Endpoint: b.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestS3RightsOfAWorker does all that a worker does, with the rights of deploy/iam-worker.json; and each of them is needed.
func TestS3RightsOfAWorker(t *testing.T) {
	const file = "../deploy/iam-worker.json"
	b := loadtest.NewBucket(t)
	s := as(t, b, b.Grant(t, file))
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what is not there: %v", err)
	}
	etag := putBytes(t, s, "large", make([]byte, 17<<20), "")
	if _, err := s.Put(t.Context(), "large", bytes.NewReader(make([]byte, 17<<20)), ""); !errors.Is(err, load.ErrConflict) {
		t.Errorf("writing what is there: %v", err)
	}
	loadtest.Get(t, s, "large")
	if err := s.Remove(t.Context(), "large", etag); err != nil {
		t.Error(err)
	}
	b.BeginUpload(t, "t/x")
	left, err := s.Unfinished(t.Context(), "t", noon.AddDate(100, 0, 0))
	if err == nil {
		err = s.Abandon(t.Context(), left)
	}
	if err != nil || len(left) != 1 || b.Uploads(t) != 0 {
		t.Errorf("left %v, %v", left, err)
	}

	policy, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for action, do := range map[string]func(s *load.S3) error{
		"s3:GetObject":    func(s *load.S3) error { _, err := s.Open(t.Context(), "_bucketlake/guard"); return err },
		"s3:PutObject":    func(s *load.S3) error { return s.Check(t.Context()) },
		"s3:DeleteObject": func(s *load.S3) error { return s.Check(t.Context()) },
		"s3:ListBucket":   func(s *load.S3) error { return s.Check(t.Context()) },
		"s3:AbortMultipartUpload": func(s *load.S3) error {
			b.BeginUpload(t, "t/x")
			left, err := s.Unfinished(t.Context(), "t", noon.AddDate(100, 0, 0))
			return errors.Join(err, s.Abandon(t.Context(), left))
		},
		"s3:ListBucketMultipartUploads": func(s *load.S3) error {
			_, err := s.Unfinished(t.Context(), "t", noon.AddDate(100, 0, 0))
			return err
		},
	} {
		t.Run("without "+action, func(t *testing.T) {
			other := "s3:PutObjectTagging"
			if strings.HasPrefix(action, "s3:ListBucket") { // about a bucket, not its objects
				other = "s3:ListBucketVersions"
			}
			less := filepath.Join(t.TempDir(), "policy.json")
			if err := os.WriteFile(less, bytes.ReplaceAll(policy, []byte(`"`+action+`"`), []byte(`"`+other+`"`)), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := do(as(t, b, b.Grant(t, less))); err == nil || !strings.Contains(err.Error(), "deploy/iam-worker.json") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestS3RightsOfAReader reads the tables, and nothing else, with the rights of deploy/iam-reader.json.
func TestS3RightsOfAReader(t *testing.T) {
	b := loadtest.NewBucket(t)
	owner := b.Open(t)
	commit(t, load.New(owner, nil), 0, base())
	s := as(t, b, b.Grant(t, "../deploy/iam-reader.json"))
	names, err := s.List(t.Context(), "pull_request_tasks")
	if err != nil || len(names) == 0 {
		t.Fatalf("listed %q, %v", names, err)
	}
	for _, name := range names {
		_, etag := loadtest.Get(t, s, name)
		if err := s.Remove(t.Context(), name, etag); err == nil {
			t.Errorf("removed %s", name)
		}
	}
	if _, err := s.Put(t.Context(), "x", strings.NewReader("x"), ""); err == nil {
		t.Error("put")
	}
	if _, err := s.Open(t.Context(), "_bucketlake/workspace=acme/pull_request_tasks.json"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the manifest: %v", err)
	}
}

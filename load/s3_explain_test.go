package load_test

import (
	"os"
	"strings"
	"testing"

	"bucketlake/load"
	"bucketlake/load/loadtest"
)

// TestS3SaysWhatToDo breaks what S3 needs, and expects one line that says what to mend, and nothing secret.
func TestS3SaysWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		o    func(*load.S3Options)
		want string
	}{
		{"no bucket", nil, func(o *load.S3Options) { o.Bucket = "nowhere" }, "there is no bucket nowhere: make it, or correct LAKE_URL"},
		{"key", map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, nil, "does not accept the AWS credentials: renew them"},
		{"secret", map[string]string{"AWS_SECRET_ACCESS_KEY": "planted-secret"}, nil, "does not accept the AWS credentials: renew them"},
		{"no credentials", map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, nil, "there are no AWS credentials: set AWS_ACCESS_KEY_ID"},
		{"no region", map[string]string{"AWS_REGION": ""}, nil, "set AWS_REGION to the bucket's region"},
		{"another region", map[string]string{"AWS_REGION": "eu-central-1"}, nil, "the bucket is in another region: set AWS_REGION"},
		{"nobody there", nil, func(o *load.S3Options) { o.Endpoint = "http://127.0.0.1:1" }, "see that http://127.0.0.1:1 can be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := loadtest.NewBucket(t)
			b.Open(t) // sets the environment
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			o := load.S3Options{Bucket: b.Name, Prefix: "lake", PathStyle: true, Endpoint: os.Getenv("AWS_ENDPOINT_URL_S3")}
			if tt.o != nil {
				tt.o(&o)
			}
			s, err := load.OpenS3(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			_, put := s.Put(t.Context(), "x", strings.NewReader("x"), "")
			_, open := s.Open(t.Context(), "x")
			_, list := s.List(t.Context(), "x")
			for doing, err := range map[string]error{"put": put, "open": open, "list": list, "remove": s.Remove(t.Context(), "x", "0"), "check": s.Check(t.Context())} {
				if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "s3://"+o.Bucket+"/lake/") {
					t.Errorf("%s: %v; want %q", doing, err, tt.want)
				}
				if err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "\n")) {
					t.Errorf("%s: it says too much: %v", doing, err)
				}
			}
		})
	}
	t.Run("no configuration", func(t *testing.T) {
		t.Setenv("AWS_MAX_ATTEMPTS", "many")
		if _, err := load.OpenS3(t.Context(), load.S3Options{Bucket: "bucket"}); err == nil || !strings.Contains(err.Error(), "the AWS configuration") {
			t.Errorf("got %v", err)
		}
	})
}

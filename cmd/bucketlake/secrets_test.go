package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestNothingSecretIsWrittenDown looks for the consumer's secret and for tokens in everything that a
// connection and a sync print, log and keep.
func TestNothingSecretIsWrittenDown(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{})
	i.set("LOG_LEVEL", "debug")
	i.set("LOG_FORMAT", "json")
	i.connect(t)
	stdout, stderr, code := i.run(t, "sync")
	if code != 0 {
		t.Fatal(stderr)
	}
	status := i.must(t, "status", "--json")
	token := regexp.MustCompile(`[A-Za-z0-9_-]{200,}`) // Bitbucket's are longer than 2,500 characters
	for name, text := range map[string]string{"output": stdout, "log": stderr, "status": status} {
		if strings.Contains(text, "demo-secret") || strings.Contains(text, "Bearer") || token.MatchString(text) {
			t.Errorf("the %s holds a secret", name)
		}
	}
	if !strings.Contains(stderr, `"msg":"request"`) {
		t.Error("the log is not at debug level: this test looked at nothing")
	}
	err := filepath.WalkDir(i.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "keyset.json" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(content), "demo-secret") || strings.Contains(string(content), "refresh_token\"") ||
			!strings.HasSuffix(path, ".parquet") && token.Match(content) {
			t.Errorf("%s holds a secret", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestDemo runs the demo twice: the second run meets the same workspace, which has lived on, and pulls
// what changed with the connection that the first one made.
func TestDemo(t *testing.T) {
	i := &install{dir: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}}
	dir := filepath.Join(i.dir, "a demo")
	took := regexp.MustCompile(`It took (\d+) requests`)
	var requests []int
	for run := range 2 {
		out := i.must(t, "demo", "--dir", dir, "--scale", "0.1")
		m := took.FindStringSubmatch(out)
		if m == nil || !strings.Contains(out, "Three things to try") || !strings.Contains(out, "were used in the last 30 days") || !strings.Contains(out, "Most people use ") {
			t.Fatalf("the demo says:\n%s", out)
		}
		if again := strings.Contains(out, "150 things happened"); again != (run == 1) {
			t.Errorf("run %d says:\n%s", run, out)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, n)
	}
	if requests[1] >= requests[0] {
		t.Errorf("%d requests at first, %d for what changed", requests[0], requests[1])
	}
	f, err := os.Open(filepath.Join(dir, "bitbucket.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if i.bitbucket, err = bitbuckettest.Load(bitbuckettest.Options{}, f); err != nil {
		t.Fatal(err)
	}
	i.set("LAKE_URL", "file://"+filepath.Join(dir, "lake"))
	i.equalLedger(t, "tags", "downloads", "snippets", "deployments") // which are read once a day
}

func TestDemoLeavesOthersAlone(t *testing.T) {
	i := &install{dir: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	if err := os.WriteFile(filepath.Join(i.dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--dir=" + i.dir:               "holds something that is no demo's (mine.txt)",
		"--dir=" + i.dir + "/mine.txt": "use another --dir",
		"--dir=":                       "--dir is empty",
		"--scale=NaN":                  "out of range",
		"--scale=0":                    "out of range",
	} {
		if _, stderr, code := i.run(t, "demo", args); code != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("demo %s: exit code %d, %s", args, code, stderr)
		}
	}
	if files, err := os.ReadDir(i.dir); err != nil || len(files) != 1 {
		t.Errorf("the directory holds %v, %v", files, err)
	}
}

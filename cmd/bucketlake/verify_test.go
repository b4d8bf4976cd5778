package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// verify runs the command and returns the kinds of what it found, by object, and the exit code.
func (i *install) verify(t *testing.T, args ...string) (map[string]string, int) {
	t.Helper()
	stdout, stderr, code := i.run(t, append([]string{"verify", "--json"}, args...)...)
	var all []finding
	if err := json.Unmarshal([]byte(stdout), &all); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	kinds := map[string]string{}
	for _, f := range all {
		if f.Remedy == "" || f.Detail == "" {
			t.Errorf("nothing is said about %+v", f)
		}
		kinds[strings.TrimPrefix(f.Object, f.Table+"/workspace=acme/")] = f.Kind
	}
	return kinds, code
}

// TestVerifyNamesWhatIsWrong damages a lake in each way, and mends it.
func TestVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 21})
	i.connect(t)
	i.sync(t)
	if found, code := i.verify(t); code != 0 || len(found) > 0 {
		t.Fatalf("a lake that nobody touched: %v, exit code %d", found, code)
	}
	lake := strings.TrimPrefix(i.get("LAKE_URL"), "file://")
	file := func(name string) string { return filepath.Join(lake, name) }
	read := func(name string) []byte {
		data, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	months, err := filepath.Glob(file("pull_requests/workspace=acme/month=*/data.parquet"))
	if err != nil || len(months) < 2 {
		t.Fatalf("%v, %v", months, err)
	}
	one, _ := filepath.Rel(lake, months[0])
	two, _ := filepath.Rel(lake, months[1])
	month := strings.TrimPrefix(one, "pull_requests/workspace=acme/")
	members := "members/workspace=acme/data.parquet"
	for _, tt := range []struct {
		name, object, kind string
		code               int
		file               string
		content            func() []byte // nil: removed
	}{
		{"an object is removed", "data.parquet", "missing", 1, members, nil},
		{"an object is cut short", "data.parquet", "damaged", 1, members, func() []byte { return read(members)[:200] }},
		{"an object is another month's", month, "misplaced", 1, one, func() []byte { return read(two) }},
		{"an object is another table's", "data.parquet", "damaged", 1, members, func() []byte { return read("projects/workspace=acme/data.parquet") }},
		{"somebody put a copy beside it", "data (copy).parquet", "orphan", 0, "members/workspace=acme/data (copy).parquet", func() []byte { return read(members) }},
		{"a commit was cut off", "month=2020-01/data.parquet", "ahead", 0, "pull_requests/workspace=acme/month=2020-01/data.parquet", func() []byte { return read(one) }},
		{
			"the manifest is cut short", "_bucketlake/workspace=acme/members.json", "unreadable", 1, "_bucketlake/workspace=acme/members.json",
			func() []byte { return read("_bucketlake/workspace=acme/members.json")[:20] },
		},
		{
			"the manifest counts otherwise", "data.parquet", "miscounted", 1, "_bucketlake/workspace=acme/members.json", func() []byte {
				return regexp.MustCompile(`"rows": ?`).ReplaceAll(read("_bucketlake/workspace=acme/members.json"), []byte(`"rows":1`))
			},
		},
	} {
		before, err := os.ReadFile(file(tt.file))
		if err == nil && tt.content == nil {
			err = os.Remove(file(tt.file))
		} else if tt.content != nil {
			content := tt.content()
			err = os.MkdirAll(filepath.Dir(file(tt.file)), 0o755)
			if err == nil {
				err = os.WriteFile(file(tt.file), content, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if found, code := i.verify(t); found[tt.object] != tt.kind || code != tt.code || len(found) != 1 {
			t.Errorf("%s: found %v, exit code %d; want %s to be %s, %d", tt.name, found, code, tt.object, tt.kind, tt.code)
		}
		if tt.kind == "orphan" {
			if _, code := i.verify(t, "--remove-orphans"); code != 0 {
				t.Errorf("removing orphans: exit code %d", code)
			}
			if _, err := os.Stat(file(tt.file)); err == nil {
				t.Error("the orphan is still there")
			}
		}
		if before == nil {
			err = os.RemoveAll(file(tt.file))
		} else {
			err = os.WriteFile(file(tt.file), before, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if found, code := i.verify(t); code != 0 || len(found) > 0 {
		t.Errorf("a lake that is mended: %v, exit code %d", found, code)
	}
}

// TestVerifyComparesWithBitbucket takes a repository away and adds pull requests, and asks with few requests and with many.
func TestVerifyComparesWithBitbucket(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 22})
	i.connect(t)
	i.sync(t)
	out := i.must(t, "verify", "--requests", "7")
	if !strings.Contains(out, "in 7 requests, ") || !strings.Contains(out, " rows and how many there are: members of acme, projects of acme, repositories of acme, pull_requests of acme/{") {
		t.Errorf("it says %s", out)
	}
	if err := i.bitbucket.DeleteRepository(i.bitbucket.Repositories()[0].UUID); err != nil {
		t.Fatal(err)
	}
	i.bitbucket.Advance(300)
	stdout, _, code := i.run(t, "verify", "--json", "--requests", "100")
	var all []finding
	if err := json.Unmarshal([]byte(stdout), &all); err != nil {
		t.Fatal(err)
	}
	var tables []string
	rows := 0
	for _, f := range all {
		if f.Kind != "different" || !f.Fault {
			t.Errorf("found %+v", f)
		}
		if strings.Contains(f.Detail, " has landed with another ") && strings.Contains(f.Detail, "updated_on") || strings.Contains(f.Detail, " has not landed") {
			rows++
		}
		tables = append(tables, f.Table)
	}
	if code != exitFailed || !slices.Contains(tables, "repositories") || !slices.Contains(tables, "pull_requests") {
		t.Errorf("found %v, exit code %d", tables, code)
	}
	if rows == 0 {
		t.Error("no row differs after 300 changes")
	}
	i.sync(t)
	i.must(t, "verify", "--requests", "100")
}

package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// tiny is a workspace that is pulled in less than a second, as often as it takes.
var tiny = bitbuckettest.Scale{Members: 10, Repositories: 3, PullRequests: 40, Months: 3}

// rows reads every row of every table, deleted ones too.
func (i *install) rows(t *testing.T, do func(*schemas.Table, reflect.Value)) {
	t.Helper()
	for _, table := range schemas.Tables() {
		for row, err := range load.ScanAny(t.Context(), i.lake(t), table, "acme", load.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			do(table, reflect.ValueOf(row).Elem())
		}
	}
}

// names collects what stands in the columns that name people.
func (i *install) names(t *testing.T) map[string]int {
	t.Helper()
	names := map[string]int{}
	i.rows(t, func(table *schemas.Table, row reflect.Value) {
		for _, c := range table.Columns {
			if c.Personal {
				names[row.FieldByIndex(c.Field).String()]++
			}
		}
	})
	return names
}

// holdNoName looks for names in all columns of all rows and in all manifests.
func (i *install) holdNoName(t *testing.T, names map[string]int) {
	t.Helper()
	var all strings.Builder
	i.rows(t, func(_ *schemas.Table, row reflect.Value) {
		text, err := json.Marshal(row.Addr().Interface())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	})
	root := strings.TrimPrefix(i.get("LAKE_URL"), "file://")
	err := filepath.WalkDir(filepath.Join(root, "_bucketlake"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := all.String()
	looked := 0
	for name := range names {
		if len(name) < 5 || schemas.FormOf(name) != schemas.PlainNames {
			continue
		}
		looked++
		if at := strings.Index(text, name); at >= 0 {
			t.Errorf("the lake holds %q: %s", name, text[max(0, at-200):at+len(name)])
		}
	}
	if looked < 20 {
		t.Errorf("looked for %d names alone", looked)
	}
}

// joined checks that a name of one account reads the same in members and in usage_events.
func (i *install) joined(t *testing.T) {
	t.Helper()
	names := map[string]string{}
	each(t, i.lake(t), schemas.Members, func(m *schemas.Member) { names[m.UserUUID] = m.DisplayName })
	found := 0
	each(t, i.lake(t), schemas.UsageEvents, func(e *schemas.UsageEvent) {
		if name, ok := names[e.UserUUID]; ok && e.Feature == schemas.FeaturePullRequests {
			if found++; name == "" || name != e.DisplayName {
				t.Errorf("%s is %q in members and %q in usage_events", e.UserUUID, name, e.DisplayName)
			}
		}
	})
	if found == 0 {
		t.Error("nothing to join")
	}
}

// forms returns the forms of names that status tells of.
func (i *install) forms(t *testing.T) []string {
	t.Helper()
	var st statusJSON
	if err := json.Unmarshal([]byte(i.must(t, "status", "--json")), &st); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, table := range st.Connections[0].Tables {
		all = append(all, table.Names...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestNames lets names land as they are, has them hashed, hashes them with another key, and drops them.
// After each change what has landed stays, and says so, until it is read in full.
func TestNames(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 14, Scale: tiny})
	key := filepath.Join(i.dir, "keys", "pii.key")
	i.set("PII_KEY_FILE", key)
	i.connect(t)
	i.sync(t)
	i.bitbucket.Advance(300) // something is deleted, and its row stays
	i.sync(t)
	plain := i.names(t)
	i.joined(t)
	if forms := i.forms(t); !slices.Equal(forms, []string{"plain"}) {
		t.Errorf("forms %q", forms)
	}

	full := func(setting string) {
		t.Helper()
		i.set("PII", setting)
		_, stderr, code := i.run(t, "sync")
		if code != 0 || !strings.Contains(stderr, "bucketlake sync --full") {
			t.Errorf("PII=%s: exit code %d, and it does not say what to do:\n%s", setting, code, stderr)
		}
		if _, stderr, code := i.run(t, "sync", "--full"); code != 0 || strings.Contains(stderr, "names of people") {
			t.Errorf("PII=%s: exit code %d:\n%s", setting, code, stderr)
		}
		i.equalLedger(t)
	}
	full("hash")
	i.holdNoName(t, plain)
	i.joined(t)
	first := i.forms(t)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 || len(first) != 1 || !strings.HasPrefix(first[0], "h1:") {
		t.Errorf("the key: %v, %v; forms %q", info, err, first)
	}
	for _, s := range i.sync(t).Streams {
		if s.Changed != 0 {
			t.Errorf("nothing changed, and yet %s changed %d rows", s.Stream, s.Changed)
		}
	}

	_, stderr, code := i.run(t, "keys", "rotate-pii")
	if code != 0 || !strings.Contains(stderr, "2 keys") {
		t.Errorf("rotate-pii: exit code %d: %s", code, stderr)
	}
	if _, stderr, code := i.run(t, "sync"); code != 0 || !strings.Contains(stderr, "bucketlake sync --full") {
		t.Errorf("after a rotation: exit code %d:\n%s", code, stderr)
	}
	i.must(t, "sync", "--full")
	i.joined(t)
	if forms := i.forms(t); !slices.ContainsFunc(forms, func(f string) bool { return f != first[0] }) {
		t.Errorf("forms after a rotation: %q, before: %q", forms, first)
	}

	if err := os.Rename(key, key+".lost"); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := i.run(t, "sync"); code != 1 || !strings.Contains(stderr, "restore the file") {
		t.Errorf("without the key: exit code %d: %s", code, stderr)
	}
	full("drop")
	i.holdNoName(t, plain)
	if names := i.names(t); len(names) != 1 || names[""] == 0 {
		t.Errorf("%d names that were dropped", len(names))
	}
}

func TestNamesOfAFreshLake(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 15, Scale: tiny})
	i.connect(t)
	i.sync(t)
	plain := i.names(t)
	for _, setting := range []string{"hash", "drop"} {
		i.use(setting)
		i.set("PII", setting)
		i.set("PII_KEY_FILE", filepath.Join(i.dir, "pii.key"))
		i.connect(t)
		i.sync(t)
		i.equalLedger(t)
		i.holdNoName(t, plain)
		if setting == "hash" {
			i.joined(t)
		}
	}
}

func TestKeysThatHashNames(t *testing.T) {
	good := string(transform.EncodeKeys([][]byte{newPrivacyKey()}))
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"one":              {good, 0o600, ""},
		"several":          {good + "\n" + good, 0o400, ""},
		"open to others":   {good, 0o640, "chmod 600"},
		"empty":            {"", 0o600, "does not hold keys"},
		"short":            {"c2hvcnQ=\n", 0o600, "does not hold keys"},
		"something else":   {"PII=hash\n", 0o600, "does not hold keys"},
		"a key and a text": {good + "text\n", 0o600, "does not hold keys"},
	} {
		file := privacyFile(filepath.Join(t.TempDir(), "pii.key"))
		if err := os.WriteFile(string(file), []byte(test.text), test.mode); err != nil {
			t.Fatal(err)
		}
		_, err := openPrivacy("hash", file, nil)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), strings.TrimSpace(good)) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
}

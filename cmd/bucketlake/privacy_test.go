package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/load"
	"bucketlake/schemas"
)

// personal collects what stands in the columns that name people, in all tables.
func (i *install) personal(t *testing.T) map[string]int {
	t.Helper()
	names := map[string]int{}
	for _, table := range schemas.Tables() {
		for row, err := range load.ScanAny(t.Context(), i.lake(t), table, "acme", load.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range table.Columns {
				if c.Personal {
					names[reflect.ValueOf(row).Elem().FieldByIndex(c.Field).String()]++
				}
			}
		}
	}
	return names
}

// TestNamesAreHashed hashes names, drops them, and changes the key. What is counted stays the same.
func TestNamesAreHashed(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 14})
	i.connect(t)
	key := filepath.Join(i.dir, "pii.key")
	i.set("PII_KEY_FILE", key)
	i.set("PII", "hash")
	i.sync(t)
	i.equalLedger(t)
	hashed := i.personal(t)
	people := map[string]bool{}
	for _, m := range i.bitbucket.Members() {
		people[m.DisplayName] = true
	}
	for name := range hashed {
		if name != "" && (len(name) != 8+1+32 || strings.Contains(name, " ")) {
			t.Errorf("%q stands where a hash should", name)
		}
	}
	if len(hashed) < len(people) {
		t.Errorf("%d hashes for %d people", len(hashed), len(people))
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	for _, s := range i.sync(t).Streams {
		if s.Changed != 0 {
			t.Errorf("nothing changed, and yet %s changed %d rows", s.Stream, s.Changed)
		}
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	i.sync(t, "--full")
	i.equalLedger(t)
	i.use("dropped")
	i.set("PII", "drop")
	i.connect(t)
	i.sync(t)
	i.equalLedger(t)
	if names := i.personal(t); len(names) != 1 || names[""] == 0 {
		t.Errorf("names that were dropped: %v", names)
	}
}

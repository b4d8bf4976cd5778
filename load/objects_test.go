package load_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"bucketlake/load"
	"bucketlake/schemas"
)

// without returns a table as it was before some of its columns were added.
func without(table *schemas.Table, names ...string) *schemas.Table {
	old := *table
	old.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(c schemas.Column) bool { return slices.Contains(names, c.Name) })
	return &old
}

// TestDamagedObjects damages the file in every way it takes a byte to, and expects that a commit
// either says so, naming the file, or leaves a file that can be read; and that it overwrites nothing
// when it says so.
func TestDamagedObjects(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	l := load.New(d, nil)
	commit(t, l, 0, rows(schemas.Members, member("a", "Ann"), member("b", "Bo")))
	path := object(t, root, schemas.Members)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{
		"empty": {}, "text": []byte("this is no Parquet file at all"), "half": good[:len(good)/2], "no end": good[:len(good)-1], "twice": slices.Concat(good, good[10:]),
	}
	for i := 0; i < len(good); i += 3 {
		flipped := slices.Clone(good)
		flipped[i] ^= 0xff
		damages[fmt.Sprintf("byte %d", i)] = flipped
	}
	refused := 0
	for name, data := range damages {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: rows(schemas.Members, member("c", "Cleo")), At: at(1)})
		if err == nil {
			for _, err := range load.Scan[schemas.Member](t.Context(), l, schemas.Members, "acme", load.ScanOptions{}) {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			continue
		}
		refused++
		if !strings.Contains(err.Error(), "members/workspace=acme/data.parquet") {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
			t.Errorf("%s: the damaged file was overwritten", name)
		}
	}
	if refused < 5 {
		t.Errorf("%d of %d damages were noticed", refused, len(damages))
	}
	t.Logf("%d of %d damages were noticed", refused, len(damages))
}

func TestForeignObjects(t *testing.T) {
	// A table of the same name with other columns stands for files that another program wrote.
	tests := []struct {
		name  string
		other *schemas.Table
		want  string
	}{
		{"no key", without(schemas.Members, "user_uuid"), "it has no column user_uuid"},
		{"other type", func() *schemas.Table {
			other := without(schemas.Members)
			other.Columns[1].Type = schemas.Timestamp
			other.Columns[1].Field = schemas.Members.Columns[schemas.Members.Column("synced_at")].Field
			return other
		}(), "its column account_id is of type timestamp[ms, tz=UTC] instead of utf8"},
		{"unsorted", func() *schemas.Table {
			other := without(schemas.Members)
			other.Key = []int{schemas.Members.Column("display_name")}
			return other
		}(), "its rows are not in the order of unique keys at user_uuid=a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLake(t)
			commit(t, l, 0, rows(tt.other, member("b", "Ann"), member("a", "Bo")))
			_, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: rows(schemas.Members, member("c", "Cleo")), At: at(1)})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "members/workspace=acme/data.parquet") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

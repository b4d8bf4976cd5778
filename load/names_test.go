package load_test

import (
	"slices"
	"testing"

	"bucketlake/load"
	"bucketlake/schemas"
)

// TestNamesAreRenamed renames what has landed: deleted rows stay deleted, rows that are known by a name
// go, the rest is stamped and the manifest tells the forms that there are.
func TestNamesAreRenamed(t *testing.T) {
	l := newLake(t)
	member := func(id, name string) any {
		return &schemas.Member{UserUUID: id, DisplayName: name, UserType: "user"}
	}
	whole := []schemas.Scope{{}}
	commit(t, l, 0, schemas.Rows{Table: schemas.Members, Rows: []any{member("{a}", "Ada"), member("{b}", "Bob"), member("{c}", "")}, Complete: whole})
	commit(t, l, 1, schemas.Rows{Table: schemas.Members, Rows: []any{member("{a}", "Ada"), member("{c}", "")}, Complete: whole})
	hash := schemas.HashedName([4]byte{1, 2, 3, 4}, make([]byte, 32))
	forms := func(table *schemas.Table) []string {
		m, err := l.Manifest(t.Context(), table, "acme")
		if err != nil {
			t.Fatal(err)
		}
		return m.Names()
	}
	if got := forms(schemas.Members); !slices.Equal(got, []string{schemas.PlainNames}) {
		t.Errorf("forms %q", got)
	}
	rename := func(table *schemas.Table, name func(string) string) load.Stats {
		stats, err := l.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: schemas.Rows{Table: table}, At: noon, Rename: name})
		if err != nil {
			t.Fatal(err)
		}
		return stats
	}
	toHash := func(string) string { return hash }
	before := scanAll(t, l, schemas.Members)
	if stats := rename(schemas.Members, toHash); stats.Updated != 2 || stats.Objects != 1 {
		t.Errorf("%+v", stats)
	}
	for i, row := range scanAll(t, l, schemas.Members) {
		was, is := before[i].(*schemas.Member), row.(*schemas.Member)
		switch {
		case is.UserUUID == "{c}" && (is.DisplayName != "" || !is.SyncedAt.Equal(was.SyncedAt)):
			t.Errorf("a row without a name changed: %+v", is)
		case is.UserUUID != "{c}" && (is.DisplayName != hash || !is.SyncedAt.After(was.SyncedAt) || !is.DeletedAt.Equal(was.DeletedAt)):
			t.Errorf("%+v was %+v", is, was)
		}
	}
	if got := forms(schemas.Members); !slices.Equal(got, []string{"h1:01020304"}) {
		t.Errorf("forms %q", got)
	}
	if stats := rename(schemas.Members, toHash); stats.Changed() != 0 || stats.Objects != 0 {
		t.Errorf("renamed again: %+v", stats)
	}
	if stats := rename(schemas.Members, func(string) string { return "" }); stats.Updated != 2 || len(forms(schemas.Members)) != 0 {
		t.Errorf("%+v, forms %q", stats, forms(schemas.Members))
	}

	commit(t, l, 0, schemas.Rows{Table: schemas.CommitIdentities, Rows: []any{
		&schemas.CommitIdentity{ID: "1", Name: "Ada"}, &schemas.CommitIdentity{ID: hash, Name: hash},
	}})
	if got := forms(schemas.CommitIdentities); !slices.Equal(got, []string{"h1:01020304", schemas.PlainNames}) {
		t.Errorf("forms %q", got)
	}
	if stats := rename(schemas.CommitIdentities, toHash); stats.Removed != 1 || stats.Updated != 0 || len(forms(schemas.CommitIdentities)) != 1 {
		t.Errorf("%+v, forms %q", stats, forms(schemas.CommitIdentities))
	}
	_, err := l.Commit(t.Context(), load.Commit{
		Workspace: "acme", Rows: schemas.Rows{Table: schemas.Members, Rows: []any{member("{a}", "Ada")}}, At: noon, Rename: toHash,
	})
	if err == nil {
		t.Error("rows came with a renaming")
	}
}

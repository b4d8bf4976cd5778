package oauth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

func TestKeysetIsMadeOnceAndPrivate(t *testing.T) {
	dir := t.TempDir()
	db, err := state.Open(t.Context(), "sqlite://"+dir+"/state.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(dir, "keys", "keyset.json")
	stores := make([]*oauth.Store, 16)
	var group sync.WaitGroup
	for n := range stores {
		group.Go(func() {
			keys, err := oauth.OpenKeyset(t.Context(), path, db)
			if err != nil {
				t.Error(err)
			}
			stores[n] = oauth.NewStore(db, keys)
		})
	}
	group.Wait()
	if _, err := stores[0].Save(t.Context(), oauth.Connection{Workspace: "acme", WorkspaceUUID: "{a}", ClientID: clientID},
		oauth.Grant{Token: oauth.Token{Access: "a", Refresh: "r", Expiry: time.Now().Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	for n, store := range stores {
		if token, err := oauth.NewSource(store, oauth.Consumer{ClientID: clientID}).Token(t.Context(), "acme", ""); err != nil || token != "a" {
			t.Errorf("racer %d opens %q, %v", n, token, err)
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("left %v, %v; want the keyset alone", files, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 600", info.Mode(), err)
	}
}

func TestKeysetFaults(t *testing.T) {
	// foreign is a healthy keyset of another installation.
	foreign, err := os.ReadFile(func() string { i := newInstall(t); i.start(t); return i.keyset() }())
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		damage func(path string) error
		want   []string
	}{
		{"readable by others", func(path string) error { return os.Chmod(path, 0o644) }, []string{"run `chmod 600 ", "mode 0644"}},
		{"garbage", func(path string) error { return os.WriteFile(path, []byte(`{"key": planted`), 0o600) }, []string{"holds no keyset: restore it from a backup"}},
		{"empty", func(path string) error { return os.Truncate(path, 0) }, []string{"holds no keyset: restore it from a backup"}},
		{"foreign", func(path string) error { return os.WriteFile(path, foreign, 0o600) }, []string{"sealed with key ", "set KEYSET_FILE to the keyset they were sealed with"}},
		{"lost", os.Remove, []string{"its file is missing", "restore the file (KEYSET_FILE), or run `bucketlake connect` again"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			i := newInstall(t)
			p := i.start(t)
			p.connect(t, i, time.Hour)
			before, healthy := sealed(t, p), read(t, i.keyset())
			if err := c.damage(i.keyset()); err != nil {
				t.Fatal(err)
			}
			damaged := read(t, i.keyset())

			keys, err := oauth.OpenKeyset(t.Context(), i.keyset(), p.db)
			if err == nil {
				_, err = oauth.NewSource(oauth.NewStore(p.db, keys), i.consumer).Token(t.Context(), "acme", "")
			}
			if !errors.Is(err, oauth.ErrKeyset) || errors.Is(err, oauth.ErrKeysetLost) != (c.name == "lost") {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "planted") {
				t.Errorf("error %q quotes the file", err)
			}
			if sealed(t, p) != before || read(t, i.keyset()) != damaged {
				t.Error("the row or the file changed")
			}
			// With the right file back, all is well.
			if err := os.WriteFile(i.keyset(), []byte(healthy), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(i.keyset(), 0o600); err != nil {
				t.Fatal(err)
			}
			i.start(t).mustToken(t, "")
		})
	}
}

func TestLostKeysetIsMadeAgainByConnecting(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, time.Hour)
	if _, err := p.store.Save(t.Context(), oauth.Connection{Workspace: "other", WorkspaceUUID: "{o}", ClientID: clientID}, i.bitbucket.Issue(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(i.keyset()); err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.MakeKeyset(i.keyset()); err != nil {
		t.Fatal(err)
	}
	p = i.start(t)
	_, grant := p.connect(t, i, time.Hour)
	if token := p.mustToken(t, ""); token != grant.Token.Access.Reveal() {
		t.Errorf("token %s", token)
	}
	if _, err := p.source.Token(t.Context(), "other", ""); !errors.Is(err, oauth.ErrKeyset) || !strings.Contains(err.Error(), "connect --workspace other") {
		t.Errorf("the other workspace: %v", err)
	}
}

func sealed(t *testing.T, p *process) string {
	t.Helper()
	var b []byte
	if err := p.db.SQL().QueryRow("SELECT sealed FROM connections WHERE workspace = 'acme'").Scan(&b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

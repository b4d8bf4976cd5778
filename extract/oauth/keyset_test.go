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
			keys, err := oauth.OpenKeyset(t.Context(), oauth.KeysetConfig{File: path}, db)
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
		if token, err := oauth.NewSource(store, []oauth.Consumer{{ClientID: clientID}}).Token(t.Context(), "acme", ""); err != nil || token != "a" {
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
		opens  bool // the keyset is no error; the connection needs a person
		want   []string
	}{
		{"readable by others", func(path string) error { return os.Chmod(path, 0o644) }, false, []string{"run `chmod 600 ", "mode 0644"}},
		{"garbage", func(path string) error { return os.WriteFile(path, []byte(`{"key": planted`), 0o600) }, false, []string{"holds no keyset: restore it from a backup"}},
		{"empty", func(path string) error { return os.Truncate(path, 0) }, false, []string{"holds no keyset: restore it from a backup"}},
		{"foreign", func(path string) error { return os.WriteFile(path, foreign, 0o600) }, true, []string{"sealed with key ", "set KEYSET_FILE to the keyset they were sealed with", "connect --workspace acme"}},
		{"lost", os.Remove, true, []string{"the keyset that its tokens are sealed with is missing", "restore ", "(KEYSET_FILE)", "connect --workspace acme"}},
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

			keys, err := oauth.OpenKeyset(t.Context(), i.keys, p.db)
			if (err == nil) != c.opens {
				t.Fatalf("opened with %v", err)
			}
			store := oauth.NewStore(p.db, keys)
			if c.opens {
				_, err = impatient(store, i.consumer).Token(t.Context(), "acme", "")
				if !errors.Is(err, oauth.ErrRevoked) {
					t.Errorf("error %v, want one that needs a person", err)
				}
			}
			if !errors.Is(err, oauth.ErrKeyset) {
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
			if c.opens {
				presented(t, store, oauth.NeedsReconnect, c.want[0])
			}
			if sealed(t, p) != before || read(t, i.keyset()) != damaged {
				t.Error("the row or the file changed")
			}
			// With the right file back, all is well: for a new process, and for the one that missed it.
			if err := os.WriteFile(i.keyset(), []byte(healthy), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(i.keyset(), 0o600); err != nil {
				t.Fatal(err)
			}
			i.start(t).mustToken(t, "")
			if c.opens {
				presented(t, store, oauth.Connected, "")
			}
		})
	}
}

// presented compares what a store says of workspace acme, both ways.
func presented(t *testing.T, store *oauth.Store, state oauth.State, reason string) {
	t.Helper()
	c, err := store.Get(t.Context(), "acme")
	if err != nil || c.State != state || !strings.Contains(c.Reason, reason) || (reason == "") != (c.Reason == "") {
		t.Errorf("Get says %s %q, %v; want %s and %q", c.State, c.Reason, err, state, reason)
	}
	list, err := store.List(t.Context())
	if err != nil || len(list) == 0 || list[0].State != c.State || list[0].Reason != c.Reason {
		t.Errorf("List says %+v, %v; want what Get says", list, err)
	}
}

func TestLostKeysetIsMadeAgainByConnecting(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connect(t, i, time.Hour)
		if _, err := p.store.Save(t.Context(), oauth.Connection{Workspace: "other", WorkspaceUUID: "{o}", ClientID: clientID}, i.bitbucket.Issue(time.Hour)); err != nil {
			t.Fatal(err)
		}
		lost := read(t, i.keyset())
		if err := os.Remove(i.keyset()); err != nil {
			t.Fatal(err)
		}
		worker, person := i.start(t), i.start(t)
		if _, err := worker.source.Token(t.Context(), "acme", ""); !errors.Is(err, oauth.ErrKeyset) {
			t.Errorf("before: %v", err)
		}
		_, grant := person.connect(t, i, time.Hour)
		if read(t, i.keyset()) == "" {
			t.Fatal("no keyset was made")
		}
		// The worker that was running all the time finds the new key.
		if token := worker.mustToken(t, ""); token != grant.Token.Access.Reveal() {
			t.Errorf("token %s", token)
		}
		if _, err := worker.source.Token(t.Context(), "other", ""); !errors.Is(err, oauth.ErrKeyset) || !errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), "connect --workspace other") {
			t.Errorf("the other workspace: %v", err)
		}
		if read(t, i.keyset()) == lost {
			t.Error("the lost keyset is back by magic")
		}
	})
}

// A file that is deleted under a running process is put back by what that one seals next.
func TestKeysetOfARunningProcessIsPutBack(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	before := read(t, i.keyset())
	if err := os.Remove(i.keyset()); err != nil {
		t.Fatal(err)
	}
	token := p.mustToken(t, "")
	if read(t, i.keyset()) != before {
		t.Error("the keyset is another one, or none")
	}
	if again := i.start(t).mustToken(t, ""); again != token {
		t.Errorf("the next process opens %s, want %s", again, token)
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

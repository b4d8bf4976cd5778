package state_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

// open opens the state database at a URL and closes it with the test.
func open(t *testing.T, stateURL string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), stateURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// each runs a test on a database of SQLite and on one of PostgreSQL.
func each(t *testing.T, test func(t *testing.T, db *state.DB)) {
	t.Helper()
	statetest.Each(t, func(t *testing.T, stateURL string) { test(t, open(t, stateURL)) })
}

func TestOpenMakesFolderAndPrivateFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "state of things %41.db")
	db := open(t, "sqlite://"+path)
	if err := db.Spend(t.Context(), "x", "y", 0); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("state.db%s has mode %o, want 600", suffix, got)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "15000"} {
		var got string
		if err := db.SQL().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, %v; want %q", pragma, got, err, want)
		}
	}
}

func TestOpenTightensMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, "sqlite://"+path).Close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, "sqlite://"+path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 600", info.Mode(), err)
	}
}

func TestOpenTogether(t *testing.T) {
	statetest.Each(t, func(t *testing.T, stateURL string) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				db, err := state.Open(t.Context(), stateURL)
				if err != nil {
					t.Error(err)
					return
				}
				db.Close()
			})
		}
		group.Wait()
	})
}

func TestOpenRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	open(t, "sqlite://./data/state.db")
	if _, err := os.Stat("data/state.db"); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusesURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                           "STATE_URL is not a URL",
		"./data/state.db":            "STATE_URL is not a URL",
		"mysql://u:hunter2@h/db":     "unknown scheme",
		"sqlite://":                  "names no file",
		"sqlite://./data/":           "names no file",
		"sqlite://./x.db?mode=rwc":   "no parameters",
		"sqlite:///dev/null":         "not a regular file",
		"sqlite:///dev/null/state.d": "or set STATE_URL to another path",
	} {
		_, err := state.Open(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): %v; want one with %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q) shows the password: %v", url, err)
		}
	}
}

// A file that can't be used is refused in one sentence that says what to do, and stays as it was.
func TestOpenDestroysNothing(t *testing.T) {
	cases := []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"text", write("this is not a database\n"), "is damaged and was left as it is"},
		{"long text", write(strings.Repeat("nor is this\n", 5000)), "is damaged and was left as it is"},
		{"torn page", func(t *testing.T, path string) {
			seed(t, path)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(b); i++ {
				b[i] = 0xA5
			}
			write(string(b))(t, path)
		}, "is damaged and was left as it is"},
		{"cut short", func(t *testing.T, path string) {
			seed(t, path)
			if err := os.Truncate(path, 8192); err != nil {
				t.Fatal(err)
			}
		}, "is damaged and was left as it is"},
		{"newer", func(t *testing.T, path string) {
			seed(t, path)
			execute(t, path, "INSERT INTO bucketlake_migrations (version_id, is_applied) VALUES (99999, 1)")
		}, "a newer version of bucketlake wrote it"},
		{"another program's", func(t *testing.T, path string) {
			execute(t, path, "CREATE TABLE photos (id INTEGER)")
		}, "belongs to another program and was not touched"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			c.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			db, err := state.Open(t.Context(), "sqlite://"+path)
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q; want the path and %q", err, c.want)
			}
			after, err := os.ReadFile(path)
			if err != nil || string(before) != string(after) {
				t.Errorf("the file changed: %d bytes before, %d after, %v", len(before), len(after), err)
			}
		})
	}
}

func TestOpenKeepsRows(t *testing.T) {
	statetest.Each(t, func(t *testing.T, stateURL string) {
		db := open(t, stateURL)
		if err := db.Spend(t.Context(), "kept", "stream", 0); err != nil {
			t.Fatal(err)
		}
		db.Close()
		if n, err := open(t, stateURL).Spent(t.Context(), "kept"); err != nil || n != 1 {
			t.Errorf("after reopening: %d, %v, want 1", n, err)
		}
	})
}

func write(content string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// seed leaves a closed database with a few pages in path.
func seed(t *testing.T, path string) {
	db := open(t, "sqlite://"+path)
	for _, name := range []string{"a", "b", "c"} {
		if err := db.Spend(t.Context(), name, "stream", 0); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
}

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

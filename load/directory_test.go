package load_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"bucketlake/load"
	"bucketlake/load/loadtest"
)

func TestDirectory(t *testing.T) {
	loadtest.TestStore(t, func(t testing.TB) load.Store { return openDirectory(t) })
}

func TestDirectoryInAStrangePlace(t *testing.T) {
	loadtest.TestStore(t, func(t testing.TB) load.Store {
		d, err := load.OpenDirectory(filepath.Join(t.TempDir(), "new", "ein Ordner für 湖 & more=1"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}

// Two handles on one folder stand for two processes: the lock is of the system.
func TestDirectoryIsShared(t *testing.T) {
	root := t.TempDir()
	one, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	two, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	etag := loadtest.Put(t, one, "x", "one", "")
	if _, err := two.Put(t.Context(), "x", strings.NewReader("two"), ""); !errors.Is(err, load.ErrConflict) {
		t.Errorf("got %v", err)
	}
	loadtest.Put(t, two, "x", "two", etag)
	if got, _ := loadtest.Get(t, one, "x"); got != "two" {
		t.Errorf("there is %q", got)
	}
}

func TestDirectoryWaitsForTheLock(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	l := flock.New(filepath.Join(root, "_bucketlake", "lock"))
	if err := l.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Put(ctx, "x", strings.NewReader("x"), ""); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "waiting for the lock") {
		t.Errorf("got %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	loadtest.Put(t, d, "x", "x", "")
}

func TestDirectoryLeavesNothingBehind(t *testing.T) {
	root := t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	loadtest.Put(t, d, "x", "one", "")
	if _, err := d.Put(t.Context(), "x", strings.NewReader("two"), ""); err == nil {
		t.Error("put without a match")
	}
	if _, err := d.Put(t.Context(), "x", failingBody{errors.New("broken")}, ""); err == nil {
		t.Error("put a broken body")
	}
	entries, err := os.ReadDir(filepath.Join(root, "_bucketlake", "tmp"))
	if err != nil || len(entries) > 0 {
		t.Errorf("temporary files: %v, %v", entries, err)
	}
	info, err := os.Stat(filepath.Join(root, "x"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the object is %v, %v", info.Mode(), err)
	}
}

func TestOpenDirectorySweepsTemporaryFiles(t *testing.T) {
	root := t.TempDir()
	temp := filepath.Join(root, "_bucketlake", "tmp")
	if err := os.MkdirAll(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, age := range map[string]time.Duration{"put-old": 25 * time.Hour, "put-young": 23 * time.Hour} {
		path := filepath.Join(temp, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := load.OpenDirectory(root); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(temp)
	if err != nil || len(entries) != 1 || entries[0].Name() != "put-young" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestOpenDirectorySaysWhatToDo(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lake")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := load.OpenDirectory(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move it away, or choose another folder") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Getuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("root writes everywhere")
		}
		path := t.TempDir()
		if err := os.Chmod(path, 0o555); err != nil {
			t.Fatal(err)
		}
		_, err := load.OpenDirectory(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make the folder writable") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("file where a partition belongs", func(t *testing.T) {
		root := t.TempDir()
		d, err := load.OpenDirectory(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "members"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = d.Put(t.Context(), "members/workspace=acme/data.parquet", strings.NewReader("x"), "")
		if err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("got %v", err)
		}
	})
}

func TestDirectorySaysThatTheDiskIsFull(t *testing.T) {
	// The device that is always full gives the error, the body passes it on.
	full := os.WriteFile("/dev/full", []byte("x"), 0o644)
	if !errors.Is(full, syscall.ENOSPC) {
		t.Skip("there is no /dev/full")
	}
	_, err := openDirectory(t).Put(t.Context(), "x", failingBody{full}, "")
	if err == nil || !strings.Contains(err.Error(), "the disk is full: free some space and run again") {
		t.Errorf("got %v", err)
	}
}

// A failingBody cannot be read.
type failingBody struct{ err error }

func (b failingBody) Read([]byte) (int, error)       { return 0, b.err }
func (b failingBody) Seek(int64, int) (int64, error) { return 0, nil }

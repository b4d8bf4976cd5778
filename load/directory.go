package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Where a Directory keeps what is its own. Query engines pass over names that begin with "_".
const (
	stateFolder = "_bucketlake"
	tempFolder  = stateFolder + "/tmp"
	lockFile    = stateFolder + "/lock"

	staleAfter = 24 * time.Hour        // a temporary file this old belongs to no living writer
	lockRetry  = 10 * time.Millisecond // how often a held lock is tried again
)

// A Directory is a Store in a folder of a file system. Rename is its commit: it is atomic within
// one file system, so readers that know nothing of bucketlake see whole files too. Several
// processes may share the folder, as long as its file system has working locks.
//
// An etag is the SHA-256 of the content.
type Directory struct {
	root string
}

// OpenDirectory opens the store in the folder path, which it makes if there is none. It tries
// whether the folder can be written, and sweeps out temporary files that writers left behind when
// they were killed more than a day ago.
func OpenDirectory(path string) (*Directory, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening lake folder %s: %w", path, err)
	}
	d := &Directory{root: root}
	if err := os.MkdirAll(d.path(tempFolder), 0o755); err != nil {
		return nil, d.explain(err)
	}
	probe, err := os.CreateTemp(d.path(tempFolder), "probe-*")
	if err != nil {
		return nil, d.explain(err)
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	if _, err := probe.WriteString("can this folder be written?"); err != nil {
		return nil, d.explain(err)
	}
	info, err := probe.Stat()
	if err != nil {
		return nil, d.explain(err)
	}
	// The probe's own time is the file system's clock, which is the one that dated the others.
	if err := d.sweep(info.ModTime().Add(-staleAfter)); err != nil {
		return nil, d.explain(err)
	}
	return d, nil
}

// explain adds to an error of the file system what a person can do about it.
func (d *Directory) explain(err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		advice = " (a file stands where a folder is needed: move it away, or choose another folder for the lake)"
	case errors.Is(err, syscall.ENOSPC):
		advice = " (the disk is full: free some space and run again; what was committed before stands)"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = " (make the folder writable for the user that runs bucketlake, or choose another one for the lake)"
	}
	return fmt.Errorf("writing to lake folder %s: %w%s", d.root, err, advice)
}

func (d *Directory) sweep(before time.Time) error {
	entries, err := os.ReadDir(d.path(tempFolder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(before) {
			continue // an error: another process swept it
		}
		if err := os.Remove(d.path(tempFolder + "/" + e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (d *Directory) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// Open implements Store. The file is read once to name its content.
func (d *Directory) Open(ctx context.Context, name string) (Object, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("opening %q: %w", name, fs.ErrInvalid)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err // says what and where
	}
	etag, size, err := digest(ctx, f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("reading %s: %w", d.path(name), err)
	}
	return &openFile{File: f, size: size, etag: etag}, nil
}

// An openFile stays what it was when its name goes to another file: a rename replaces the name, and
// nothing writes into a file that has one.
type openFile struct {
	*os.File
	size int64
	etag string
}

func (f *openFile) Size() int64  { return f.size }
func (f *openFile) ETag() string { return f.etag }

// Put implements Store.
func (d *Directory) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	if !fs.ValidPath(name) || name == "." {
		return "", fmt.Errorf("writing %q: %w", name, fs.ErrInvalid)
	}
	// A crash from here to the rename leaves a temporary file that no reader looks at.
	temp, etag, err := d.stage(ctx, body)
	if err != nil {
		return "", d.explain(err)
	}
	defer os.Remove(temp) // has no effect once it is renamed

	if err := d.makeFolder(filepath.Dir(d.path(name))); err != nil {
		return "", d.explain(err)
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return "", err
	}
	// A crash under the lock drops the lock: the system does that when the process ends.
	defer unlock()
	switch present, err := d.etag(ctx, name); {
	case err != nil:
		return "", err
	case present != match:
		return "", fmt.Errorf("writing %s: %w", d.path(name), ErrConflict)
	}
	// The rename is the commit. A crash before it: the old object stands. A crash after it: the new
	// one does, for every reader on this machine; the folder's fsync makes that outlast the machine.
	if err := os.Rename(temp, d.path(name)); err != nil {
		return "", d.explain(err)
	}
	if err := syncFolder(filepath.Dir(d.path(name))); err != nil {
		return "", d.explain(err)
	}
	return etag, nil
}

// List implements Store.
func (d *Directory) List(ctx context.Context, folder string) ([]string, error) {
	if !fs.ValidPath(folder) {
		return nil, fmt.Errorf("listing %q: %w", folder, fs.ErrInvalid)
	}
	var names []string
	err := filepath.WalkDir(d.path(folder), func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !e.Type().IsRegular():
			return ctx.Err()
		}
		name, err := filepath.Rel(d.root, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	slices.Sort(names) // a folder's names stand behind those that it is the beginning of
	return names, err
}

// Remove implements Store.
func (d *Directory) Remove(ctx context.Context, name, match string) error {
	if !fs.ValidPath(name) || name == "." {
		return fmt.Errorf("removing %q: %w", name, fs.ErrInvalid)
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	switch present, err := d.etag(ctx, name); {
	case err != nil:
		return err
	case present == "":
		return nil
	case present != match:
		return fmt.Errorf("removing %s: %w", d.path(name), ErrConflict)
	}
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d.explain(err)
	}
	return nil
}

// stage writes the body to a temporary file that has reached the disk when stage returns, so that
// the rename cannot get there before the content.
func (d *Directory) stage(ctx context.Context, body io.ReadSeeker) (temp, etag string, err error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", "", err
	}
	f, err := os.CreateTemp(d.path(tempFolder), "put-*")
	if err != nil {
		return "", "", err
	}
	defer func() {
		_ = f.Close()
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, hash), contextReader{ctx, body}); err != nil {
		return "", "", err
	}
	if err := f.Chmod(0o644); err != nil { // CreateTemp's 0600 would lock other readers out
		return "", "", err
	}
	if err := f.Sync(); err != nil {
		return "", "", err
	}
	if err := f.Close(); err != nil {
		return "", "", err
	}
	return f.Name(), hex.EncodeToString(hash.Sum(nil)), nil
}

// etag returns the etag of the object that is there, or "".
func (d *Directory) etag(ctx context.Context, name string) (string, error) {
	o, err := d.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return o.ETag(), o.Close()
}

// lock takes the store's lock, which spans processes. Each call opens the file anew, so the
// goroutines of one process exclude each other as well.
func (d *Directory) lock(ctx context.Context) (unlock func() error, err error) {
	l := flock.New(d.path(lockFile), flock.SetPermissions(0o644))
	if _, err := l.TryLockContext(ctx, lockRetry); err != nil {
		_ = l.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting for the lock %s: %w", l.Path(), err)
		}
		return nil, fmt.Errorf("locking %s: %w (the lake folder must be on a file system with locks)", l.Path(), err)
	}
	return l.Close, nil
}

// makeFolder makes a folder and its parents, and has their names reach the disk.
func (d *Directory) makeFolder(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	for path != d.root && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		if err := syncFolder(path); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call: names reach the disk with the file system's journal
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func digest(ctx context.Context, r io.Reader) (etag string, size int64, err error) {
	hash := sha256.New()
	size, err = io.Copy(hash, contextReader{ctx, r})
	return hex.EncodeToString(hash.Sum(nil)), size, err
}

// A contextReader ends with the context's error once the context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

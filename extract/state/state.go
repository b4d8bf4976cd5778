// Package state keeps what the worker must remember between runs beside the lake: connections, spent requests,
// connections with their sealed tokens, and (in tables of its own) the job queue.
//
// It is one SQLite file. Every commit is flushed to the disk before it counts (WAL with synchronous=FULL), because a
// refresh token that Bitbucket rotated and a power cut erased is a lost connection. The database has a single
// connection, as the job queue wants it: so never hold a transaction or rows open while calling anything else.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the database driver "sqlite"
)

const (
	// busyTimeout is how long a statement waits for another process's write before it fails.
	busyTimeout = 15 * time.Second
	// lockRetry is how often an opening process looks whether another has finished opening.
	lockRetry = 25 * time.Millisecond
)

// DB is an open state database. It is safe for concurrent use, by goroutines and by processes.
type DB struct {
	sql    *sql.DB
	path   string
	pruned atomic.Int64 // the minute in which old spending was last pruned
}

// Open opens the state database at a URL such as sqlite://./data/state.db, with everything it needs: the folder, the
// file (mode 0600), the tables. It checks the file first and never replaces, repairs or empties one: whatever it
// can't use it leaves as it is, and says in one sentence what to do.
//
// A crash in here leaves a file that the next Open completes: each migration is one transaction.
func Open(ctx context.Context, stateURL string) (*DB, error) {
	path, err := parseURL(stateURL)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	// Two processes that open a new database together would both migrate it. The lock also covers the switch to WAL.
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("opening the state database %s: waiting for another process that is opening it: %w", path, err)
	}
	defer lock.Unlock()

	handle, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, describe(path, err)
	}
	handle.SetMaxOpenConns(1)
	db := &DB{sql: handle, path: path}
	if err := db.prepare(ctx); err != nil {
		handle.Close()
		return nil, err
	}
	return db, nil
}

// prepare looks before it writes: the checks come first, so that a file that isn't ours, or is damaged, or is newer
// than this program, stays byte for byte as it was.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.check(ctx); err != nil {
		return err
	}
	if err := db.checkOwnership(ctx); err != nil {
		return err
	}
	var mode string
	if err := db.sql.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return describe(db.path, err)
	}
	if !strings.EqualFold(mode, "wal") {
		return fmt.Errorf("opening the state database %s: its file system can't do write-ahead logging: put STATE_URL on a local disk", db.path)
	}
	return db.migrate(ctx)
}

// check asks SQLite whether the file is whole.
func (db *DB) check(ctx context.Context) error {
	var verdict string
	if err := db.sql.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return describe(db.path, err)
	}
	if verdict != "ok" {
		return damaged(db.path, errors.New(verdict))
	}
	return nil
}

// SQL returns the underlying database, for packages that keep tables of their own in it.
func (db *DB) SQL() *sql.DB { return db.sql }

// Path returns the absolute path of the database file, for messages.
func (db *DB) Path() string { return db.path }

// Close closes the database. What was committed is durable with or without it.
func (db *DB) Close() error {
	if err := db.sql.Close(); err != nil {
		return fmt.Errorf("closing the state database %s: %w", db.path, err)
	}
	return nil
}

// parseURL returns the absolute path that a STATE_URL names. No error repeats the URL: other schemes carry passwords.
func parseURL(stateURL string) (string, error) {
	scheme, path, found := strings.Cut(stateURL, "://")
	switch {
	case !found:
		return "", errors.New("STATE_URL is not a URL: set it to sqlite://PATH, for example sqlite://./data/state.db")
	case scheme == "postgres" || scheme == "postgresql":
		return "", errors.New("this version keeps its state in SQLite: set STATE_URL=sqlite://PATH, for example sqlite://./data/state.db")
	case scheme != "sqlite":
		return "", fmt.Errorf("STATE_URL has the unknown scheme %q: set it to sqlite://PATH, for example sqlite://./data/state.db", scheme)
	case path == "" || strings.HasSuffix(path, "/"):
		return "", errors.New("STATE_URL names no file: set it to sqlite://PATH, for example sqlite://./data/state.db")
	case strings.ContainsAny(path, "?#"):
		return "", errors.New("STATE_URL takes no parameters: set it to sqlite://PATH, for example sqlite://./data/state.db")
	}
	abs, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		return "", fmt.Errorf("finding the state database %s: %w", path, err)
	}
	return abs, nil
}

// prepareFile makes the folder and the file, and keeps the file to its owner. SQLite gives its -wal and -shm files the
// mode of the database file, so the mode must be right before SQLite sees it.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unusable(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unusable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unusable(path, err)
	}
	if !info.Mode().IsRegular() {
		return unusable(path, errors.New("not a regular file"))
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return unusable(path, err)
		}
	}
	return nil
}

// dsn names the file for the driver. Every transaction takes the write lock at its start: one that reads first and
// wants to write later could fail with "busy" in the middle.
func dsn(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "foreign_keys(1)", "synchronous(FULL)",
	}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

func unusable(path string, err error) error {
	// The cause without its own path: the sentence names it already.
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok && pathErr.Path == path {
		err = pathErr.Err
	}
	return fmt.Errorf("opening the state database %s: %w: make it a file that the user who runs bucketlake can read and write, or set STATE_URL to another path", path, err)
}

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
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// busyTimeout is how long a statement waits for another process's write before it fails.
	busyTimeout = 15 * time.Second
	// lockRetry is how often an opening process looks whether another has finished opening.
	lockRetry = 25 * time.Millisecond
)

// openSQLite opens the file of a sqlite:// URL, with everything it needs: the folder, the file (mode 0600), the tables.
// The database has a single connection, as the job queue wants it.
func openSQLite(ctx context.Context, stateURL string) (*DB, error) {
	path, err := parseSQLite(stateURL)
	if err != nil {
		return nil, err
	}
	db := &DB{name: path}
	if err := db.openFile(ctx); err != nil {
		return nil, fmt.Errorf("opening the state database %s: %w", path, describeSQLite(err))
	}
	return db, nil
}

func (db *DB) openFile(ctx context.Context) error {
	if err := prepareFile(db.name); err != nil {
		return err
	}
	// Two processes that open a new database together would both migrate it. The lock also covers the switch to WAL.
	lock := flock.New(db.name+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return fmt.Errorf("waiting for another process that is opening it: %w", err)
	}
	defer lock.Unlock()

	conns, err := sqlite.NewConnector(dsn(db.name))
	if err != nil {
		return err
	}
	db.sql = sql.OpenDB(preparing{conns})
	db.sql.SetMaxOpenConns(1)
	if err := db.prepareFileTables(ctx); err != nil {
		db.sql.Close()
		return err
	}
	return nil
}

// prepareFileTables looks before it writes: the checks come first, so that a file that isn't ours, or is damaged, or is
// newer than this program, stays byte for byte as it was.
func (db *DB) prepareFileTables(ctx context.Context) error {
	var verdict string
	if err := db.sql.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return damaged(errors.New(verdict))
	}
	ours, err := db.checkOwnership(ctx, "SELECT name FROM sqlite_master WHERE type = 'table'", "the file", "set STATE_URL to a path of its own")
	if err != nil {
		return err
	}
	var mode string
	if err := db.sql.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if !strings.EqualFold(mode, "wal") {
		return errors.New("its file system can't do write-ahead logging: put STATE_URL on a local disk")
	}
	return db.migrate(ctx, goose.DialectSQLite3, ours)
}

// parseSQLite returns the absolute path that a sqlite:// URL names.
func parseSQLite(stateURL string) (string, error) {
	path := strings.TrimPrefix(stateURL, "sqlite://")
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return "", errors.New("STATE_URL names no file: set it to sqlite://PATH, for example sqlite://./data/state.db")
	case strings.ContainsAny(path, "?#"):
		return "", errors.New("STATE_URL takes no parameters with SQLite: set it to sqlite://PATH, for example sqlite://./data/state.db")
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
		return unusable(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unusable(withoutPath(err, path))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unusable(withoutPath(err, path))
	}
	if !info.Mode().IsRegular() {
		return unusable(errors.New("not a regular file"))
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return unusable(withoutPath(err, path))
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

// describeSQLite adds to what SQLite says about the file what to do.
func describeSQLite(err error) error {
	fault, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch fault.Code() & 0xff { // the primary code; the rest says more exactly where
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return damaged(err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return unusable(err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: make room on its disk", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: another program keeps it locked: stop that one, or try again", err)
	default:
		return err
	}
}

// withoutPath is the cause alone: the sentence names the path already.
func withoutPath(err error, path string) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok && pathErr.Path == path {
		return pathErr.Err
	}
	return err
}

func unusable(err error) error {
	return fmt.Errorf("%w: make it a file that the user who runs bucketlake can read and write, or set STATE_URL to another path", err)
}

func damaged(err error) error {
	return fmt.Errorf("the file is damaged and was left as it is (%w): restore it from a backup, or move it away and run `bucketlake connect` again (the lake keeps its data and cursors)", err)
}

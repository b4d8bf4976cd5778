package state

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// versionTable is where goose notes which migrations a database has. Its presence marks a file as ours.
const versionTable = "bucketlake_migrations"

//go:embed migrations/*.sql
var migrations embed.FS

// checkOwnership refuses a healthy SQLite file that some other program made: a STATE_URL that points at the wrong file
// must not add tables to it.
func (db *DB) checkOwnership(ctx context.Context) error {
	var tables, ours int
	err := db.sql.QueryRowContext(ctx,
		"SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = ? THEN 1 ELSE 0 END), 0) FROM sqlite_master WHERE type = 'table'",
		versionTable).Scan(&tables, &ours)
	if err != nil {
		return describe(db.path, err)
	}
	if tables > 0 && ours == 0 {
		return fmt.Errorf("opening the state database %s: the file belongs to another program and was not touched: set STATE_URL to a path of its own", db.path)
	}
	return nil
}

// migrate brings the tables up to date. A database that a newer program has migrated is refused: its tables may mean
// something else by now.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.sql, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return describe(db.path, err)
	}
	if current > target {
		return fmt.Errorf("opening the state database %s: a newer version of bucketlake wrote it (schema %d, this one knows %d): run the newer version",
			db.path, current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return describe(db.path, err)
	}
	return nil
}

// describe turns what SQLite says about a file into a sentence with something to do.
func describe(path string, err error) error {
	fault, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return fmt.Errorf("opening the state database %s: %w", path, err)
	}
	switch fault.Code() & 0xff { // the primary code; the rest says more exactly where
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return damaged(path, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return unusable(path, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("opening the state database %s: %w: make room on its disk", path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("opening the state database %s: %w: another program keeps it locked: stop that one, or try again", path, err)
	default:
		return fmt.Errorf("opening the state database %s: %w", path, err)
	}
}

func damaged(path string, err error) error {
	return fmt.Errorf("opening the state database %s: the file is damaged and was left as it is (%w): restore it from a backup, or move it away and run `bucketlake connect` again (the lake keeps its data and cursors)", path, err)
}

package state

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// versionTable is where goose notes which migrations a database has. Its presence marks a database as ours.
const versionTable = "bucketlake_migrations"

//go:embed migrations/*.sql
var migrations embed.FS

// checkOwnership refuses a healthy database that some other program made: a STATE_URL that points at the wrong one must
// not add tables to it. The query lists the tables that are there; with none, it is nobody's yet, and not ours either.
func (db *DB) checkOwnership(ctx context.Context, query, what, remedy string) (ours bool, err error) {
	rows, err := db.sql.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	foreign := false
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return false, err
		}
		ours = ours || table == versionTable
		foreign = true
	}
	if foreign && !ours {
		return false, fmt.Errorf("%s belongs to another program and was not touched: %s", what, remedy)
	}
	return ours, rows.Err()
}

// migrate brings the tables up to date. A database that a newer program has migrated is refused: its tables may mean
// something else by now. The caller keeps other processes from migrating at the same time, and knows whether it is ours.
func (db *DB) migrate(ctx context.Context, dialect goose.Dialect, ours bool) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if ours {
		if done, err := db.migrated(ctx, files); err != nil || done {
			return err
		}
	}
	provider, err := goose.NewProvider(dialect, db.sql, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("a newer version of bucketlake wrote it (schema %d, this one knows %d): run the newer version", current, target)
	}
	_, err = provider.Up(ctx)
	return err
}

// migrated reports whether the last of the migrations is the last that the database has had. It costs less than to have
// all of them read, and most often it is.
func (db *DB) migrated(ctx context.Context, files fs.FS) (bool, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return false, fmt.Errorf("reading the migrations: %w", err)
	}
	last, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return false, fmt.Errorf("reading the migrations: %w", err)
	}
	var version int64
	err = db.sql.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable).Scan(&version)
	return version == last, err
}

// Package state keeps what the worker must remember between runs beside the lake: connections with their sealed
// tokens, spent requests, how the last runs and streams went, and (in tables of its own) the job queue.
//
// It is one SQLite file, or a database on a PostgreSQL server that several workers share. On both, a commit is flushed
// to the disk before it counts (SQLite: WAL with synchronous=FULL; PostgreSQL: synchronous_commit=on), because a refresh
// token that Bitbucket rotated and a power cut erased is a lost connection. Connections to the database are few, on
// SQLite there is one: so never hold a transaction or rows open while calling anything else.
//
// One SQL text serves both where it can: parameters are $1, and have a CAST where PostgreSQL could take them for
// another type.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is an open state database. It is safe for concurrent use, by goroutines and by processes.
type DB struct {
	sql    *sql.DB
	pool   *pgxpool.Pool // nil on SQLite
	schema string        // where the tables are; empty on SQLite
	name   string
	pruned atomic.Int64 // the minute in which old spending was last pruned
	held   sync.Map     // files and connections of locks: collected as garbage they would be closed, and the locks free
}

// Open opens the state database at a URL such as sqlite://./data/state.db or
// postgres://USER:PASSWORD@HOST:5432/DATABASE, and makes or updates its tables. It looks first and never replaces,
// repairs or empties anything: whatever it can't use it leaves as it is, and says in one sentence what to do.
//
// A crash in here leaves a database that the next Open completes: each migration is one transaction.
func Open(ctx context.Context, stateURL string) (*DB, error) {
	if err := CheckURL(stateURL); err != nil {
		return nil, err
	}
	if strings.HasPrefix(stateURL, "sqlite://") {
		return openSQLite(ctx, stateURL)
	}
	return openPostgreSQL(ctx, stateURL)
}

// CheckURL says what is wrong with a STATE_URL, as far as that can be seen without opening it. No error repeats the
// URL: it may carry a password.
func CheckURL(stateURL string) error {
	const set = "set it to sqlite://PATH, for example sqlite://./data/state.db, or to " + serverURL
	scheme, _, found := strings.Cut(stateURL, "://")
	if !found {
		return errors.New("STATE_URL is not a URL: " + set)
	}
	var err error
	switch scheme {
	case "sqlite":
		_, err = parseSQLite(stateURL)
	case "postgres", "postgresql":
		_, err = parsePostgreSQL(stateURL)
	default:
		err = errors.New("STATE_URL has an unknown scheme: " + set)
	}
	return err
}

// SQL returns the underlying database, for packages that keep tables of their own in it.
func (db *DB) SQL() *sql.DB { return db.sql }

// Pool returns the connections to the PostgreSQL server that SQL uses, too; nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Name says where the database is, for messages: the absolute path of the file, or postgres://HOST:PORT/DATABASE.
func (db *DB) Name() string { return db.name }

// Close closes the database. What was committed is durable with or without it.
func (db *DB) Close() error {
	err := db.sql.Close()
	if db.pool != nil {
		db.pool.Close()
	}
	if err != nil {
		return fmt.Errorf("closing the state database %s: %w", db.name, err)
	}
	return nil
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// serverURL is what a STATE_URL of a server looks like.
const serverURL = "postgres://USER:PASSWORD@HOST:5432/DATABASE" //nolint:gosec // nobody's password

const (
	// connectTimeout is how long one host may take to answer and to let us in.
	connectTimeout = 10 * time.Second
	// poolSize is what a worker needs: the queue listens on one connection and works on two or three, the runs of
	// four workspaces count requests and keep tokens. Locks have connections of their own.
	poolSize = 8
	// leastPoolSize is what STATE_URL may lower it to with pool_max_conns: with fewer, the queue would wait for itself.
	leastPoolSize = 4
	// unlockTimeout is how long the server may take to confirm that a lock is given back.
	unlockTimeout = 5 * time.Second
)

// session are settings of every session, whatever the server, the database or the role has for defaults.
var session = map[string]string{
	"application_name": "bucketlake",
	// A commit is on the disk when it counts.
	"synchronous_commit": "on",
	// The locks of a host that vanished, and what it had under way, are released within about a minute.
	"tcp_keepalives_idle":     "30", // seconds
	"tcp_keepalives_interval": "10",
	"tcp_keepalives_count":    "3",
	"tcp_user_timeout":        "60000", // milliseconds
	// Nothing ends a session that holds a lock and is idle, or a statement that waits for one.
	"statement_timeout":    "0",
	"lock_timeout":         "0",
	"idle_session_timeout": "0", // PostgreSQL 14
}

// openPostgreSQL opens a database on a server.
func openPostgreSQL(ctx context.Context, stateURL string) (*DB, error) {
	config, err := parsePostgreSQL(stateURL)
	if err != nil {
		return nil, err
	}
	db := &DB{name: serverName(config)}
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("opening the state database %s: %w", db.name, describePostgreSQL(err))
	}
	db.sql = sql.OpenDB(connector{stdlib.GetPoolConnector(db.pool)})
	db.sql.SetMaxIdleConns(0) // those are the pool's
	if err := db.prepareServerTables(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the state database %s: %w", db.name, describePostgreSQL(err)), db.Close())
	}
	return db, nil
}

// prepareServerTables looks before it writes, as on SQLite. It does so under a lock: two processes that open a new
// database together would both migrate it.
func (db *DB) prepareServerTables(ctx context.Context) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	mayCreate, err := db.checkServer(ctx, conn)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey(db.schema, "open")); err != nil {
		return err
	}
	// What an extension keeps is no other program's.
	ours, err := db.checkOwnership(ctx, `
		SELECT relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() AND NOT EXISTS (
			SELECT 1 FROM pg_catalog.pg_depend
			WHERE classid = CAST('pg_catalog.pg_class' AS regclass) AND objid = c.oid AND deptype = 'e')`,
		"schema "+db.schema, "set STATE_URL to a database of its own, or add ?search_path=NAME with a schema of its own")
	if err != nil {
		return err
	}
	if !ours && !mayCreate {
		return fmt.Errorf("the user may not create tables in schema %s: %s", db.schema, remedies["42501"])
	}
	return db.migrate(ctx, goose.DialectPostgres, ours)
}

// checkServer asks the server, over a connection that is not of the pool, for what a state database needs. It notes the
// schema in which the tables are, or will be.
func (db *DB) checkServer(ctx context.Context, conn *pgx.Conn) (mayCreate bool, err error) {
	var backend, another int32
	var schema, readOnly string
	err = conn.QueryRow(ctx, `
		SELECT pg_backend_pid(), COALESCE(current_schema(), ''), COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false),
			current_setting('transaction_read_only')`).Scan(&backend, &schema, &mayCreate, &readOnly)
	if err != nil {
		return false, err
	}
	// Two open connections have two sessions, unless something in between deals one out in turns. That is seen only
	// where it deals out the same one, as an idle PgBouncer does.
	if err := db.pool.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&another); err != nil {
		return false, err
	}
	db.schema = schema
	switch {
	case another == backend:
		err = errors.New("a connection pooler that shares sessions (such as PgBouncer with pool_mode=transaction) stands before it, and locks need sessions: set STATE_URL to the address of the server itself")
	case readOnly == "on":
		err = errors.New("it can only be read: set STATE_URL to the primary server")
	case schema == "":
		err = errors.New("its search_path names no schema that exists: create the schema (CREATE SCHEMA NAME), or take search_path out of STATE_URL")
	}
	return mayCreate, err
}

// connect makes a connection that is not of the pool.
func (db *DB) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
}

// hangUp ends a connection; whatever it held, the server releases.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// parsePostgreSQL takes a postgres:// URL apart. The library's own errors quote the URL, and hide a password only where
// they recognize it: none of them gets out.
func parsePostgreSQL(stateURL string) (*pgxpool.Config, error) {
	// A password with an @ or / of its own would be taken for a part of the host, and end up in messages.
	_, rest, _ := strings.Cut(stateURL, "://")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 && strings.ContainsAny(rest[:at], "@/?#") {
		return nil, errors.New("STATE_URL has an @, /, ? or # where none may be: write those of the user, the password and parameters as %40, %2F, %3F and %23")
	}
	config, err := pgxpool.ParseConfig(stateURL)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("STATE_URL names a file that can't be read: %w", file)
	}
	if err != nil {
		return nil, errors.New("STATE_URL is not the address of a PostgreSQL database: set it to " + serverURL + ", with its special characters percent-encoded; see to its port, sslmode and other parameters, too")
	}
	if config.ConnConfig.Database == "" {
		return nil, errors.New("STATE_URL names no database: set it to " + serverURL)
	}
	if !strings.Contains(rest, "pool_max_conns=") {
		config.MaxConns = poolSize
	}
	config.MaxConns = max(config.MaxConns, leastPoolSize)
	config.MaxConnIdleTime = 5 * time.Minute
	for name, value := range session {
		config.ConnConfig.RuntimeParams[name] = value
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{
		Timeout:         config.ConnConfig.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
	}
	config.ConnConfig.DialFunc = dialer.DialContext
	return config, nil
}

// serverName is the address without the user, the password and the parameters.
func serverName(config *pgxpool.Config) string {
	c := config.ConnConfig
	return "postgres://" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
}

package state

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/gofrs/flock"
)

// ErrLocked is a lock that somebody else holds, in this process or in another.
var ErrLocked = errors.New("another run of it is under way: wait for it, or stop it")

// Lock takes the lock of that name for what only one may do at a time, and does not wait for it. It ends with unlock,
// and with the process, however that ends, so that nothing has to be cleaned up after a crash.
//
// On SQLite it is the system's lock on a file beside the database. The file stays; it means nothing by itself.
//
// On PostgreSQL it is the server's, and belongs to a session: to a connection that is made for it, beside the pool, and
// does nothing else. If that connection is cut (the server restarts, the network is gone for a minute), the lock is
// free while its holder goes on, unaware. So what a lock protects has a second line of defence: a late refresh names
// the generation of tokens that it replaces, and a late commit to the lake is refused. A pooler that deals sessions out
// by transaction (PgBouncer with pool_mode=transaction) can't be used: the lock would be anybody's.
func (db *DB) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if db.pool != nil {
		return db.lockSession(ctx, name)
	}
	lock := flock.New(db.name+"."+name+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", lock.Path(), err)
	}
	if !ok {
		return nil, ErrLocked
	}
	db.held.Store(lock, nil)
	return func() {
		db.held.Delete(lock)
		_ = lock.Unlock()
	}, nil
}

func (db *DB) lockSession(ctx context.Context, name string) (unlock func(), err error) {
	key, ok := lockKey(db.schema, name), false
	// Whoever waits looks again and again: a look alone costs no connection.
	var held bool
	err = db.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted
			AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
			AND classid = CAST($1 AS OID) AND objid = CAST($2 AS OID) AND objsubid = 1)`,
		uint32(uint64(key)>>32), uint32(uint64(key))).Scan(&held) // the halves, as the server keeps them
	if err != nil {
		return nil, fmt.Errorf("locking %s in %s: %w", name, db.name, describePostgreSQL(err))
	}
	if held {
		return nil, ErrLocked
	}
	conn, err := db.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("locking %s in %s: %w", name, db.name, describePostgreSQL(err))
	}
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&ok); err != nil {
		hangUp(conn)
		return nil, fmt.Errorf("locking %s in %s: %w", name, db.name, err)
	}
	if !ok {
		hangUp(conn)
		return nil, ErrLocked
	}
	db.held.Store(conn, nil)
	return sync.OnceFunc(func() {
		db.held.Delete(conn)
		defer hangUp(conn)
		// The server notices some time later that a connection has ended; whoever comes next need not wait for that.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
		defer cancel()
		_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", key)
	}), nil
}

// lockKey is the number by which PostgreSQL knows a lock. Locks are the database's, so the schema is part of it.
func lockKey(schema, name string) int64 {
	sum := sha256.Sum256([]byte("bucketlake/" + schema + "/" + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

package state

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

const directly = "a connection pooler such as PgBouncer seems to stand before it: set STATE_URL to the address of the server itself"

// remedies say what to do about an answer of the server, by its SQLSTATE.
var remedies = map[string]string{
	"08P01": directly, // a setting of the session that the pooler does not know
	"26000": directly, // a prepared statement of another session
	"42P05": directly,
	"25006": "it can only be read: set STATE_URL to the primary server",
	"28000": "allow the user to connect (pg_hba.conf), or set STATE_URL to another user; where the server wants TLS, add ?sslmode=require",
	"28P01": "correct the user or the password in STATE_URL",
	"3D000": "create it (CREATE DATABASE), or correct its name in STATE_URL",
	"42501": "let the user create tables there (GRANT CREATE ON SCHEMA), or set STATE_URL to a database that the user owns",
	"42704": "bucketlake needs PostgreSQL 14 or newer, and STATE_URL may have only parameters that the server or its driver knows",
	"53100": "make room on its disk",
	"53300": "end other connections, or raise max_connections of the server or the user's CONNECTION LIMIT",
	"57P03": "try again when the server is up",
}

// connector makes connections of the pool, and says in one sentence why it can't.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, describePostgreSQL(err)
	}
	return conn, nil
}

// describePostgreSQL turns an error into one sentence with something to do. The driver's sentences of several lines,
// one for each address and way that it tried, are left out but for the one that says most.
func describePostgreSQL(err error) error {
	connect, connecting := errors.AsType[*pgconn.ConnectError](err)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		if remedy := remedies[refused.Code]; remedy != "" {
			return fmt.Errorf("%w: %s", refused, remedy)
		}
		if connecting {
			return refused
		}
		return err
	}
	if !connecting || errors.Is(err, context.Canceled) {
		return err
	}
	const remedy = "is the server up, and are the host and the port in STATE_URL right?"
	if fault, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%w: %s", fault, remedy)
	}
	if fault, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w: %s", fault, remedy)
	}
	if pgconn.Timeout(err) {
		return fmt.Errorf("the server doesn't answer (%w): %s", context.DeadlineExceeded, remedy)
	}
	// What is left is about TLS. The library's text has a line for each attempt.
	lines := strings.Split(errors.Unwrap(connect).Error(), "\n")
	return fmt.Errorf("%s: see to sslmode and sslrootcert in STATE_URL", lines[0])
}

package state

import (
	"context"
	"database/sql/driver"
	"errors"
)

// mostPrepared is how many statements a connection keeps: all that this program has, and room for those whose text varies.
const mostPrepared = 200

// preparing makes connections to SQLite that keep their statements prepared, as those to PostgreSQL do: most statements
// take less time than their preparation.
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{sqliteConn: conn.(sqliteConn), idle: map[string]sqliteStmt{}}, nil
}

// sqliteConn is what the library's connections are, and database/sql looks for in ours.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is what the library's statements are.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// preparedConn is a connection that is used by one goroutine at a time, as database/sql sees to it. A statement that is under way
// is not idle: one of the same text is prepared anew.
type preparedConn struct {
	sqliteConn
	idle map[string]sqliteStmt
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	return result, c.give(query, s, err)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, c.give(query, s, err)
	}
	return &preparedRows{rows, func(err error) error { return c.give(query, s, err) }}, nil
}

func (c *preparedConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.(sqliteStmt), nil
}

// give gives a statement back that ended with an error, or without. One that failed is not used again.
func (c *preparedConn) give(query string, s sqliteStmt, err error) error {
	if err != nil {
		_ = s.Close() // says the same once more
		return err
	}
	if _, ok := c.idle[query]; ok || len(c.idle) >= mostPrepared {
		return s.Close()
	}
	c.idle[query] = s
	return nil
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	var err error
	for _, s := range c.idle {
		err = errors.Join(err, s.Close())
	}
	clear(c.idle)
	return errors.Join(err, c.sqliteConn.Close())
}

// Unwrap returns the library's connection, for those of its functions that take one.
func (c *preparedConn) Unwrap() driver.Conn { return c.sqliteConn }

// preparedRows gives its statement back when it is closed.
type preparedRows struct {
	driver.Rows
	give func(error) error
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error { return r.give(r.Rows.Close()) }

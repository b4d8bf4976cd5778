// Package statetest gives tests of what is kept in the state database a real PostgreSQL server beside SQLite.
package statetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Each runs a test on SQLite and on PostgreSQL, each with the STATE_URL of a new, empty database.
func Each(t *testing.T, test func(t *testing.T, stateURL string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, PostgreSQL(t)) })
}

// SQLite returns the STATE_URL of a database file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "state.db"))
}

// server is the one of this test binary, started on first use.
var server = sync.OnceValues(start)

var databases atomic.Int64

// PostgreSQL returns the STATE_URL of a new, empty database on a server that the test binary starts on first use, and
// that ends with it. Where PostgreSQL is not installed, the test is skipped; under CI it fails.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	running, err := server()
	if errors.Is(err, errMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	execute(t, running.address, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, running.address, "DROP DATABASE "+name+" WITH (FORCE)") })
	address := *running.address
	address.Path = "/" + name
	return address.String()
}

// Password returns a STATE_URL's password.
func Password(t testing.TB, stateURL string) string {
	t.Helper()
	address, err := url.Parse(stateURL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	return password
}

func execute(t testing.TB, address *url.URL, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// newPassword is one that has to be encoded in a URL.
func newPassword() string { return "@/" + rand.Text() }

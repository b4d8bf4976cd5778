package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"modernc.org/sqlite"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

const (
	// pastGrace is more than the time for which Bitbucket takes a refresh token that it has replaced.
	pastGrace = 11 * time.Minute
	// deathTimeout is how long a process may take to come to the point at which it is to be killed.
	deathTimeout = 30 * time.Second
)

// crashSite is an installation with two workspaces, acme and globex. Bitbucket's clock is set ahead, so that it refuses
// an access token, and processes are killed in the middle of the refresh of acme's.
type crashSite struct {
	*install
	db        *state.DB
	acme      oauth.Connection
	tokenLife time.Duration
	ahead     atomic.Int64 // of Bitbucket's clock; a time.Duration
	victim    atomic.Pointer[victim]

	tokenURL  string
	tokenTrap atomic.Pointer[http.HandlerFunc] // answers the next refresh
	apiTrap   atomic.Bool                      // kills at the next API request
	wire      *wire                            // to the PostgreSQL server
}

// databases are where the state is kept.
var databases = []string{"SQLite", "PostgreSQL"}

func newCrashSite(t *testing.T, database string, tokenLife time.Duration) *crashSite {
	t.Helper()
	s := &crashSite{tokenLife: tokenLife}
	s.install = newInstall(t, bitbuckettest.Options{
		Seed: 61, Scale: bitbuckettest.Scale{Members: 6, Repositories: 3, PullRequests: 400, Months: 2}, MoreWorkspaces: []string{"globex"},
		TokenLife: tokenLife,
		Now:       func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) },
	})
	if database == "PostgreSQL" {
		s.onPostgreSQL(t)
		s.wire = newWire(t, s.get("STATE_URL"))
	}
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trap := s.tokenTrap.Swap(nil); trap != nil {
			(*trap)(w, r)
			return
		}
		s.bitbucket.ServeHTTP(w, r)
	}))
	t.Cleanup(tokens.Close)
	s.tokenURL = tokens.URL + "/site/oauth2/access_token"
	s.set("BITBUCKET_TOKEN_URL", s.tokenURL)
	s.bitbucket.BeforeRequest(func(*http.Request) {
		if s.apiTrap.CompareAndSwap(true, false) {
			s.kill()
		}
	})
	s.connect(t, "--workspace", "acme")
	s.connect(t, "--workspace", "globex")
	var err error
	if s.db, err = state.Open(t.Context(), s.get("STATE_URL")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	if s.acme, err = oauth.NewStore(s.db, nil).Get(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	return s
}

// pass lets time pass at Bitbucket.
func (s *crashSite) pass(d time.Duration) { s.ahead.Add(int64(d)) }

// expire lets the access tokens end: whoever uses one next has to refresh.
func (s *crashSite) expire() { s.pass(s.tokenLife + time.Second) }

// victim is a process that is going to be killed.
type victim struct {
	cmd            *exec.Cmd
	log            bytes.Buffer // to be read when it has ended
	started, ended chan struct{}
}

// start starts the process that kill kills.
func (s *crashSite) start(t *testing.T, args ...string) *victim {
	t.Helper()
	v := &victim{cmd: s.command(context.WithoutCancel(t.Context()), args...), started: make(chan struct{}), ended: make(chan struct{})}
	v.cmd.Stderr = &v.log
	s.victim.Store(v)
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(v.started)
	go func() {
		defer close(v.ended)
		_ = v.cmd.Wait()
	}()
	t.Cleanup(v.kill)
	return v
}

// kill is kill -9. When it returns, the process is no more.
func (v *victim) kill() {
	<-v.started
	_ = v.cmd.Process.Kill() // it may have ended by itself
	<-v.ended
}

// killed tells whether it ended by kill -9, and not by itself.
func (v *victim) killed() bool {
	how, ok := v.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && how.Signaled() && how.Signal() == syscall.SIGKILL
}

// mustDie waits until the process is killed at the point that was chosen for it.
func (v *victim) mustDie(t *testing.T) {
	t.Helper()
	select {
	case <-v.ended:
	case <-time.After(deathTimeout):
		v.kill()
		t.Fatalf("it hung instead of being killed:\n%s", v.log.String())
	}
	if !v.killed() {
		t.Fatalf("it ended (%s) and never came to the point at which it was to be killed:\n%s", v.cmd.ProcessState, v.log.String())
	}
}

// kill kills the process that was started last.
func (s *crashSite) kill() { s.victim.Load().kill() }

// registerSuicide gives SQLite a function by which the process that calls it ends as by kill -9: in the middle of a
// statement, of a trigger of ours. Only processes that are the test binary have it.
func registerSuicide() {
	sqlite.MustRegisterScalarFunction("suicide", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			return nil, err
		}
		select {}
	})
}

// connectionRow is what the database holds of a connection.
type connectionRow struct {
	Generation int64 // moves with the tokens
	Started    int64 // of a refresh whose outcome isn't known; 0: there is none
	Rest       string
	Sealed     [sha256.Size]byte // of the tokens; what is sealed isn't printed either
}

func (s *crashSite) row(t *testing.T, workspace string) connectionRow {
	t.Helper()
	var r connectionRow
	var state, reason string
	var refreshed, expires int64
	var sealed []byte
	err := s.db.SQL().QueryRowContext(t.Context(), `SELECT generation, refresh_started_at, state, reason, refreshed_at, expires_at, sealed
		FROM connections WHERE workspace = $1`, workspace).Scan(&r.Generation, &r.Started, &state, &reason, &refreshed, &expires, &sealed)
	if err != nil {
		t.Fatal(err)
	}
	r.Rest, r.Sealed = fmt.Sprintf("%s %s %d %d", state, reason, refreshed, expires), sha256.Sum256(sealed)
	return r
}

// exec runs a statement of the test's own.
func (s *crashSite) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := s.db.SQL().ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// awaitUnlocked waits until acme's locks are free: a PostgreSQL server notices a moment later that their holder is gone.
func (s *crashSite) awaitUnlocked(t *testing.T) {
	t.Helper()
	for _, name := range []string{syncLock(s.acme), "refresh-" + s.acme.ID} {
		soon(t, "the lock "+name, func() bool {
			unlock, err := s.db.Lock(t.Context(), name)
			if err == nil {
				unlock()
			}
			return err == nil
		})
	}
}

// soon waits for what takes milliseconds.
func soon(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(deathTimeout); !there(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for: %s", deathTimeout, what)
		}
	}
}

// states reads what status says of the two workspaces.
func (s *crashSite) states(t *testing.T) (acme, globex status.Connection) {
	t.Helper()
	for _, c := range s.status(t) {
		switch c.Workspace {
		case "acme":
			acme = c
		case "globex":
			globex = c
		}
	}
	return acme, globex
}

// requireConnected asks status whether both workspaces are connected, with no refresh open.
func (s *crashSite) requireConnected(t *testing.T) {
	t.Helper()
	acme, globex := s.states(t)
	if acme.State != oauth.Connected || globex.State != oauth.Connected || strings.Contains(acme.Reason, "refresh") {
		t.Errorf("acme is %s (%s), globex is %s (%s)", acme.State, acme.Reason, globex.State, globex.Reason)
	}
}

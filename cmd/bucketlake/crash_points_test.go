package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// leaves is what a killed process leaves in the row of its connection.
type leaves string

const (
	asItWas leaves = "as it was"
	noted   leaves = "noted" // that a refresh began
	stored  leaves = "stored"
	either  leaves = "noted or stored" // the kill and the process race
)

// crashPoint is a place in a refresh.
type crashPoint struct {
	name      string
	arm       func(t *testing.T, s *crashSite) // sets the trap
	refreshes int                              // how many Bitbucket has done by then
	leaves    leaves
}

// points are the places of a refresh, in its order.
func (s *crashSite) points() []crashPoint {
	note, store := sqliteNote, sqliteStore
	if s.wire != nil {
		note, store = postgresNote, postgresStore
	}
	var all []crashPoint
	all = append(all, note...)
	all = append(all, endpoint...)
	all = append(all, store...)
	return append(all, crashPoint{"the API is asked with the new token", atToken(func(s *crashSite, w http.ResponseWriter, r *http.Request) {
		answer := s.rotate(r)
		s.apiTrap.Store(true)
		reply(w, answer, answer.Body.Len())
	}), 1, stored})
}

// endpoint are those at Bitbucket's token endpoint.
var endpoint = []crashPoint{
	{"the request for new tokens arrives", atToken(func(s *crashSite, _ http.ResponseWriter, _ *http.Request) { s.kill() }), 0, noted},
	{"Bitbucket has rotated, and not answered", atToken(func(s *crashSite, _ http.ResponseWriter, r *http.Request) {
		s.rotate(r)
		s.kill()
	}), 1, noted},
	{"in the middle of the answer", atToken(func(s *crashSite, w http.ResponseWriter, r *http.Request) {
		answer := s.rotate(r)
		reply(w, answer, answer.Body.Len()/2)
		s.kill()
	}), 1, noted},
	{"right after the answer", atToken(func(s *crashSite, w http.ResponseWriter, r *http.Request) {
		answer := s.rotate(r)
		reply(w, answer, answer.Body.Len())
		s.kill()
	}), 1, either},
}

// atToken makes a trap of what happens when a refresh is asked for.
func atToken(do func(*crashSite, http.ResponseWriter, *http.Request)) func(*testing.T, *crashSite) {
	return func(_ *testing.T, s *crashSite) {
		trap := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { do(s, w, r) })
		s.tokenTrap.Store(&trap)
	}
}

// rotate does what a request asks for, and keeps the answer.
func (s *crashSite) rotate(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	s.bitbucket.ServeHTTP(answer, r)
	return answer
}

// reply sends the beginning of an answer, so that it is on its way.
func reply(w http.ResponseWriter, answer *httptest.ResponseRecorder, n int) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:n]) // a victim that is gone is none of ours
	w.(http.Flusher).Flush()
}

// The statements are killed in the middle: SQLite runs inside the process, whose own triggers kill it.
var (
	sqliteNote = []crashPoint{
		{"before the note's UPDATE", trigger("BEFORE", notes), 0, asItWas},
		{"after the note's UPDATE, before its commit", trigger("AFTER", notes), 0, asItWas},
	}
	sqliteStore = []crashPoint{
		{"before the UPDATE that stores", trigger("BEFORE", stores), 1, noted},
		{"after the UPDATE that stores, before its commit", trigger("AFTER", stores), 1, noted},
	}
)

// What the two writes of a refresh do to the row.
const (
	notes  = "OLD.refresh_started_at = 0 AND NEW.refresh_started_at <> 0"
	stores = "OLD.sealed <> NEW.sealed"
)

// trigger kills at a change of a connection. It needs the test binary, and has to be dropped for other commands.
func trigger(when, change string) func(*testing.T, *crashSite) {
	return func(t *testing.T, s *crashSite) {
		s.self = true
		s.exec(t, "CREATE TRIGGER crash "+when+" UPDATE ON connections WHEN "+change+" BEGIN SELECT suicide(); END")
	}
}

// disarm takes away what a trap needs beside itself.
func (s *crashSite) disarm(t *testing.T) {
	t.Helper()
	s.tokenTrap.Store(nil)
	s.apiTrap.Store(false)
	s.set("BITBUCKET_TOKEN_URL", s.tokenURL)
	if s.wire == nil {
		s.self = false
		s.exec(t, "DROP TRIGGER IF EXISTS crash")
		return
	}
	s.wire.trap.Store(nil)
	s.set("STATE_URL", s.wire.direct)
}

// PostgreSQL is a server, which goes on alone: a statement that was sent is done, heard of or not.
var (
	postgresNote = []crashPoint{
		{"before the note is sent", onWire(notingSQL, unsent), 0, asItWas},
		{"the note is committed, unheard of", onWire(notingSQL, unheard), 0, noted},
		{"the note is committed", noteHeard, 0, noted},
	}
	postgresStore = []crashPoint{
		{"before the answer is sent to be stored", onWire(storingSQL, unsent), 1, noted},
		{"while the server stores the answer", whileStoring, 1, stored},
		{"the answer is stored, unheard of", onWire(storingSQL, unheard), 1, stored},
		{"the answer is stored", onWire(storingSQL, heard), 1, stored},
	}
)

// How the two writes of a refresh begin.
const (
	notingSQL  = "UPDATE connections SET refresh_started_at = CASE"
	storingSQL = "UPDATE connections SET sealed ="
)

func onWire(statement string, when when) func(*testing.T, *crashSite) {
	return func(_ *testing.T, s *crashSite) {
		s.set("STATE_URL", s.wire.url)
		s.wire.trap.Store(&wireTrap{statement, when, s.kill})
	}
}

// noteHeard kills when the process knows of its note. What it does next, to ask for new tokens, may be faster than the
// kill: it asks where nobody listens.
func noteHeard(t *testing.T, s *crashSite) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = deaf.Close() })
	s.set("BITBUCKET_TOKEN_URL", "http://"+deaf.Addr().String())
	onWire(notingSQL, heard)(t, s)
}

// whileStoring has the server wait for the row, which somebody else holds, as long as it takes to kill who sent the UPDATE.
func whileStoring(t *testing.T, s *crashSite) {
	atToken(func(s *crashSite, w http.ResponseWriter, r *http.Request) {
		answer := s.rotate(r)
		tx, err := s.db.SQL().BeginTx(t.Context(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = tx.Rollback() }() // lets the server go on
		if _, err := tx.ExecContext(t.Context(), "SELECT 1 FROM connections WHERE workspace = 'acme' FOR UPDATE"); err != nil {
			t.Error(err)
			return
		}
		reply(w, answer, answer.Body.Len())
		for waiting := 0; waiting == 0 && err == nil; {
			err = s.db.SQL().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%SET sealed =%'`).Scan(&waiting)
		}
		if err != nil {
			t.Error(err)
		}
		s.kill()
	})(t, s)
}

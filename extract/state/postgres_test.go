package state_test

import (
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

// with changes a STATE_URL.
func with(t *testing.T, stateURL string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(stateURL)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func withQuery(t *testing.T, stateURL, query string) string {
	return with(t, stateURL, func(u *url.URL) { u.RawQuery = query })
}

// onServer executes statements in a database that bucketlake has not opened.
func onServer(t *testing.T, stateURL string, statements ...string) {
	t.Helper()
	db, err := sql.Open("pgx", stateURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// A server that can't be used is told of in one sentence that says what to do and shows no password.
func TestOpenRefusesServer(t *testing.T) {
	good := statetest.PostgreSQL(t)
	foreign := statetest.PostgreSQL(t)
	onServer(t, foreign, "CREATE TABLE photos (id INTEGER)")
	newer := statetest.PostgreSQL(t)
	open(t, newer)
	onServer(t, newer, "INSERT INTO bucketlake_migrations (version_id, is_applied) VALUES (99999, true)")
	onServer(t, good, "CREATE ROLE guest LOGIN PASSWORD 'hunter2'", "CREATE ROLE unwanted LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 0")
	as := func(user string) string {
		return with(t, good, func(u *url.URL) { u.User = url.UserPassword(user, "hunter2") })
	}
	cases := map[string]struct{ url, want string }{
		"wrong password":     {as("bucketlake"), "correct the user or the password"},
		"no such user":       {as("nobody"), "correct the user or the password"},
		"no such database":   {with(t, good, func(u *url.URL) { u.Path = "/nowhere" }), "create it (CREATE DATABASE)"},
		"no server":          {with(t, good, func(u *url.URL) { u.Host = "127.0.0.1:1" }), "is the server up"},
		"no such host":       {with(t, good, func(u *url.URL) { u.Host = "nowhere.invalid" }), "is the server up"},
		"no such socket":     {withQuery(t, with(t, good, func(u *url.URL) { u.Host = "" }), "host=/nowhere"), "is the server up"},
		"no TLS":             {withQuery(t, good, "sslmode=require"), "see to sslmode"},
		"unknown parameter":  {withQuery(t, good, "sslmodus=require"), "only parameters that the server or its driver knows"},
		"no such schema":     {withQuery(t, good, "search_path=nowhere"), "CREATE SCHEMA"},
		"no right to create": {as("guest"), "GRANT CREATE ON SCHEMA"},
		"too many":           {as("unwanted"), "raise max_connections"},
		"a standby":          {withQuery(t, good, "default_transaction_read_only=on"), "set STATE_URL to the primary"},
		"another program's":  {foreign, "schema public belongs to another program and was not touched"},
		"newer":              {newer, "a newer version of bucketlake wrote it"},
	}
	t.Run("refused", func(t *testing.T) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, err := state.Open(t.Context(), c.url)
				if err == nil {
					t.Fatal("opened")
				}
				t.Log(err)
				if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "opening the state database postgres://") || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %q; want one line with the name and %q", err, c.want)
				}
				noPassword(t, c.url, err)
			})
		}
	})
	onServer(t, foreign, `DO $$ BEGIN
		IF (SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public') <> 1 THEN RAISE 'made beside what is another program''s'; END IF;
	END $$`)
	if _, err := state.Open(t.Context(), good); err != nil {
		t.Errorf("after all the refusals: %v", err)
	}
}

// noPassword looks for a password in an error, and in all that it wraps and that is written out of it.
func noPassword(t *testing.T, stateURL string, err error) {
	t.Helper()
	password := "hunter2"
	if u, err := url.Parse(stateURL); err == nil && u.User != nil {
		password, _ = u.User.Password()
	}
	for ; err != nil; err = errors.Unwrap(err) {
		for _, p := range []string{"hunter2", password, url.QueryEscape(password)} {
			if strings.Contains(err.Error(), p) {
				t.Errorf("the password shows in %q", err)
			}
		}
	}
}

func TestOpenRefusesServerURL(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"postgres://u:hunter2@h:port/db", "percent-encoded"},
		{"postgres://u:hunter2@h:99999/db", "percent-encoded"},
		{"postgres://u:hunter2%zz@h/db", "percent-encoded"},
		{"postgres://u:12@hunter2@h/db", "%40"},
		{"postgres://u:12/hunter2@h/db", "%2F"},
		{"postgres://u:12?hunter2@h/db", "%3F"},
		{"postgresql://u:12#hunter2@h/db", "%23"},
		{"postgres://u:hunter2@h/db?sslmode=always", "sslmode"},
		{"postgres://h/db?user=u&password=hunter2&connect_timeout=soon", "other parameters"},
		{"postgres://u:hunter2@h/db?pool_max_conns=many", "other parameters"},
		{"postgres://u:hunter2@h/db?sslmode=verify-full&sslrootcert=/nowhere.pem", "a file that can't be read: open /nowhere.pem"},
		{"postgres://u:hunter2@h", "names no database"},
		{"postgres://u:hunter2@h/", "names no database"},
	} {
		_, err := state.Open(t.Context(), c.url)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want one with %q", c.url, err, c.want)
			continue
		}
		if check := state.CheckURL(c.url); check == nil || check.Error() != err.Error() {
			t.Errorf("CheckURL(%s): %v", c.url, check)
		}
		noPassword(t, c.url, err)
	}
}

// A server's, a database's and a URL's own settings don't weaken ours.
func TestServerSession(t *testing.T) {
	stateURL := statetest.PostgreSQL(t)
	onServer(t, stateURL, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 5000', current_database()); END $$")
	db := open(t, withQuery(t, stateURL, "synchronous_commit=off&options=-c%20synchronous_commit%3Doff"))
	for name, want := range map[string]string{
		"synchronous_commit": "on", "statement_timeout": "0", "lock_timeout": "0", "idle_session_timeout": "0",
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3", "tcp_user_timeout": "60000",
		"application_name": "bucketlake",
	} {
		var got string
		if err := db.SQL().QueryRowContext(t.Context(), "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	if name := db.Name(); strings.ContainsAny(name, "@?") || strings.Contains(name, "bucketlake") || !strings.HasPrefix(name, "postgres://127.0.0.1:") || !strings.HasSuffix(name, "/test_"+name[strings.LastIndex(name, "_")+1:]) {
		t.Errorf("its name is %s", name)
	}
	if size := db.Pool().Config().MaxConns; size != 8 {
		t.Errorf("the pool has %d connections", size)
	}
	if size := open(t, withQuery(t, stateURL, "pool_max_conns=20")).Pool().Config().MaxConns; size != 20 {
		t.Errorf("pool_max_conns=20 gives %d", size)
	}
}

// Two installations in schemas of one database, beside another program's tables and an extension's.
func TestServerSchemas(t *testing.T) {
	stateURL := statetest.PostgreSQL(t)
	onServer(t, stateURL, "CREATE TABLE photos (id INTEGER)", "CREATE SCHEMA one", `CREATE SCHEMA "Number Two"`)
	one, two := open(t, withQuery(t, stateURL, "search_path=one")), open(t, withQuery(t, stateURL, "search_path=%22Number%20Two%22"))
	if err := one.Spend(t.Context(), "key", "s", 1); err != nil {
		t.Fatal(err)
	}
	if err := two.Spend(t.Context(), "key", "s", 1); err != nil {
		t.Errorf("one installation's budget is the other's: %v", err)
	}
	for _, db := range []*state.DB{one, two} {
		unlock, err := db.Lock(t.Context(), "sync")
		if err != nil {
			t.Fatalf("one installation's lock is the other's: %v", err)
		}
		defer unlock()
	}
	open(t, withQuery(t, stateURL, "search_path=one")) // again
}

// More locks than the pool has connections leave it free, and a lock ends with its connection.
func TestServerLocks(t *testing.T) {
	db := open(t, statetest.PostgreSQL(t))
	var unlocks []func()
	for i := range 20 {
		unlock, err := db.Lock(t.Context(), "sync-"+string(rune('a'+i)))
		if err != nil {
			t.Fatal(err)
		}
		unlocks = append(unlocks, unlock)
	}
	if err := db.Spend(t.Context(), "key", "s", 0); err != nil {
		t.Error(err)
	}
	if _, err := db.SQL().ExecContext(t.Context(), `
		SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	again := lockSoon(t, db, "sync-a")
	for _, unlock := range unlocks {
		unlock() // of what is no longer held
	}
	if _, err := db.Lock(t.Context(), "sync-a"); !errors.Is(err, state.ErrLocked) {
		t.Errorf("a late unlock freed the next holder's lock: %v", err)
	}
	again()
}

// Whoever waits for a lock costs the server no connections.
func TestServerLookForLock(t *testing.T) {
	stateURL := statetest.PostgreSQL(t)
	db := open(t, stateURL)
	unlock, err := db.Lock(t.Context(), "sync")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	onServer(t, with(t, stateURL, func(u *url.URL) { u.Path = "/postgres" }),
		"ALTER DATABASE "+stateURL[strings.LastIndex(stateURL, "/")+1:]+" ALLOW_CONNECTIONS false")
	if _, err := db.Lock(t.Context(), "sync"); !errors.Is(err, state.ErrLocked) {
		t.Errorf("of a lock that is held: %v", err)
	}
	if _, err := db.Lock(t.Context(), "another"); err == nil || errors.Is(err, state.ErrLocked) {
		t.Errorf("of a free lock: %v; want that it needs a connection", err)
	}
}

// A server that goes away while a process runs is told of in one sentence, too, that names no user.
func TestServerGoesAway(t *testing.T) {
	stateURL := statetest.PostgreSQL(t)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(stateURL)
	if err != nil {
		t.Fatal(err)
	}
	go forward(proxy, u.Host)
	db := open(t, with(t, stateURL, func(u *url.URL) { u.Host = proxy.Addr().String() }))
	remaining := 5
	calls := map[string]func() error{
		"Spend":   func() error { return db.Spend(t.Context(), "key", "s", 10) },
		"Spent":   func() error { _, err := db.Spent(t.Context(), "key"); return err },
		"Observe": func() error { return db.Observe(t.Context(), "key", state.Limit{PerHour: 10, Remaining: &remaining}) },
		"Limit":   func() error { _, err := db.Limit(t.Context(), "key"); return err },
		"LastRun": func() error { _, err := db.LastRun(t.Context(), "{w}", false); return err },
		"SQL":     func() error { _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM runs"); return err },
		"Lock":    func() error { _, err := db.Lock(t.Context(), "sync"); return err },
	}
	away := func(want string) {
		t.Helper()
		db.Pool().Reset()
		for name, call := range calls {
			err := call()
			if err == nil {
				t.Errorf("%s: no error", name)
				continue
			}
			if text := err.Error(); !strings.Contains(text, want) || strings.ContainsAny(text, "\n\t") || strings.Contains(text, "user=") {
				t.Errorf("%s: error %q; want one line with %q", name, text, want)
			}
			noPassword(t, stateURL, err)
		}
	}
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	name := stateURL[strings.LastIndex(stateURL, "/")+1:]
	another := with(t, stateURL, func(u *url.URL) { u.Path = "/postgres" })
	onServer(t, another, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
	away("is not currently accepting connections")
	onServer(t, another, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true")
	db.Pool().Reset()
	if err := calls["Spend"](); err != nil {
		t.Errorf("back again: %v", err)
	}
	proxy.Close()
	away("connection refused: is the server up")
}

// forward hands connections on until its listener is closed.
func forward(from net.Listener, to string) {
	for {
		in, err := from.Accept()
		if err != nil {
			return
		}
		go func() {
			defer in.Close()
			out, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			go func() { io.Copy(out, in); out.Close() }()
			io.Copy(in, out)
		}()
	}
}

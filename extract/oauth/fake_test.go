package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

const (
	clientID     = "key"
	clientSecret = "planted-client-secret"
)

// endpoint is Bitbucket's token endpoint: refresh tokens rotate, a used one works for another grace.
type endpoint struct {
	*httptest.Server
	Grace time.Duration

	mu        sync.Mutex
	issued    int
	refreshes int
	secrets   map[string]string    // client id -> secret
	owners    map[string]string    // refresh token -> client id that it was given to
	live      map[string]time.Time // refresh token -> when it was first used, zero if never
	codes     map[string]string    // code -> PKCE challenge
	fail      func(w http.ResponseWriter, r *http.Request) bool
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{
		Grace: 10 * time.Minute, live: map[string]time.Time{}, codes: map[string]string{},
		secrets: map[string]string{clientID: clientSecret}, owners: map[string]string{},
	}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

// Fail makes the endpoint answer with f; where f returns false, the usual answer follows. Nil heals it.
func (e *endpoint) Fail(f func(w http.ResponseWriter, r *http.Request) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = f
}

// Refreshes counts the refreshes that succeeded.
func (e *endpoint) Refreshes() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.refreshes
}

// Issue makes a grant, as a consent would. Its access token lives for life.
func (e *endpoint) Issue(life time.Duration) oauth.Grant { return e.IssueTo(clientID, life) }

// IssueTo makes a grant to a consumer.
func (e *endpoint) IssueTo(client string, life time.Duration) oauth.Grant {
	e.mu.Lock()
	defer e.mu.Unlock()
	access, refresh := e.issue(client)
	return oauth.Grant{
		Token:  oauth.Token{Access: oauth.Secret(access), Refresh: oauth.Secret(refresh), Expiry: time.Now().Add(life)},
		Scopes: []string{"account", "repository"},
	}
}

// Code makes a code, as a consent would that began with this PKCE challenge.
func (e *endpoint) Code(challenge string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	code := fmt.Sprintf("planted-code-%d", len(e.codes))
	e.codes[code] = challenge
	return code
}

// Revoke ends all refresh tokens.
func (e *endpoint) Revoke() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.live)
}

func (e *endpoint) issue(client string) (access, refresh string) {
	e.issued++
	access, refresh = fmt.Sprintf("planted-access-%d-%s", e.issued, client), fmt.Sprintf("planted-refresh-%d-%s", e.issued, client)
	e.live[refresh], e.owners[refresh] = time.Time{}, client
	return access, refresh
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	fail := e.fail
	e.mu.Unlock()
	if fail == nil || !fail(w, r) {
		e.serve(w, r)
	}
}

// Lose gives new tokens, as it does to any refresh, and nobody gets them.
func (e *endpoint) Lose(r *http.Request) { e.serve(httptest.NewRecorder(), r) }

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if e.secrets[id] == "" || secret != e.secrets[id] {
		answer(w, 400, map[string]any{"error": "unauthorized_client", "error_description": "Requests must be authenticated using OAuth client credentials"})
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch r.FormValue("grant_type") {
	case "authorization_code":
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		challenge, ok := e.codes[r.FormValue("code")]
		delete(e.codes, r.FormValue("code"))
		if !ok || challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
			answer(w, 400, map[string]any{"error": "invalid_grant", "error_description": "The specified code is not valid."})
			return
		}
	case "refresh_token":
		token := r.FormValue("refresh_token")
		used, ok := e.live[token]
		if !ok || e.owners[token] != id || !used.IsZero() && time.Since(used) > e.Grace {
			answer(w, 400, map[string]any{"error": "invalid_request", "error_description": "Invalid refresh_token"})
			return
		}
		if used.IsZero() {
			e.live[token] = time.Now()
		}
		e.refreshes++
	}
	access, refresh := e.issue(id)
	answer(w, 200, map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": 7200, "scope": "account repository", "token_type": "bearer"})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// install is one installation: a state database, a keyset in a folder, and Bitbucket.
type install struct {
	bitbucket *endpoint
	dir       string
	database  string // STATE_URL
	keys      oauth.KeysetConfig
	consumer  oauth.Consumer
}

// process is one process of an installation: handles and memory of its own.
type process struct {
	db     *state.DB
	store  *oauth.Store
	source *oauth.Source
}

func newInstall(t *testing.T) *install {
	t.Helper()
	dir := t.TempDir()
	return newInstallOn(t, dir, "sqlite://"+filepath.ToSlash(filepath.Join(dir, "state.db")))
}

func newInstallOn(t *testing.T, dir, database string) *install {
	t.Helper()
	e := newEndpoint(t)
	return &install{
		bitbucket: e, dir: dir, database: database, keys: oauth.KeysetConfig{File: filepath.Join(dir, "keyset.json")},
		consumer: oauth.Consumer{
			ClientID: clientID, ClientSecret: clientSecret, AuthorizeURL: "https://bitbucket.test/authorize", TokenURL: e.URL,
			RedirectURL: "http://127.0.0.1:8080/oauth/callback",
		},
	}
}

// eachInstall runs a test with the state on SQLite and on PostgreSQL.
func eachInstall(t *testing.T, test func(t *testing.T, i *install)) {
	t.Helper()
	statetest.Each(t, func(t *testing.T, database string) { test(t, newInstallOn(t, t.TempDir(), database)) })
}

func (i *install) keyset() string { return i.keys.File }

// open starts a process that has no source yet.
func (i *install) open(t *testing.T) *process {
	t.Helper()
	db, err := state.Open(t.Context(), i.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := oauth.OpenKeyset(t.Context(), i.keys, db)
	if err != nil {
		t.Fatal(err)
	}
	return &process{db: db, store: oauth.NewStore(db, keys)}
}

// start starts a process, whose source doesn't tarry. Stopping the first without a word is a crash.
func (i *install) start(t *testing.T) *process {
	t.Helper()
	p := i.open(t)
	p.source = impatient(p.store, i.consumer)
	return p
}

// impatient returns a source that asks again at once, four times in all.
func impatient(store *oauth.Store, consumers ...oauth.Consumer) *oauth.Source {
	s := oauth.NewSource(store, consumers)
	s.Pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	s.Rest, s.ConsumerRest = 0, 0
	return s
}

// connect saves a connection of workspace acme whose access token lives for life.
func (p *process) connect(t *testing.T, i *install, life time.Duration) (oauth.Connection, oauth.Grant) {
	t.Helper()
	grant := i.bitbucket.Issue(life)
	c, err := p.store.Save(t.Context(), oauth.Connection{
		Workspace: "acme", WorkspaceUUID: "{7a1c}", AccountName: "Ada", AccountUUID: "{ada}", ClientID: clientID,
	}, grant)
	if err != nil {
		t.Fatal(err)
	}
	return c, grant
}

func (p *process) get(t *testing.T) oauth.Connection {
	t.Helper()
	c, err := p.store.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trigger makes writes to a table fail, as a full disk would: event is such as "UPDATE ON connections".
func (p *process) trigger(t *testing.T, event, when string) {
	t.Helper()
	if p.db.Pool() == nil {
		p.execute(t, "CREATE TRIGGER crash BEFORE "+event+" WHEN "+when+" BEGIN SELECT RAISE(ABORT, 'disk full'); END")
		return
	}
	p.execute(t, "CREATE OR REPLACE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$")
	p.execute(t, "CREATE TRIGGER crash BEFORE "+event+" FOR EACH ROW WHEN ("+when+") EXECUTE FUNCTION crash()")
}

// heal takes the trigger of a table away.
func (p *process) heal(t *testing.T, table string) {
	t.Helper()
	if p.db.Pool() == nil {
		p.execute(t, "DROP TRIGGER IF EXISTS crash")
		return
	}
	p.execute(t, "DROP TRIGGER IF EXISTS crash ON "+table)
}

func (p *process) execute(t *testing.T, statement string) {
	t.Helper()
	if _, err := p.db.SQL().ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatal(err)
	}
}

// mustToken asks for a token that isn't stale.
func (p *process) mustToken(t *testing.T, stale string) string {
	t.Helper()
	token, err := p.source.Token(t.Context(), "acme", stale)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

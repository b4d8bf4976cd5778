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
	live      map[string]time.Time // refresh token -> when it was first used, zero if never
	codes     map[string]string    // code -> PKCE challenge
	fail      func(w http.ResponseWriter, r *http.Request) bool
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{Grace: 10 * time.Minute, live: map[string]time.Time{}, codes: map[string]string{}}
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
func (e *endpoint) Issue(life time.Duration) oauth.Grant {
	e.mu.Lock()
	defer e.mu.Unlock()
	access, refresh := e.issue()
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

func (e *endpoint) issue() (access, refresh string) {
	e.issued++
	access, refresh = fmt.Sprintf("planted-access-%d", e.issued), fmt.Sprintf("planted-refresh-%d", e.issued)
	e.live[refresh] = time.Time{}
	return access, refresh
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	fail := e.fail
	e.mu.Unlock()
	if fail != nil && fail(w, r) {
		return
	}
	if id, secret, _ := r.BasicAuth(); id != clientID || secret != clientSecret {
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
		if !ok || !used.IsZero() && time.Since(used) > e.Grace {
			answer(w, 400, map[string]any{"error": "invalid_request", "error_description": "Invalid refresh_token"})
			return
		}
		if used.IsZero() {
			e.live[token] = time.Now()
		}
		e.refreshes++
	}
	access, refresh := e.issue()
	answer(w, 200, map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": 7200, "scope": "account repository", "token_type": "bearer"})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// install is one installation: a state database and a keyset in a folder, and Bitbucket.
type install struct {
	bitbucket *endpoint
	dir       string
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
	e := newEndpoint(t)
	return &install{bitbucket: e, dir: t.TempDir(), consumer: oauth.Consumer{
		ClientID: clientID, ClientSecret: clientSecret, AuthorizeURL: "https://bitbucket.test/authorize", TokenURL: e.URL,
		RedirectURL: "http://127.0.0.1:8080/oauth/callback",
	}}
}

func (i *install) database() string { return filepath.Join(i.dir, "state.db") }
func (i *install) keyset() string   { return filepath.Join(i.dir, "keyset.json") }

// start starts a process. Stopping the first without a word is a crash.
func (i *install) start(t *testing.T) *process {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite://"+i.database())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := oauth.OpenKeyset(t.Context(), i.keyset(), db)
	if err != nil {
		t.Fatal(err)
	}
	store := oauth.NewStore(db, keys)
	return &process{db: db, store: store, source: oauth.NewSource(store, i.consumer)}
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

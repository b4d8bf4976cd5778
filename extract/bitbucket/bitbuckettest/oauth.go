package bitbuckettest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	codeLife   = 10 * time.Minute
	accessLife = 2 * time.Hour
	reuseGrace = 10 * time.Minute // how long a refresh token goes on working after its first use
)

// oauthState is what OAuth remembers. Tokens are kept as hashes, so that what Save writes opens nothing.
type oauthState struct {
	mu        sync.Mutex
	sessions  map[string]*session
	codes     map[string]*code
	access    map[string]*accessToken
	refresh   map[string]*refreshToken
	revoked   map[string]bool     // grants
	scopes    map[string][]string // what is ticked on a consumer, where that was changed
	life      time.Duration       // of access tokens
	refreshes int
}

// grant is one consent: who gave it, to which consumer, for what.
type grant struct {
	ID     string
	Client string
	User   string
	Scopes []string

	PerHour int `json:",omitempty"` // of a workspace access token, which has an hour of its own; 0: this is a consent's
}

type code struct {
	grant     grant
	redirect  string // "" where none was sent at authorize
	challenge string
	expires   time.Time
}

type accessToken struct {
	Grant   grant
	Expires time.Time
}

type refreshToken struct {
	Grant     grant
	Issued    time.Time
	FirstUsed time.Time // zero: not yet
}

// bearer is who an API request comes from.
type bearer struct {
	client, user string
	scopes       []string
	perHour      int // of an access token; 0: the request comes over OAuth
}

func (o *oauthState) init(life time.Duration) {
	o.life, o.scopes = life, map[string][]string{}
	o.sessions, o.codes = map[string]*session{}, map[string]*code{}
	o.access, o.refresh, o.revoked = map[string]*accessToken{}, map[string]*refreshToken{}, map[string]bool{}
}

// secret makes something that can't be guessed, of n bytes before their encoding.
func secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// issue makes a pair of tokens. Both are longer than 2,500 characters, as Bitbucket's are since 2026.
func (o *oauthState) issue(g grant, now time.Time) (access, refresh string) {
	access, refresh = secret(1950), secret(1960)
	o.access[hashOf(access)] = &accessToken{Grant: g, Expires: now.Add(o.life)}
	o.refresh[hashOf(refresh)] = &refreshToken{Grant: g, Issued: now}
	return access, refresh
}

// authenticate finds out whose token a request bears; only the Authorization header counts. A revoked token is unknown.
func (o *oauthState) authenticate(r *http.Request, now time.Time) (bearer, *answer) {
	kind, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || text == "" {
		return bearer{}, noLogin()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.access[hashOf(text)]
	switch {
	case t == nil || o.revoked[t.Grant.ID]:
		return bearer{}, unknownToken()
	case !now.Before(t.Expires):
		return bearer{}, expired()
	}
	return bearer{client: t.Grant.Client, user: t.Grant.User, scopes: t.Grant.Scopes, perHour: t.Grant.PerHour}, nil
}

// use spends a refresh token and gives a new pair; ok is false where it is no good any more. Within ten minutes of its first use the old one
// works again: for parallel processes, and for those whose answer was lost. Assumed: each such use gives one more valid pair, and those given before
// stay valid. Unused ones die after three months. Earlier access tokens live on until they expire.
func (o *oauthState) use(text, client string, now time.Time) (access, refresh string, g grant, ok bool) {
	t := o.refresh[hashOf(text)]
	if t == nil || t.Grant.Client != client || o.revoked[t.Grant.ID] {
		return "", "", g, false
	}
	if t.FirstUsed.IsZero() {
		if !now.Before(t.Issued.AddDate(0, 3, 0)) {
			return "", "", g, false
		}
		t.FirstUsed = now
	} else if now.Sub(t.FirstUsed) >= reuseGrace {
		return "", "", g, false
	}
	o.refreshes++
	access, refresh = o.issue(t.Grant, now)
	return access, refresh, t.Grant, true
}

// covers tells whether the granted scopes hold the one. To write means to read; pull requests mean the repository, but a repository doesn't mean its pull
// requests.
func covers(granted []string, scope string) bool {
	for _, g := range granted {
		switch g {
		case scope, scope + ":write":
			return true
		case "pullrequest", "pullrequest:write":
			if scope == "repository" {
				return true
			}
		}
	}
	return false
}

func (b *Bitbucket) consumer(id string) *Consumer {
	i := slices.IndexFunc(b.options.Consumers, func(c Consumer) bool { return c.ID == id })
	if i < 0 || id == "" {
		return nil
	}
	return &b.options.Consumers[i]
}

// ticked returns the scopes of a consumer as its form says now.
func (o *oauthState) ticked(c *Consumer) []string {
	if changed, ok := o.scopes[c.ID]; ok {
		return changed
	}
	if c.Scopes == nil {
		return DefaultScopes
	}
	return c.Scopes
}

// Tick changes what is ticked on a consumer. Grants that were given keep the scopes that they were given for.
func (b *Bitbucket) Tick(clientID string, scopes ...string) {
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	b.oauth.scopes[clientID] = scopes
}

// Grant gives the consumer a grant by the first administrator without any page, and returns its first pair of tokens. It panics for a consumer
// that there isn't.
func (b *Bitbucket) Grant(clientID string) (access, refresh string) {
	c := b.consumer(clientID)
	if c == nil {
		panic("bitbuckettest: no consumer " + clientID)
	}
	user := b.Administrators()[0].UUID
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	return b.oauth.issue(grant{ID: secret(12), Client: c.ID, User: user, Scopes: slices.Clone(b.oauth.ticked(c))}, b.options.Now())
}

// RevokeGrants takes back every grant given so far: access tokens answer 401, refresh tokens 400.
func (b *Bitbucket) RevokeGrants() {
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	for _, t := range b.oauth.access {
		b.oauth.revoked[t.Grant.ID] = true
	}
	for _, t := range b.oauth.refresh {
		b.oauth.revoked[t.Grant.ID] = true
	}
	clear(b.oauth.codes)
}

// Refreshes counts the refreshes that succeeded.
func (b *Bitbucket) Refreshes() int {
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	return b.oauth.refreshes
}

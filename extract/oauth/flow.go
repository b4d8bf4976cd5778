package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// CallbackPath is where Bitbucket sends the browser back to; the consumer's callback URL ends in it.
	CallbackPath = "/oauth/callback"
	// ConsentLife is how long a person may take on the consent page.
	ConsentLife = 10 * time.Minute

	// maxPending bounds the consents begun and not finished: anybody who reaches the page can begin one.
	maxPending = 200
	// finishTimeout bounds the exchange of the code.
	finishTimeout = time.Minute
)

// ErrNotBegun says that an answer of the consent page belongs to no consent that was begun here, or by this browser, or
// to one that is over. Nothing else that such an answer says is believed, or shown.
var ErrNotBegun = errors.New("this answer of the consent page was not expected")

// Ask is what a consent is begun for.
type Ask struct {
	Consumer  Consumer
	Workspace string // to connect, by slug or uuid; empty: the person picks when it is known which ones access reaches
}

// Consent is what came of an Ask: a grant.
type Consent struct {
	Ask
	Grant Grant
}

// Flow leads people through Bitbucket's consent page and back. It is safe for concurrent use.
type Flow struct {
	mu      sync.Mutex
	pending map[[sha256.Size]byte]*visit // by the hash of the state, so that a lookup's time tells nothing of it
}

// visit is one visit to the consent page. It is taken out of pending when it comes back, whatever comes of it: a state
// is used once.
type visit struct {
	ask      Ask
	state    string
	verifier string // PKCE
	cookie   string // what the browser that began it holds; empty where a command began it
	expires  time.Time
}

// NewFlow returns a flow without visits.
func NewFlow() *Flow { return &Flow{pending: map[[sha256.Size]byte]*visit{}} }

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Flow) Format(f fmt.State, _ rune) { io.WriteString(f, "oauth.Flow") }

// Begin begins a consent for a command that waits, without a browser of its own, and returns the address of the consent
// page. Its state is bound to no cookie, as the command can't know which browser the person will use. What the cookie
// prevents, that somebody is lured into finishing a consent that another began, needs the other to know the state: this
// one is shown to the person at the terminal alone, lives in the memory of one command, for ten minutes, works once,
// and the code that comes with it is worth nothing without the PKCE verifier, which stays in that memory.
func (f *Flow) Begin(ask Ask) (address string) {
	v := f.begin(&visit{ask: ask})
	return ask.Consumer.authorizeURL(v.state, v.verifier)
}

// Start begins a consent in the browser that gets the answer w, binds it to that browser by a cookie, and returns the
// address of the consent page.
func (f *Flow) Start(w http.ResponseWriter, ask Ask) (address string) {
	v := f.begin(&visit{ask: ask, cookie: random()})
	http.SetCookie(w, v.setCookie(v.cookie, int(ConsentLife.Seconds())))
	return ask.Consumer.authorizeURL(v.state, v.verifier)
}

// Finish takes what the consent page sent a browser back with, in a GET of CallbackPath, and exchanges it for a grant.
// With an error comes what the consent was begun for, as far as that is known.
//
// Errors: ErrNotBegun, ErrDenied, ErrConsumer and ErrUnavailable. Their words are for the person, and hold nothing
// secret. If the person closes the browser meanwhile, the exchange goes on: the code is used up all the same.
func (f *Flow) Finish(w http.ResponseWriter, r *http.Request) (Consent, error) {
	// The state is judged first. A HEAD is somebody's look: it must not use the state up.
	query := r.URL.Query()
	if r.Method != http.MethodGet {
		return Consent{}, fmt.Errorf("%w: it comes as a %s", ErrNotBegun, r.Method)
	}
	v, ok := f.take(query.Get("state"))
	if !ok {
		return Consent{}, fmt.Errorf("%w: it belongs to no consent that was begun here, or to one that is over: begin again", ErrNotBegun)
	}
	if v.cookie != "" {
		cookie, err := r.Cookie(v.cookieName())
		if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(v.cookie)) != 1 {
			return Consent{}, fmt.Errorf("%w: this browser did not begin the consent: begin again at %s, in this browser and with cookies allowed",
				ErrNotBegun, strings.TrimSuffix(v.ask.Consumer.RedirectURL, CallbackPath))
		}
		http.SetCookie(w, v.setCookie("", -1))
	}
	consent := Consent{Ask: v.ask}
	if code := query.Get("error"); code != "" {
		return consent, refusal(code, query.Get("error_description"))
	}
	code := query.Get("code")
	if code == "" {
		return consent, fmt.Errorf("%w: the consent page's answer has neither a code nor an error: connect again", ErrDenied)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
	defer cancel()
	var err error
	consent.Grant, err = v.ask.Consumer.exchange(ctx, code, v.verifier)
	return consent, err
}

func (f *Flow) begin(v *visit) *visit {
	v.state, v.verifier, v.expires = random(), oauth2.GenerateVerifier(), time.Now().Add(ConsentLife)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.makeRoom()
	f.pending[sha256.Sum256([]byte(v.state))] = v
	return v
}

// makeRoom forgets visits that have expired, and the oldest where there are still too many. One that a command waits
// for is never pushed out by browsers.
func (f *Flow) makeRoom() {
	var oldest [sha256.Size]byte
	var found *visit
	for key, v := range f.pending {
		switch {
		case time.Now().After(v.expires):
			delete(f.pending, key)
		case v.cookie != "" && (found == nil || v.expires.Before(found.expires)):
			oldest, found = key, v
		}
	}
	if found != nil && len(f.pending) >= maxPending {
		delete(f.pending, oldest)
	}
}

// take finds the visit that a state belongs to, and makes the state worthless.
func (f *Flow) take(state string) (*visit, bool) {
	if state == "" {
		return nil, false
	}
	key := sha256.Sum256([]byte(state))
	f.mu.Lock()
	v, ok := f.pending[key]
	delete(f.pending, key)
	f.mu.Unlock()
	if !ok || subtle.ConstantTimeCompare([]byte(v.state), []byte(state)) != 1 || time.Now().After(v.expires) {
		return nil, false
	}
	return v, true
}

func (v *visit) setCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: v.cookieName(), Value: value, MaxAge: maxAge, Path: CallbackPath, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // sent with Bitbucket's redirect, a top-level GET, and with nothing else from outside
		Secure:   strings.HasPrefix(v.ask.Consumer.RedirectURL, "https://"),
	}
}

// cookieName is made of the state, so that two tabs don't overwrite each other's.
func (v *visit) cookieName() string {
	sum := sha256.Sum256([]byte("cookie " + v.state))
	return "bucketlake_oauth_" + hex.EncodeToString(sum[:8])
}

// refusal puts the consent page's error into words. What Bitbucket says is quoted, escape sequences and all, since it
// may end on a terminal.
func refusal(code, description string) error {
	if code == "access_denied" {
		return fmt.Errorf("%w: it was denied on the consent page: connect again and choose Grant access", ErrDenied)
	}
	said := fmt.Sprintf("%.60q", code)
	if description != "" {
		said += fmt.Sprintf(" (%.300q)", description)
	}
	return fmt.Errorf("%w: Bitbucket answered %s on the consent page: check the consumer's callback URL and permissions, then connect again", ErrDenied, said)
}

// random returns 32 random bytes as text.
func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

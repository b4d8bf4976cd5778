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
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// StartPath begins a consent in the browser that opens it.
	StartPath = "/oauth/start"
	// CallbackPath is where Bitbucket sends the browser back to; the consumer's callback URL ends in it.
	CallbackPath = "/oauth/callback"

	// consentLife is how long a person may take on the consent page.
	consentLife = 10 * time.Minute
	// maxPending bounds the consents begun and not finished: anybody who reaches the start page can begin one.
	maxPending = 200
	// finishTimeout bounds the exchange of the code and what is done with the grant.
	finishTimeout = time.Minute
)

// Granted receives the grant of a finished consent and makes a connection of it. The browser then goes to next, a path
// of this server, or is told that it is connected where next is empty. An error is shown to the person: it must be
// written for one, and hold nothing secret.
type Granted func(ctx context.Context, grant Grant) (next string, err error)

// Flow leads people through Bitbucket's consent page. It serves StartPath and CallbackPath, and needs no more of its
// server than that: mount it beside other pages, behind whatever decides who may open them.
type Flow struct {
	// Finished, where it is set, is told how each consent ended that a browser began at StartPath.
	Finished func(error)

	consumer *Consumer
	granted  Granted

	mu      sync.Mutex
	pending map[[sha256.Size]byte]*consent // by the hash of the state, so that a lookup's time tells nothing of it
}

// consent is one visit to the consent page that was begun. It is taken out of pending when it comes back, whatever
// comes of it: a state is used once.
type consent struct {
	state    string
	verifier string // PKCE
	cookie   string // what the browser that began it holds; empty for an Attempt
	attempt  *Attempt
	expires  time.Time
}

// Attempt is a consent that a command waits for.
type Attempt struct {
	// URL is the address of the consent page, for the person to open in any browser on this machine.
	URL    string
	result chan error
}

// NewFlow returns a flow that hands each grant to granted.
func NewFlow(consumer Consumer, granted Granted) *Flow {
	return &Flow{consumer: &consumer, granted: granted, pending: map[[sha256.Size]byte]*consent{}}
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Flow) Format(f fmt.State, _ rune) { io.WriteString(f, "oauth.Flow") }

// Begin begins a consent for a command that waits, without a browser of its own. Its state is bound to no cookie, as the
// command can't know which browser the person will use. What the cookie prevents, that somebody is lured into finishing
// a consent that another began, needs the other to know the state: this one is shown to the person at the terminal
// alone, lives in the memory of one command, for ten minutes, works once, and the code that comes with it is worth
// nothing without the PKCE verifier, which stays in that memory.
func (f *Flow) Begin() *Attempt {
	a := &Attempt{result: make(chan error, 1)}
	c := f.begin(&consent{attempt: a})
	a.URL = f.consumer.authorizeURL(c.state, c.verifier)
	return a
}

// Wait returns when the consent is finished: nil where Granted got the grant and returned no error. An end of ctx, and
// ten minutes without an answer, end the waiting.
func (a *Attempt) Wait(ctx context.Context) error {
	timeout := time.NewTimer(consentLife + finishTimeout)
	defer timeout.Stop()
	select {
	case err := <-a.result:
		return err
	case <-timeout.C:
		return fmt.Errorf("waiting for the consent page: no answer within %s: run `bucketlake connect` again", consentLife)
	case <-ctx.Done():
		return fmt.Errorf("waiting for the consent page: %w", context.Cause(ctx))
	}
}

func (f *Flow) begin(c *consent) *consent {
	c.state, c.verifier, c.expires = random(), oauth2.GenerateVerifier(), time.Now().Add(consentLife)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.makeRoom()
	f.pending[sha256.Sum256([]byte(c.state))] = c
	return c
}

// makeRoom forgets consents that have expired, and the oldest where there are still too many. One that a command waits
// for is never pushed out by browsers.
func (f *Flow) makeRoom() {
	var oldest [sha256.Size]byte
	var found *consent
	for key, c := range f.pending {
		switch {
		case time.Now().After(c.expires):
			delete(f.pending, key)
		case c.attempt == nil && (found == nil || c.expires.Before(found.expires)):
			oldest, found = key, c
		}
	}
	if found != nil && len(f.pending) >= maxPending {
		delete(f.pending, oldest)
	}
}

// take finds the consent that a state belongs to, and makes the state worthless.
func (f *Flow) take(state string) (*consent, bool) {
	if state == "" {
		return nil, false
	}
	key := sha256.Sum256([]byte(state))
	f.mu.Lock()
	c, ok := f.pending[key]
	delete(f.pending, key)
	f.mu.Unlock()
	if !ok || subtle.ConstantTimeCompare([]byte(c.state), []byte(state)) != 1 || time.Now().After(c.expires) {
		return nil, false
	}
	return c, true
}

// ServeHTTP implements http.Handler.
func (f *Flow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if r.Method != http.MethodGet { // HEAD, too: a look must not use up a state
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case StartPath:
		f.start(w, r)
	case CallbackPath:
		f.callback(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *Flow) start(w http.ResponseWriter, r *http.Request) {
	c := f.begin(&consent{cookie: random()})
	http.SetCookie(w, f.cookie(c, c.cookie, int(consentLife.Seconds())))
	http.Redirect(w, r, f.consumer.authorizeURL(c.state, c.verifier), http.StatusSeeOther)
}

// cookie is named after its state, so that two tabs don't overwrite each other's.
func (f *Flow) cookie(c *consent, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(c.state), Value: value, MaxAge: maxAge, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // sent with Bitbucket's redirect, a top-level GET, and with nothing else from outside
		Secure:   strings.HasPrefix(f.consumer.RedirectURL, "https://"),
	}
}

func cookieName(state string) string {
	sum := sha256.Sum256([]byte("cookie " + state))
	return "bucketlake_oauth_" + hex.EncodeToString(sum[:8])
}

// callback finishes a consent. The state is judged first: nothing else in the address is believed, or shown, before it
// is known to come from a consent that was begun here.
func (f *Flow) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	c, ok := f.take(query.Get("state"))
	if !ok {
		showError(w, http.StatusBadRequest, "this answer belongs to no consent that was begun here, or to one that is over: begin again")
		return
	}
	if c.attempt == nil {
		cookie, err := r.Cookie(cookieName(c.state))
		if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(c.cookie)) != 1 {
			showError(w, http.StatusBadRequest, fmt.Sprintf("this browser did not begin the consent: begin again at %s, in this browser and with cookies allowed", f.startURL()))
			return
		}
		http.SetCookie(w, f.cookie(c, "", -1))
	}
	// The person may close the browser now; the code is used up all the same, so the work goes on.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
	defer cancel()
	next, err := f.finish(ctx, c, query)
	switch {
	case err != nil:
		showError(w, statusOf(err), err.Error())
	case next != "":
		http.Redirect(w, r, next, http.StatusSeeOther)
	default:
		show(w, http.StatusOK, page{Title: "Connected", Text: "bucketlake is connected. You can close this page."})
	}
	// After the page has left, because a command that waits may end as soon as it knows.
	_ = http.NewResponseController(w).Flush()
	switch {
	case c.attempt != nil:
		c.attempt.result <- err
	case f.Finished != nil:
		f.Finished(err)
	}
}

func (f *Flow) finish(ctx context.Context, c *consent, query url.Values) (next string, err error) {
	if code := query.Get("error"); code != "" {
		return "", refusal(code, query.Get("error_description"))
	}
	code := query.Get("code")
	if code == "" {
		return "", fmt.Errorf("reading the consent page's answer: %w: it has neither a code nor an error: run `bucketlake connect` again", ErrDenied)
	}
	grant, err := f.consumer.exchange(ctx, code, c.verifier)
	if err != nil {
		return "", err
	}
	return f.granted(ctx, grant)
}

// refusal puts the consent page's error into words. What Bitbucket says is quoted, escape sequences and all, since it
// may end on a terminal.
func refusal(code, description string) error {
	if code == "access_denied" {
		return fmt.Errorf("%w: access was denied on the consent page: run `bucketlake connect` again and choose Grant access", ErrDenied)
	}
	said := fmt.Sprintf("%.60q", code)
	if description != "" {
		said += fmt.Sprintf(" (%.300q)", description)
	}
	return fmt.Errorf("%w: Bitbucket answered %s on the consent page: check the consumer's callback URL and permissions, then run `bucketlake connect` again", ErrDenied, said)
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrDenied):
		return http.StatusForbidden
	case errors.Is(err, ErrUnavailable):
		return http.StatusBadGateway
	default:
		return http.StatusInternalServerError
	}
}

// startURL is the start page under the host that Bitbucket sends browsers back to: begun under another name of the
// same host, the cookie is missing on the way back.
func (f *Flow) startURL() string {
	return strings.TrimSuffix(f.consumer.RedirectURL, CallbackPath) + StartPath
}

// random returns 32 random bytes as text.
func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

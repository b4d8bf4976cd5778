package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// sessionLife is how long somebody stays logged in.
	sessionLife = 12 * time.Hour

	// freeAttempts may fail before an address has to wait; each one more doubles the wait, up to longestWait.
	freeAttempts = 5
	firstWait    = time.Second
	longestWait  = time.Minute
	// forgetAfter is how long failed attempts count.
	forgetAfter = 15 * time.Minute
	// mostAddresses bounds whose attempts are remembered.
	mostAddresses = 10_000
)

// askPassword lets nobody through who is not logged in, where there is a password.
func (s *site) askPassword(pages http.Handler) http.Handler {
	if s.Password == "" {
		return pages
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login", "/style.css", "/icon.svg":
		default:
			if _, ok := s.sessions.get(s.cookie(r, sessionCookie)); !ok {
				http.Redirect(w, r, "/login", http.StatusSeeOther)
				return
			}
		}
		pages.ServeHTTP(w, r)
	})
}

func (s *site) showLogin(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.sessions.get(s.cookie(r, sessionCookie)); ok || s.Password == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.render(w, http.StatusOK, "login", layout{Title: "Log in"})
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	if s.Password == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	from := s.from(r)
	if wait := s.attempts.begin(from, time.Now()); wait > 0 {
		seconds := strconv.Itoa(int(wait/time.Second) + 1)
		w.Header().Set("Retry-After", seconds)
		s.render(w, http.StatusTooManyRequests, "login", layout{Title: "Log in", Notice: &notice{true, "Too many wrong passwords: wait " + seconds + " seconds and try again."}})
		return
	}
	// Hashes are of one length, so that a comparison tells nothing of the password's.
	given, want := sha256.Sum256([]byte(r.PostFormValue("password"))), sha256.Sum256([]byte(s.Password.Reveal()))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		s.Log.WarnContext(r.Context(), "a wrong password was given to the page", "from", from)
		s.render(w, http.StatusForbidden, "login", layout{Title: "Log in", Notice: &notice{true, "That password is wrong."}})
		return
	}
	s.attempts.succeeded(from)
	s.setCookie(w, sessionCookie, s.sessions.put(struct{}{}), sessionLife)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	s.sessions.take(s.cookie(r, sessionCookie))
	s.setCookie(w, sessionCookie, "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// throttle makes guessing slow: it remembers the attempts of each address.
type throttle struct {
	mu   sync.Mutex
	from map[string]*attempts
}

type attempts struct {
	count int
	last  time.Time
}

func newThrottle() *throttle { return &throttle{from: map[string]*attempts{}} }

// begin counts an attempt, which fails until it is known to have succeeded, or returns how long the address has to wait
// before it may make one.
func (t *throttle) begin(address string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for a, old := range t.from {
		if now.Sub(old.last) > forgetAfter {
			delete(t.from, a)
		}
	}
	made := t.from[address]
	if made == nil && len(t.from) >= mostAddresses {
		made = t.from[""] // those that find no room wait together
		address = ""
	}
	if made == nil {
		made = &attempts{}
		t.from[address] = made
	}
	if made.count >= freeAttempts {
		wait = longestWait
		if doublings := made.count - freeAttempts; doublings < 6 {
			wait = min(longestWait, firstWait<<doublings)
		}
		if left := made.last.Add(wait).Sub(now); left > 0 {
			return left
		}
	}
	made.count++
	made.last = now
	return 0
}

func (t *throttle) succeeded(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.from, address)
}

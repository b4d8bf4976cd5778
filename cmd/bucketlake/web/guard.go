package web

import (
	"net/http"
	"strings"
	"time"
)

const (
	sessionCookie = "bucketlake_session"
	noticeCookie  = "bucketlake_notice"
	offerCookie   = "bucketlake_offer"

	// maxForm bounds the body of a request.
	maxForm = 64 << 10

	// policy is what a page may load and do: nothing but our own files and forms.
	policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// guard decides, for all pages at once, who may ask, and what browsers may do with the answer.
func (s *site) guard(pages http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.say(w, http.StatusForbidden, "Refused", "This request comes from another site. Go to the page itself and try again.")
	}))
	inner := origins.Handler(s.askPassword(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if s.secure() {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		// A name that a stranger made point here would let the stranger's pages read ours.
		us, public := s.asked(r.Host)
		if !us {
			s.render(w, http.StatusMisdirectedRequest, "message", layout{Title: "Wrong address", Page: message{Text: "This page answers as " + s.PublicURL +
				" and not as " + r.Host + ". Use that address, or set PUBLIC_URL to the one you use. A proxy in front of it has to pass on the Host that it was asked for."}})
			return
		}
		// Consents come back to PUBLIC_URL, and cookies belong to one name.
		if !public && !s.secure() && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.Redirect(w, r, s.PublicURL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			s.say(w, http.StatusBadRequest, "Not understood", "This form is too large, or damaged. Load the page again and try once more.")
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// protect sets what browsers may do with any answer of ours.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer") // addresses hold codes and states
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// secure reports whether browsers come over https.
func (s *site) secure() bool { return strings.HasPrefix(s.PublicURL, "https://") }

// setCookie sets a cookie for the whole page, or forgets it where life is negative. Lax, so that it comes along when
// Bitbucket sends the browser back, and with nothing else from outside.
func (s *site) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// cookie returns the value of a cookie of ours, or nothing.
func (s *site) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// cookieName has, over https, the prefix with which browsers take a cookie from no other host and no plain connection.
func (s *site) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

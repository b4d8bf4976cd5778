package bitbuckettest

import (
	"crypto/subtle"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// session is one browser. It exists before anybody logs in, to hold the secret of the forms.
type session struct {
	csrf    string
	user    string // uuid; "" before the login
	expires time.Time
}

const cookieName = "bitbucket_session"

func (b *Bitbucket) serveOAuth(r *http.Request) *answer {
	switch r.URL.Path {
	case "/site/oauth2/authorize":
		return b.serveAuthorize(r)
	case "/site/oauth2/access_token":
		return b.serveToken(r)
	}
	return page(404, "Not found", "<p>There is nothing here.</p>")
}

// serveAuthorize shows the login form, then the question, and takes both back under the same address. Nothing is sent to a redirect_uri that is not
// the consumer's.
func (b *Bitbucket) serveAuthorize(r *http.Request) *answer {
	query := r.URL.Query()
	c := b.consumer(query.Get("client_id"))
	if c == nil {
		return page(400, "Invalid client", "<p>There is no OAuth consumer with this key.</p>")
	}
	if c.Callback == "" { // composer#5335
		return oauthError("invalid_request", "No callback uri defined for the OAuth client.")
	}
	back, ok := c.redirect(query.Get("redirect_uri"))
	if !ok {
		return page(400, "Invalid redirect_uri", "<p>The address to return to is not the callback of this OAuth consumer.</p>")
	}
	scopes, problem := b.asked(c, query)
	if problem != "" {
		return backTo(back, url.Values{"error": {problem}, "error_description": {"The request is not supported."}, "state": query["state"]})
	}
	id, s := b.session(r)
	if r.Method == http.MethodGet {
		return withCookie(b.ask(r, c, s, scopes, ""), id)
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(s.csrf)) != 1 {
		return withCookie(page(403, "Please try again", "<p>This form is no longer valid. Go back and reload the page.</p>"), id)
	}
	switch choice := r.PostForm.Get("choice"); {
	case choice == "login":
		return b.login(r, c, id, s, scopes)
	case s.user == "":
		return withCookie(b.ask(r, c, s, scopes, ""), id)
	case choice == "grant":
		return b.granted(r, c, s, back, scopes)
	}
	return backTo(back, url.Values{"error": {"access_denied"}, "error_description": {"The user denied access."}, "state": query["state"]})
}

// asked returns the scopes that a grant will have: what is ticked on the consumer, or the part of it that was asked for. problem is the error for the
// callback.
func (b *Bitbucket) asked(c *Consumer, query url.Values) (scopes []string, problem string) {
	if query.Get("response_type") != "code" {
		return nil, "unsupported_response_type"
	}
	if m := query.Get("code_challenge_method"); query.Has("code_challenge") && m != "S256" {
		return nil, "invalid_request"
	}
	b.oauth.mu.Lock()
	ticked := slices.Clone(b.oauth.ticked(c))
	b.oauth.mu.Unlock()
	scopes = strings.Fields(query.Get("scope"))
	if len(scopes) == 0 {
		return ticked, ""
	}
	for _, s := range scopes {
		if !slices.Contains(ticked, s) {
			return nil, "invalid_scope"
		}
	}
	return scopes, ""
}

// redirect returns the address to go back to: the one asked for, if it equals a registered one or extends its path, or the only registered one.
func (c *Consumer) redirect(asked string) (string, bool) {
	registered := strings.Fields(c.Callback)
	if asked == "" {
		return registered[0], len(registered) == 1 && !strings.Contains(registered[0], "*")
	}
	u, err := url.Parse(asked)
	if err != nil || u.User != nil || u.Fragment != "" {
		return "", false
	}
	for _, one := range registered {
		anyPort := strings.Contains(one, ":*")
		callback, err := url.Parse(strings.Replace(one, ":*", "", 1))
		if err != nil || u.Scheme != callback.Scheme {
			continue
		}
		sameHost := u.Host == callback.Host || anyPort && u.Hostname() == callback.Hostname()
		path := strings.TrimSuffix(callback.Path, "/")
		if sameHost && (u.Path == callback.Path || u.Path == path || strings.HasPrefix(u.Path, path+"/")) {
			return asked, true
		}
	}
	return "", false
}

// login takes any administrator's e-mail address and any password that is not empty. The session gets a new name with it.
func (b *Bitbucket) login(r *http.Request, c *Consumer, id string, s *session, scopes []string) *answer {
	email := strings.TrimSpace(r.PostForm.Get("email"))
	for _, m := range b.Administrators() {
		if strings.EqualFold(m.Email, email) && r.PostForm.Get("password") != "" {
			b.oauth.mu.Lock()
			delete(b.oauth.sessions, id)
			id = secret(24)
			b.oauth.sessions[id] = &session{csrf: secret(24), user: m.UUID, expires: s.expires}
			b.oauth.mu.Unlock()
			return withCookie(&answer{status: 303, contentType: typeText, header: http.Header{"Location": {r.URL.RequestURI()}}}, id)
		}
	}
	return withCookie(b.ask(r, c, s, scopes, "That e-mail address and password are not known here. Use an administrator's address."), id)
}

func (b *Bitbucket) granted(r *http.Request, c *Consumer, s *session, back string, scopes []string) *answer {
	query := r.URL.Query()
	text := secret(24)
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	b.oauth.codes[text] = &code{
		grant:    grant{ID: secret(12), Client: c.ID, User: s.user, Scopes: scopes},
		redirect: query.Get("redirect_uri"), challenge: query.Get("code_challenge"), expires: b.options.Now().Add(codeLife),
	}
	return backTo(back, url.Values{"code": {text}, "state": query["state"]})
}

// backTo sends the browser to the callback.
func backTo(to string, more url.Values) *answer {
	u, err := url.Parse(to)
	if err != nil {
		return page(400, "Invalid redirect_uri", "<p>The address to return to is not valid.</p>")
	}
	query := u.Query()
	for name, values := range more {
		if len(values) > 0 {
			query[name] = values[:1]
		}
	}
	u.RawQuery = query.Encode()
	return &answer{status: 302, contentType: typeText, header: http.Header{"Location": {u.String()}, "Cache-Control": {"no-store"}}}
}

// session finds the browser's session or begins one.
func (b *Bitbucket) session(r *http.Request) (string, *session) {
	now := b.options.Now()
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	if cookie, err := r.Cookie(cookieName); err == nil {
		if s := b.oauth.sessions[cookie.Value]; s != nil && now.Before(s.expires) {
			return cookie.Value, s
		}
	}
	id, s := secret(24), &session{csrf: secret(24), expires: now.Add(time.Hour)}
	b.oauth.sessions[id] = s
	return id, s
}

func withCookie(a *answer, id string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	cookie := http.Cookie{Name: cookieName, Value: id, Path: "/site/oauth2/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	a.header.Set("Set-Cookie", cookie.String())
	return a
}

// ask is the page for this session: the login form, or the question.
func (b *Bitbucket) ask(r *http.Request, c *Consumer, s *session, scopes []string, trouble string) *answer {
	if s.user == "" {
		return loginPage(r.URL.RequestURI(), s.csrf, b.Administrators()[0].Email, trouble)
	}
	var who Member
	for _, m := range b.Administrators() {
		if m.UUID == s.user {
			who = m
		}
	}
	var list strings.Builder
	for _, scope := range scopes {
		fmt.Fprintf(&list, "<li>%s</li>\n", html.EscapeString(scope))
	}
	return consentPage(r.URL.RequestURI(), s.csrf, c.ID, who.DisplayName, list.String())
}

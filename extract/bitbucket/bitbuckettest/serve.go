package bitbuckettest

import (
	"compress/gzip"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is one API request on its way to an answer. It is made and used under the read lock of the world.
type request struct {
	world   *world
	options *Options
	base    string // scheme and host, as the client wrote them
	path    string // escaped, as the client wrote it
	query   url.Values
	vars    map[string]string // what stands for the {names} of the route
	user    string            // uuid of who granted the access
	repo    *repository       // set where the route names one
	pull    *pullRequest      // set where the route names one
}

// ServeHTTP serves the API under /2.0 and OAuth, with its pages, under /site/oauth2. It may panic with http.ErrAbortHandler where a Fault cuts the
// connection.
func (b *Bitbucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.options.Latency > 0 && !pause(r, b.options.Latency) {
		return
	}
	rt, vars := match(r)
	if strings.HasPrefix(r.URL.Path, "/2.0/") {
		b.runHooks(r)
	}
	fault := b.faults.take(r)
	if fault != nil && (fault.Hang || fault.Status != 0) {
		b.counts.add(rt.template, fault.Status)
		fault.answer(w, r)
		return
	}
	var a *answer
	switch {
	case strings.HasPrefix(r.URL.Path, "/site/oauth2/"):
		a = b.serveOAuth(r)
	default:
		a = b.serveAPI(r, rt, vars)
	}
	b.counts.add(rt.template, a.status)
	write(w, r, a, fault)
}

func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// serveAPI does what all routes have in common: who asks, may they, have they asked too much.
func (b *Bitbucket) serveAPI(r *http.Request, rt route, vars map[string]string) *answer {
	if rt.template == "" {
		return textOrJSON404(r)
	}
	token, a := b.oauth.authenticate(r, b.options.Now())
	if a != nil {
		return a
	}
	if token.perHour > 0 {
		return b.serveAccessToken(r, rt, vars, token)
	}
	if !b.limits.allow(token.client, rt.group(), b.options.Now(), b.options.RequestsPerHour) {
		return limited()
	}
	return b.serveBearer(r, rt, vars, token)
}

// serveBearer answers somebody who may ask.
func (b *Bitbucket) serveBearer(r *http.Request, rt route, vars map[string]string, token bearer) *answer {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return errorAnswer(405, object{"message": "Method not allowed"})
	}
	if rt.scope != "" && !covers(token.scopes, rt.scope) {
		return lacksScope(rt.scope, token.scopes)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("Invalid query string")
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	q := &request{world: b.world, options: &b.options, base: base(r), path: r.URL.EscapedPath(), query: query, vars: vars, user: token.user}
	a, err := q.serve(rt)
	var problem *answer
	if errors.As(err, &problem) {
		return problem
	}
	return a
}

func textOrJSON404(r *http.Request) *answer {
	if strings.HasPrefix(r.URL.Path, "/2.0/") {
		return notFound("Resource not found")
	}
	return page(404, "Not found", "<p>There is nothing here.</p>")
}

// base is the scheme and host of the request, because links are absolute.
func base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https"
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return scheme + "://" + host
}

// write sends the answer, compressed for who accepts that, and cut short or with other headers where a fault says so.
func write(w http.ResponseWriter, r *http.Request, a *answer, fault *Fault) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Vary", "Authorization, Accept-Encoding")
	body := a.body
	if fault != nil && fault.Drop {
		panic(http.ErrAbortHandler)
	}
	if fault != nil {
		for name, values := range fault.Header {
			h[name] = values
		}
	}
	if cut := fault != nil && fault.Cut > 0; cut {
		w.WriteHeader(a.status)
		_, _ = w.Write(body[:min(fault.Cut, len(body))]) // the client may have gone: nothing to be done
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	if len(body) > 500 && slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), isGzip) {
		h.Set("Content-Encoding", "gzip")
		w.WriteHeader(a.status)
		z := gzip.NewWriter(w)
		_, _ = z.Write(body)
		_ = z.Close()
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

func isGzip(s string) bool { return strings.TrimSpace(s) == "gzip" }

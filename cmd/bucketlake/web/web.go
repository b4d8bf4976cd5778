// Package web is the worker's page: how the connections are, and Connect, Reconnect, Disconnect and Sync now; what the
// tables say of the use of each workspace; and how reading it goes on.
//
// It works without JavaScript; with it, what is shown keeps itself up to date. Whoever reaches the page may do all that
// it offers, so it answers on loopback only, or asks for a password.
package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"bucketlake/cmd/bucketlake/connect"
	"bucketlake/cmd/bucketlake/status"
	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/extract/oauth"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// Options are what the page shows and sets off.
type Options struct {
	// Status reads how the connections are, with so many of their last runs.
	Status func(ctx context.Context, runs int) ([]status.Connection, error)
	// Sync has a workspace synced soon, and says in a sentence when.
	Sync func(ctx context.Context, workspaceUUID string) (string, error)
	// Anew has streams of a workspace read from the beginning, or, without names, all of them, and says in a sentence when.
	Anew func(ctx context.Context, c *status.Connection, streams []string) (string, error)
	// Disconnect forgets the tokens of a connection.
	Disconnect func(ctx context.Context, connectionID string) error

	// Usage reads what the tables say of a workspace, and Workspaces lists those that were ever connected.
	Usage      *usage.Reader
	Workspaces func(context.Context) ([]string, error)
	Lake       string // LAKE_URL, for those who look for the objects themselves

	Maker     *connect.Maker
	Consumers []oauth.Consumer // that a consent may be asked for, the usual one first

	PublicURL string       // how browsers reach the page, without a slash at the end
	Listening string       // host and port that it listens on
	Password  oauth.Secret // empty: nobody is asked for one
	Log       *slog.Logger
}

// site is the page and what it remembers between requests, in memory: whoever is in the middle of something when the
// worker restarts begins again.
type site struct {
	Options
	flow     *oauth.Flow
	pages    *template.Template
	sessions *shelf[struct{}]
	offers   *shelf[*connect.Offer]
	notices  *shelf[notice]
	attempts *throttle
}

// Handler returns the page.
func Handler(o Options) http.Handler {
	s := &site{
		Options: o, flow: oauth.NewFlow(), pages: parse(),
		sessions: newShelf[struct{}](sessionLife, 1000), offers: newShelf[*connect.Offer](oauth.ConsentLife, 100),
		notices: newShelf[notice](5*time.Minute, 1000), attempts: newThrottle(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.connections)
	mux.HandleFunc("POST /connect", s.connect)
	mux.HandleFunc("GET "+oauth.CallbackPath, s.callback)
	mux.HandleFunc("GET /review", s.review)
	mux.HandleFunc("POST /review", s.decide)
	mux.HandleFunc("POST /connections/{id}/sync", s.syncNow)
	mux.HandleFunc("POST /connections/{id}/disconnect", s.disconnect)
	mux.HandleFunc("GET /login", s.showLogin)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	s.addUsage(mux)
	s.addSync(mux)
	addFiles(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.say(w, http.StatusNotFound, "Not found", "There is no such page here.")
	})
	return s.guard(mux)
}

func parse() *template.Template {
	return template.Must(template.New("").Funcs(words).ParseFS(templates, "templates/*.html"))
}

// addFiles adds what the pages load.
func addFiles(mux *http.ServeMux) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err)
	}
	for _, file := range []string{"style.css", "panels.css", "live.js", "icon.svg"} {
		mux.HandleFunc("GET /"+file, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=300")
			http.ServeFileFS(w, r, files, file)
		})
	}
}

// layout is what every page has.
type layout struct {
	Title  string
	At     string // which of the pages that lead to each other it is; empty: it leads to none
	Notice *notice
	Onward string        // address that the page goes on to at once
	Live   time.Duration // after which a browser without JavaScript loads the page again; 0: never
	Named  bool          // whoever sees it is logged in
	Page   any
}

// notice is shown once, at the top of the next page.
type notice struct {
	Bad  bool
	Text string
}

// shown is a layout for whoever asks.
func (s *site) shown(r *http.Request, l layout) layout {
	_, l.Named = s.sessions.get(s.cookie(r, sessionCookie))
	return l
}

// render writes a page. It is made in full first, so that an error in the middle is no half page.
func (s *site) render(w http.ResponseWriter, code int, name string, l layout) {
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name+".html", l); err != nil {
		s.Log.Error("rendering a page", "page", name, "error", err)
		http.Error(w, "the page can't be shown: see the worker's log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(code)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}

// message is a page of one sentence.
type message struct {
	Text string
	Home bool // there are connections to go back to
}

func (s *site) say(w http.ResponseWriter, code int, title, text string) {
	s.render(w, code, "message", layout{Title: title, Page: message{text, true}})
}

// fail shows, and logs, what went wrong here. The words are those of our own errors, which are written for people.
func (s *site) fail(w http.ResponseWriter, r *http.Request, doing string, err error) {
	s.Log.ErrorContext(r.Context(), "serving the page", "doing", doing, "error", err)
	s.say(w, http.StatusInternalServerError, "Something went wrong", status.Sentence(fmt.Sprintf("%s: %v", doing, err)))
}

// back sends the browser to the connections, with something to tell.
func (s *site) back(w http.ResponseWriter, r *http.Request, n notice) { s.backTo(w, r, "/", n) }

// backTo sends the browser to a page of ours, with something to tell.
func (s *site) backTo(w http.ResponseWriter, r *http.Request, page string, n notice) {
	n.Text = status.Sentence(n.Text)
	s.setCookie(w, noticeCookie, s.notices.put(n), 5*time.Minute)
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// noticeFor takes what the browser that asks has to be told, if there is something.
func (s *site) noticeFor(w http.ResponseWriter, r *http.Request) *notice {
	key := s.cookie(r, noticeCookie)
	if key == "" {
		return nil
	}
	s.setCookie(w, noticeCookie, "", -1)
	if n, ok := s.notices.take(key); ok {
		return &n
	}
	return nil
}

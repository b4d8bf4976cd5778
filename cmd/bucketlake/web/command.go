package web

import (
	"log/slog"
	"net/http"

	"bucketlake/cmd/bucketlake/status"
)

// Command returns the pages of a command that waits for a consent: those of mux, dressed like the worker's. Nobody logs in
// to them: each has an address, or takes an answer, that others can't guess.
func Command(mux *http.ServeMux) http.Handler {
	addFiles(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		mux.ServeHTTP(w, r)
	})
}

// Say writes a page of one sentence, which leads nowhere.
func Say(w http.ResponseWriter, code int, title, text string) {
	s := &site{Options: Options{Log: slog.New(slog.DiscardHandler)}, pages: parse()}
	s.render(w, code, "message", layout{Title: title, Page: message{Text: status.Sentence(text)}})
}

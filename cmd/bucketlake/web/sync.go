package web

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// addSync adds the pages of the syncs. Like all others, they are shown to those whom the guard lets through.
func (s *site) addSync(mux *http.ServeMux) {
	mux.HandleFunc("GET /sync", s.anySync)
	mux.HandleFunc("GET /sync/{workspace}", s.showSync)
	mux.HandleFunc("GET /sync/{workspace}/runs/{run}", s.showRun)
	mux.HandleFunc("GET /sync/{workspace}/anew", s.askAnew)
	mux.HandleFunc("POST /sync/{workspace}", s.syncFrom)
	mux.HandleFunc("POST /sync/{workspace}/anew", s.readAnew)
}

// anySync leads to the syncs of the first workspace.
func (s *site) anySync(w http.ResponseWriter, r *http.Request) {
	s.first(w, r, syncAddress, "nosync", layout{Title: "Sync", At: "sync"})
}

func syncAddress(workspace string) string { return "/sync/" + url.PathEscape(workspace) }

// of finds the connection of the workspace that a request names: of several that had the name, the one that has it now.
func (s *site) of(r *http.Request, runs int) (found *status.Connection, names []string, err error) {
	all, err := s.Status(r.Context(), runs)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		names = append(names, all[i].Workspace)
		if all[i].Workspace == r.PathValue("workspace") && (found == nil || found.State != oauth.Connected) {
			found = &all[i]
		}
	}
	slices.Sort(names)
	if found == nil {
		return nil, nil, fs.ErrNotExist
	}
	return found, slices.Compact(names), nil
}

// syncFailed says what is wrong with a request for syncs.
func (s *site) syncFailed(w http.ResponseWriter, r *http.Request, doing string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		s.say(w, http.StatusNotFound, "Not found", "There is no such workspace, stream or run here. Of runs, the last "+count(state.KeptRuns)+" are kept; the table sync_runs has all.")
		return
	}
	s.fail(w, r, doing, err)
}

func (s *site) showSync(w http.ResponseWriter, r *http.Request) {
	c, names, err := s.of(r, state.KeptRuns)
	if err != nil {
		s.syncFailed(w, r, "reading the syncs", err)
		return
	}
	l := layout{Title: "Sync of " + c.Workspace, At: "sync", Page: newSyncPage(s.card(c), names, r.Form.Has("runs"))}
	if underWay(c) {
		l.Live = whileRunning
	}
	if !r.URL.Query().Has("live") {
		l.Notice = s.noticeFor(w, r)
	}
	s.render(w, http.StatusOK, "sync", s.shown(r, l))
}

func (s *site) showRun(w http.ResponseWriter, r *http.Request) {
	c, _, err := s.of(r, state.KeptRuns)
	if err != nil {
		s.syncFailed(w, r, "reading the syncs", err)
		return
	}
	at := slices.IndexFunc(c.Runs, func(run status.Run) bool { return run.ID != "" && run.ID == r.PathValue("run") })
	if at < 0 {
		s.syncFailed(w, r, "", fs.ErrNotExist)
		return
	}
	page := newRunPage(s.card(c), &c.Runs[at])
	s.render(w, http.StatusOK, "run", s.shown(r, layout{Title: "A sync of " + c.Workspace, At: "sync", Page: page}))
}

// syncFrom has a workspace synced, and leads back to its syncs.
func (s *site) syncFrom(w http.ResponseWriter, r *http.Request) {
	c, _, err := s.of(r, 0)
	if err != nil {
		s.syncFailed(w, r, "reading the connections", err)
		return
	}
	if s.refuses(w, r, c) {
		return
	}
	said, err := s.Sync(r.Context(), c.WorkspaceUUID)
	if err != nil {
		s.fail(w, r, "queueing a sync of "+c.Workspace, err)
		return
	}
	s.backTo(w, r, syncAddress(c.Workspace), notice{Text: said})
}

// refuses says so where nothing can be read.
func (s *site) refuses(w http.ResponseWriter, r *http.Request, c *status.Connection) bool {
	if c.State == oauth.Connected {
		return false
	}
	s.backTo(w, r, syncAddress(c.Workspace), notice{true, c.Workspace + " is not connected: connect it again first"})
	return true
}

// askAnew says what it costs to read everything again, or one stream, and asks whether to.
func (s *site) askAnew(w http.ResponseWriter, r *http.Request) {
	c, _, err := s.of(r, 0)
	if err == nil {
		_, err = readable(c, r.Form.Get("stream"))
	}
	if err != nil {
		s.syncFailed(w, r, "reading the connections", err)
		return
	}
	l := layout{Title: "Read " + c.Workspace + " again?", At: "sync", Page: newAnewPage(s.card(c), r.Form.Get("stream"))}
	s.render(w, http.StatusOK, "anew", s.shown(r, l))
}

// readable returns the streams that a form names, one, or all: nil.
func readable(c *status.Connection, stream string) ([]string, error) {
	if stream == "" {
		return nil, nil
	}
	at := slices.IndexFunc(c.Streams, func(st status.Stream) bool { return st.Stream == stream && st.Disabled == "" })
	if at < 0 {
		return nil, fs.ErrNotExist
	}
	return []string{stream}, nil
}

func (s *site) readAnew(w http.ResponseWriter, r *http.Request) {
	c, _, err := s.of(r, 0)
	if err != nil {
		s.syncFailed(w, r, "reading the connections", err)
		return
	}
	streams, err := readable(c, r.PostForm.Get("stream"))
	if err != nil {
		s.syncFailed(w, r, "", err)
		return
	}
	if s.refuses(w, r, c) {
		return
	}
	said, err := s.Anew(r.Context(), c, streams)
	if err != nil {
		s.fail(w, r, "having "+c.Workspace+" read again", err)
		return
	}
	what := cmp.Or(r.PostForm.Get("stream"), "everything")
	s.Log.InfoContext(r.Context(), "to be read from the beginning", "workspace", c.Workspace, "streams", what)
	s.backTo(w, r, syncAddress(c.Workspace), notice{Text: what + " is read again from the beginning: " + said})
}

package web

import (
	"errors"
	"net/http"
	"slices"

	"bucketlake/cmd/bucketlake/connect"
	"bucketlake/extract/oauth"
)

// connect begins a consent, for one workspace or for whichever access will reach.
//
// It answers with a page that goes on to Bitbucket, not with a redirect: browsers hold the redirects of a form to
// form-action, and Bitbucket may lead on to hosts of its own for the login.
func (s *site) connect(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("client_id")
	at := slices.IndexFunc(s.Consumers, func(c oauth.Consumer) bool { return c.ClientID == id })
	if at < 0 && id == "" {
		at = 0
	}
	if len(s.Consumers) == 0 {
		s.back(w, r, notice{true, "the settings hold no OAuth consumer: set BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET and restart the worker"})
		return
	}
	if at < 0 {
		s.back(w, r, notice{true, "the settings hold no OAuth consumer with the client id " + id + ": add it to BITBUCKET_CONSUMERS_FILE and restart, or connect through another one"})
		return
	}
	address := s.flow.Start(w, oauth.Ask{Consumer: s.Consumers[at], Workspace: r.PostFormValue("workspace")})
	s.render(w, http.StatusOK, "leaving", layout{Title: "On to Bitbucket", Onward: address})
}

// callback takes the browser back from Bitbucket. What needs no question is stored at once.
func (s *site) callback(w http.ResponseWriter, r *http.Request) {
	consent, err := s.flow.Finish(w, r)
	if err != nil {
		s.Log.WarnContext(r.Context(), "consent ended without a grant", "error", err)
		s.back(w, r, notice{true, err.Error()})
		return
	}
	offer, err := s.Maker.Consent(r.Context(), consent)
	if err != nil {
		s.Log.WarnContext(r.Context(), "a grant can't be used", "error", err)
		s.back(w, r, notice{true, err.Error()})
		return
	}
	if only, err := offer.Choose(""); err == nil && len(only.Changes) == 0 {
		s.accept(w, r, offer, only)
		return
	} else if err != nil && consent.Workspace != "" {
		s.back(w, r, notice{true, err.Error()})
		return
	}
	s.setCookie(w, offerCookie, s.offers.put(offer), oauth.ConsentLife)
	http.Redirect(w, r, "/review", http.StatusSeeOther)
}

// reviewPage asks which workspace an offer is for, and whether what it changes is meant.
type reviewPage struct {
	Account    string
	Workspaces []connect.Workspace
}

func (s *site) review(w http.ResponseWriter, r *http.Request) {
	offer, ok := s.offers.get(s.cookie(r, offerCookie))
	if !ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	page := reviewPage{Account: offer.Account, Workspaces: offer.Workspaces}
	if only, err := offer.Choose(""); err == nil {
		page.Workspaces = []connect.Workspace{only}
	}
	s.render(w, http.StatusOK, "review", s.shown(r, layout{Title: "Connect", Page: page}))
}

// decide stores what was reviewed, or forgets it. Each offer is decided once.
func (s *site) decide(w http.ResponseWriter, r *http.Request) {
	offer, ok := s.offers.take(s.cookie(r, offerCookie))
	s.setCookie(w, offerCookie, "", -1)
	switch {
	case !ok:
		s.back(w, r, notice{true, "this consent is over: connect again"})
	case r.PostFormValue("do") != "store":
		s.back(w, r, notice{Text: "nothing was changed"})
	default:
		chosen, err := offer.Choose(r.PostFormValue("workspace"))
		if err != nil {
			s.back(w, r, notice{true, err.Error()})
			return
		}
		s.accept(w, r, offer, chosen)
	}
}

// accept stores an offer and has its workspace synced.
func (s *site) accept(w http.ResponseWriter, r *http.Request, offer *connect.Offer, chosen connect.Workspace) {
	c, err := s.Maker.Accept(r.Context(), offer, chosen)
	if err != nil {
		s.fail(w, r, "storing the connection", err)
		return
	}
	s.Log.InfoContext(r.Context(), "connected", "workspace", c.Workspace, "account", c.AccountUUID)
	text := "connected workspace " + c.Workspace + " as " + offer.Account
	when, err := s.Sync(r.Context(), c.WorkspaceUUID)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "queueing the first sync", "workspace", c.Workspace, "error", err)
		when = "the schedule will sync it"
	}
	s.back(w, r, notice{Text: text + "; " + when})
}

// errUnknown says that a form names a connection that is not there.
var errUnknown = errors.New("this connection is not there any more: load the page again")

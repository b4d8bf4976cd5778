package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/oauth"
)

// site is a server with a flow, which a browser that doesn't follow redirects visits.
type site struct {
	*install
	flow     *oauth.Flow
	server   *httptest.Server
	browser  *http.Client
	consents []oauth.Consent
	err      error // of the last answer that the consent page sent back
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{install: newInstall(t), flow: oauth.NewFlow()}
	mux := http.NewServeMux()
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.flow.Start(w, oauth.Ask{Consumer: s.consumer, Workspace: "acme"}), http.StatusSeeOther)
	})
	mux.HandleFunc(oauth.CallbackPath, func(w http.ResponseWriter, r *http.Request) {
		var consent oauth.Consent
		if consent, s.err = s.flow.Finish(w, r); s.err == nil {
			s.consents = append(s.consents, consent)
		}
	})
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	s.consumer.RedirectURL = s.server.URL + oauth.CallbackPath
	s.browser = newBrowser(t)
	return s
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get opens an address in a browser.
func (s *site) get(t *testing.T, browser *http.Client, address string) *http.Response {
	t.Helper()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response
}

// start begins a consent in a browser and returns the query of the consent page's address.
func (s *site) start(t *testing.T, browser *http.Client) url.Values {
	t.Helper()
	return s.authorize(t, s.get(t, browser, s.server.URL+"/start").Header.Get("Location"))
}

// begin begins a consent without a browser.
func (s *site) begin(t *testing.T) url.Values {
	t.Helper()
	return s.authorize(t, s.flow.Begin(oauth.Ask{Consumer: s.consumer}))
}

func (s *site) authorize(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, s.consumer.AuthorizeURL+"?") {
		t.Fatalf("consent page %q, %v", address, err)
	}
	return u.Query()
}

func (s *site) callback(values ...string) string {
	query := url.Values{}
	for i := 0; i < len(values); i += 2 {
		query.Add(values[i], values[i+1])
	}
	return s.consumer.RedirectURL + "?" + query.Encode()
}

func TestFlowInTheBrowser(t *testing.T) {
	s := newSite(t)
	asked := s.start(t, s.browser)
	for name, want := range map[string]string{"client_id": clientID, "response_type": "code", "redirect_uri": s.consumer.RedirectURL, "code_challenge_method": "S256"} {
		if got := asked.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if len(asked.Get("state")) < 43 || len(asked.Get("code_challenge")) != 43 {
		t.Errorf("state %q, challenge %q: too short", asked.Get("state"), asked.Get("code_challenge"))
	}
	code := s.bitbucket.Code(asked.Get("code_challenge"))
	s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", code))
	if s.err != nil || len(s.consents) != 1 {
		t.Fatalf("%d consents, %v", len(s.consents), s.err)
	}
	c := s.consents[0]
	if c.Grant.Token.Access == "" || c.Grant.Token.Refresh == "" || len(c.Grant.Scopes) != 2 || c.Workspace != "acme" || c.Consumer.ClientID != clientID {
		t.Errorf("consent %+v", c)
	}
	// Once only.
	s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", code))
	if !errors.Is(s.err, oauth.ErrNotBegun) || len(s.consents) != 1 {
		t.Errorf("replayed: %v, %d consents", s.err, len(s.consents))
	}
}

func TestFlowCookie(t *testing.T) {
	for redirect, secure := range map[string]bool{"http://127.0.0.1:8080/oauth/callback": false, "https://lake.example.com/oauth/callback": true} {
		recorder := httptest.NewRecorder()
		oauth.NewFlow().Start(recorder, oauth.Ask{Consumer: oauth.Consumer{RedirectURL: redirect}})
		cookies := recorder.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("cookies %v", cookies)
		}
		if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.MaxAge != 600 || len(c.Value) < 43 || c.Path != oauth.CallbackPath {
			t.Errorf("cookie %v", c)
		}
	}
}

func TestFlowTwoTabs(t *testing.T) {
	s := newSite(t)
	first, second := s.start(t, s.browser), s.start(t, s.browser)
	for _, asked := range []url.Values{first, second} {
		if s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge")))); s.err != nil {
			t.Error(s.err)
		}
	}
}

func TestFlowRefusesForeignAnswers(t *testing.T) {
	cases := map[string]func(s *site, state, code string) (*http.Client, string){
		"no state": func(s *site, _, code string) (*http.Client, string) { return s.browser, s.callback("code", code) },
		"empty state": func(s *site, _, code string) (*http.Client, string) {
			return s.browser, s.callback("state", "", "code", code)
		},
		"forged state": func(s *site, state, code string) (*http.Client, string) {
			return s.browser, s.callback("state", state[1:]+"A", "code", code)
		},
		"no cookie": func(s *site, state, code string) (*http.Client, string) {
			return newBrowser(t), s.callback("state", state, "code", code)
		},
		"another's cookie": func(s *site, state, code string) (*http.Client, string) {
			other := newBrowser(t)
			s.start(t, other)
			return other, s.callback("state", state, "code", code)
		},
		"forged error": func(s *site, _, _ string) (*http.Client, string) {
			return s.browser, s.callback("error", "planted", "error_description", "Call 555 and read out your password", "state", "x")
		},
	}
	for name, forge := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			asked := s.start(t, s.browser)
			browser, address := forge(s, asked.Get("state"), s.bitbucket.Code(asked.Get("code_challenge")))
			s.get(t, browser, address)
			if !errors.Is(s.err, oauth.ErrNotBegun) || len(s.consents) != 0 || !strings.Contains(s.err.Error(), "begin again") {
				t.Fatalf("%v, %d consents", s.err, len(s.consents))
			}
			if strings.Contains(s.err.Error(), "Call 555") || strings.Contains(s.err.Error(), "planted") {
				t.Errorf("it repeats a stranger's words: %v", s.err)
			}
		})
	}
}

func TestFlowSaysWhatIsWrong(t *testing.T) {
	const script = `<script>alert(1)</script>`
	cases := map[string]struct {
		prepare func(s *site)
		answer  []string // of the consent page; nil: a code
		want    string
		is      error
	}{
		"denied":       {nil, []string{"error", "access_denied", "error_description", script}, "it was denied on the consent page: connect again and choose Grant", oauth.ErrDenied},
		"other error":  {nil, []string{"error", "invalid_scope", "error_description", script + "\x1b[2J"}, `"invalid_scope" ("<script>alert(1)</script>\x1b[2J")`, oauth.ErrDenied},
		"no code":      {nil, []string{"x", "y"}, "neither a code nor an error", oauth.ErrDenied},
		"bad code":     {nil, []string{"code", "planted-unknown"}, "too old or used", oauth.ErrDenied},
		"wrong secret": {func(s *site) { s.consumer.ClientSecret = "planted-wrong" }, nil, "check BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET", oauth.ErrConsumer},
		"unavailable": {func(s *site) {
			s.bitbucket.Fail(func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(503)
				io.WriteString(w, r.FormValue("code"))
				return true
			})
		}, nil, "503 Service Unavailable", oauth.ErrUnavailable},
		"no refresh token": {func(s *site) {
			s.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
				answer(w, 200, map[string]any{"access_token": "planted-a"})
				return true
			})
		}, nil, "no refresh token", oauth.ErrUnavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			if c.prepare != nil {
				c.prepare(s)
			}
			asked := s.begin(t)
			values := c.answer
			if values == nil {
				values = []string{"code", s.bitbucket.Code(asked.Get("code_challenge"))}
			}
			s.get(t, s.browser, s.callback(append(values, "state", asked.Get("state"))...))
			if !errors.Is(s.err, c.is) || !strings.Contains(s.err.Error(), c.want) {
				t.Fatalf("error %v; want %v with %q", s.err, c.is, c.want)
			}
			if strings.Contains(s.err.Error(), "planted") {
				t.Errorf("a secret is shown: %v", s.err)
			}
		})
	}
}

func TestFlowFromTheTerminal(t *testing.T) {
	s := newSite(t)
	asked := s.begin(t)
	for range 500 { // browsers can't push a waiting command out
		s.start(t, newBrowser(t))
	}
	s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge"))))
	if s.err != nil || len(s.consents) != 1 {
		t.Errorf("%d consents, %v", len(s.consents), s.err)
	}
}

func TestFlowForgetsAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := oauth.NewFlow()
		u, err := url.Parse(flow.Begin(oauth.Ask{Consumer: oauth.Consumer{AuthorizeURL: "https://bitbucket.test/authorize"}}))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(oauth.ConsentLife + time.Second)
		_, err = flow.Finish(httptest.NewRecorder(), httptest.NewRequest("GET", oauth.CallbackPath+"?code=x&state="+u.Query().Get("state"), nil))
		if !errors.Is(err, oauth.ErrNotBegun) {
			t.Errorf("late: %v", err)
		}
	})
}

// A look at the address, as a mail program or a proxy may take, uses nothing up.
func TestFlowTakesAGetOnly(t *testing.T) {
	s := newSite(t)
	asked := s.begin(t)
	address := s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge")))
	for _, method := range []string{"HEAD", "POST"} {
		request, _ := http.NewRequestWithContext(t.Context(), method, address, nil)
		response, err := s.browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if !errors.Is(s.err, oauth.ErrNotBegun) {
			t.Errorf("%s: %v", method, s.err)
		}
	}
	if s.get(t, s.browser, address); s.err != nil {
		t.Errorf("HEAD used the state up: %v", s.err)
	}
}

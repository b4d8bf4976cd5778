package oauth_test

import (
	"context"
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

// site is a server with a flow, and a browser that doesn't follow redirects.
type site struct {
	*install
	flow    *oauth.Flow
	server  *httptest.Server
	browser *http.Client
	grants  []oauth.Grant
	next    string
	err     error // of Granted
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{install: newInstall(t)}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.flow.ServeHTTP(w, r) }))
	t.Cleanup(s.server.Close)
	s.consumer.RedirectURL = s.server.URL + oauth.CallbackPath
	s.flow = oauth.NewFlow(s.consumer, func(_ context.Context, grant oauth.Grant) (string, error) {
		s.grants = append(s.grants, grant)
		return s.next, s.err
	})
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
func (s *site) get(t *testing.T, browser *http.Client, address string) (*http.Response, string) {
	t.Helper()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// start begins a consent in a browser and returns the query of the consent page's address.
func (s *site) start(t *testing.T, browser *http.Client) url.Values {
	t.Helper()
	response, _ := s.get(t, browser, s.server.URL+oauth.StartPath)
	return s.authorize(t, response.Header.Get("Location"))
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
	response, body := s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", code))
	if response.StatusCode != 200 || !strings.Contains(body, "You can close this page") {
		t.Errorf("%s\n%s", response.Status, body)
	}
	if len(s.grants) != 1 || s.grants[0].Token.Access == "" || s.grants[0].Token.Refresh == "" || len(s.grants[0].Scopes) != 2 {
		t.Fatalf("grants %v", s.grants)
	}
	if strings.Contains(body, s.grants[0].Token.Access.Reveal()) || strings.Contains(body, code) {
		t.Error("the page shows a secret")
	}
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
		response.Header.Get("Referrer-Policy") != "no-referrer" || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", response.Header)
	}
	// Once only.
	if response, _ := s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", code)); response.StatusCode != 400 || len(s.grants) != 1 {
		t.Errorf("replayed: %s, %d grants", response.Status, len(s.grants))
	}
}

func TestFlowCookie(t *testing.T) {
	for redirect, secure := range map[string]bool{"http://127.0.0.1:8080/oauth/callback": false, "https://lake.example.com/oauth/callback": true} {
		flow := oauth.NewFlow(oauth.Consumer{RedirectURL: redirect}, nil)
		recorder := httptest.NewRecorder()
		flow.ServeHTTP(recorder, httptest.NewRequest("GET", oauth.StartPath, nil))
		cookies := recorder.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("cookies %v", cookies)
		}
		if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.MaxAge != 600 || len(c.Value) < 43 {
			t.Errorf("cookie %v", c)
		}
	}
}

func TestFlowGoesOnToTheNextPage(t *testing.T) {
	s := newSite(t)
	s.next = "/workspaces"
	asked := s.start(t, s.browser)
	response, _ := s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge"))))
	if response.StatusCode != 303 || response.Header.Get("Location") != "/workspaces" {
		t.Errorf("%s to %q", response.Status, response.Header.Get("Location"))
	}
}

func TestFlowTwoTabs(t *testing.T) {
	s := newSite(t)
	first, second := s.start(t, s.browser), s.start(t, s.browser)
	for _, asked := range []url.Values{first, second} {
		if response, body := s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge")))); response.StatusCode != 200 {
			t.Errorf("%s\n%s", response.Status, body)
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
			response, body := s.get(t, browser, address)
			if response.StatusCode != 400 || len(s.grants) != 0 || !strings.Contains(body, "egin again") {
				t.Errorf("%s, %d grants\n%s", response.Status, len(s.grants), body)
			}
			if strings.Contains(body, "Call 555") || strings.Contains(body, "planted") {
				t.Errorf("the page repeats a stranger's words:\n%s", body)
			}
		})
	}
}

func TestFlowShowsErrorsInWords(t *testing.T) {
	const script = `<script>alert(1)</script>`
	cases := map[string]struct {
		prepare func(s *site)
		answer  []string // of the consent page; nil: a code
		status  int
		want    string
		is      error
	}{
		"denied":       {nil, []string{"error", "access_denied", "error_description", script}, 403, "access was denied on the consent page: run `bucketlake connect` again and choose Grant", oauth.ErrDenied},
		"other error":  {nil, []string{"error", "invalid_scope", "error_description", script + "\x1b[2J"}, 403, `"invalid_scope" ("<script>alert(1)</script>\x1b[2J")`, oauth.ErrDenied},
		"no code":      {nil, []string{"x", "y"}, 403, "neither a code nor an error", oauth.ErrDenied},
		"bad code":     {nil, []string{"code", "planted-unknown"}, 403, "too old or used", oauth.ErrDenied},
		"wrong secret": {func(s *site) { s.replace(func(c *oauth.Consumer) { c.ClientSecret = "planted-wrong" }) }, nil, 500, "check BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET", oauth.ErrConsumer},
		"unavailable": {func(s *site) {
			s.bitbucket.Fail(func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(503)
				io.WriteString(w, r.FormValue("code"))
				return true
			})
		}, nil, 502, "503 Service Unavailable", oauth.ErrUnavailable},
		"no refresh token": {func(s *site) {
			s.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
				answer(w, 200, map[string]any{"access_token": "planted-a"})
				return true
			})
		}, nil, 502, "no refresh token", oauth.ErrUnavailable},
		"not stored": {func(s *site) { s.err = errors.New("saving " + script) }, nil, 500, "saving " + script, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			if c.prepare != nil {
				c.prepare(s)
			}
			attempt := s.flow.Begin()
			asked := s.authorize(t, attempt.URL)
			values := c.answer
			if values == nil {
				values = []string{"code", s.bitbucket.Code(asked.Get("code_challenge"))}
			}
			response, body := s.get(t, s.browser, s.callback(append(values, "state", asked.Get("state"))...))
			err := attempt.Wait(t.Context())
			if response.StatusCode != c.status || err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s, error %v; want %d and %q", response.Status, err, c.status, c.want)
			}
			if !strings.Contains(body, "Not connected") || strings.Contains(body, "<script") || strings.Contains(body, "\x1b") {
				t.Errorf("page:\n%s", body)
			}
			if strings.Contains(body+err.Error(), "planted") {
				t.Errorf("a secret is shown: %v\n%s", err, body)
			}
		})
	}
}

// replace makes the flow anew with another consumer.
func (s *site) replace(change func(*oauth.Consumer)) {
	change(&s.consumer)
	s.flow = oauth.NewFlow(s.consumer, func(_ context.Context, grant oauth.Grant) (string, error) {
		s.grants = append(s.grants, grant)
		return "", nil
	})
}

func TestFlowFromTheTerminal(t *testing.T) {
	s := newSite(t)
	attempt := s.flow.Begin()
	asked := s.authorize(t, attempt.URL)
	for range 500 { // browsers can't push a waiting command out
		s.start(t, newBrowser(t))
	}
	response, body := s.get(t, s.browser, s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge"))))
	if response.StatusCode != 200 || !strings.Contains(body, "Connected") || len(s.grants) != 1 {
		t.Errorf("%s, %d grants\n%s", response.Status, len(s.grants), body)
	}
	if err := attempt.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.flow.Begin().Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended wait: %v", err)
	}
}

func TestFlowForgetsAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := oauth.NewFlow(oauth.Consumer{AuthorizeURL: "https://bitbucket.test/authorize"}, func(context.Context, oauth.Grant) (string, error) {
			t.Error("granted")
			return "", nil
		})
		attempt := flow.Begin()
		u, err := url.Parse(attempt.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := attempt.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "no answer within 10m0s: run `bucketlake connect` again") {
			t.Errorf("waited for nothing: %v", err)
		}
		time.Sleep(time.Second)
		recorder := httptest.NewRecorder()
		flow.ServeHTTP(recorder, httptest.NewRequest("GET", oauth.CallbackPath+"?code=x&state="+u.Query().Get("state"), nil))
		if recorder.Code != 400 {
			t.Errorf("late: %d", recorder.Code)
		}
	})
}

func TestFlowServesGetOnly(t *testing.T) {
	s := newSite(t)
	asked := s.authorize(t, s.flow.Begin().URL)
	address := s.callback("state", asked.Get("state"), "code", s.bitbucket.Code(asked.Get("code_challenge")))
	for _, method := range []string{"HEAD", "POST"} {
		request, _ := http.NewRequestWithContext(t.Context(), method, address, nil)
		response, err := s.browser.Do(request)
		if err != nil || response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %v, %v", method, response.Status, err)
		}
	}
	if response, _ := s.get(t, s.browser, address); response.StatusCode != 200 {
		t.Errorf("HEAD used the state up: %s", response.Status)
	}
	if response, _ := s.get(t, s.browser, s.server.URL+"/oauth/other"); response.StatusCode != 404 {
		t.Errorf("another path: %s", response.Status)
	}
}

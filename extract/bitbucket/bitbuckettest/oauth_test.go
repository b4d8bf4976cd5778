package bitbuckettest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

const tokenURL = "https://bitbucket.org/site/oauth2/access_token"

func post(t testing.TB, b *bitbuckettest.Bitbucket, form url.Values, id, secret string) (int, object) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		req.SetBasicAuth(id, secret)
	}
	return send(t, b, req)
}

func send(t testing.TB, b *bitbuckettest.Bitbucket, req *http.Request) (int, object) {
	t.Helper()
	res, err := b.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, o
}

func refreshWith(t testing.TB, b *bitbuckettest.Bitbucket, token string) (int, object) {
	t.Helper()
	return post(t, b, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, "demo-client", "demo-secret")
}

// browser walks the pages as a person does.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T, b *bitbuckettest.Bitbucket) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Host, "127.0.0.1") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &browser{t, &http.Client{Transport: b.Transport(), Jar: jar, CheckRedirect: stop}}
}

func (w *browser) read(res *http.Response, err error) (*http.Response, string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, string(body)
}

var hidden = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// consent logs in and chooses; it returns what the callback is told.
func (w *browser) consent(authorize, email, choice string) url.Values {
	w.t.Helper()
	_, page := w.read(w.client.Get(authorize))
	res, page := w.read(w.client.PostForm(authorize, url.Values{"csrf": {hidden.FindStringSubmatch(page)[1]}, "choice": {"login"}, "email": {email}, "password": {"x"}}))
	if res.StatusCode != 200 || !strings.Contains(page, "Grant access") {
		w.t.Fatalf("after the login: %d %s", res.StatusCode, page)
	}
	res, _ = w.read(w.client.PostForm(authorize, url.Values{"csrf": {hidden.FindStringSubmatch(page)[1]}, "choice": {choice}}))
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != 302 {
		w.t.Fatalf("after the choice: %v, %v", res, err)
	}
	return back.Query()
}

const callback = "http://127.0.0.1:39211/callback"

func authorizeURL(more url.Values) string {
	v := url.Values{"client_id": {"demo-client"}, "response_type": {"code"}, "state": {"s&1"}, "redirect_uri": {callback}}
	for name, values := range more {
		v[name] = values
	}
	return "https://bitbucket.org/site/oauth2/authorize?" + v.Encode()
}

func TestConsent(t *testing.T) {
	b := newSmall(t)
	email := b.Administrators()[0].Email
	sum := sha256.Sum256([]byte("verifier"))
	challenge := url.Values{"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	got := newBrowser(t, b).consent(authorizeURL(challenge), email, "grant")
	if got.Get("state") != "s&1" || got.Get("code") == "" {
		t.Fatalf("callback: %v", got)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": got["code"], "redirect_uri": {callback}, "code_verifier": {"verifier"}}
	status, o := post(t, b, form, "demo-client", "demo-secret")
	if status != 200 || len(str(o["access_token"])) < 2500 || len(str(o["refresh_token"])) < 2500 || num(o["expires_in"]) != 7200 || o["scopes"] != nil ||
		o["scope"] != "account pipeline project pullrequest repository snippet webhook" {
		t.Fatalf("exchange: %d %.200v", status, o)
	}
	c := &client{t, b, str(o["access_token"])}
	if me := c.ok("/user"); me["uuid"] != b.Administrators()[0].UUID {
		t.Errorf("user: %v", me)
	}
	if status, o := post(t, b, form, "demo-client", "demo-secret"); status != 400 || o["error"] != "invalid_grant" {
		t.Errorf("a code twice: %d %v", status, o)
	}
	for name, spoil := range map[string]url.Values{
		"verifier": {"code_verifier": {"other"}}, "redirect_uri": {"redirect_uri": {callback + "/x"}}, "no redirect_uri": {"redirect_uri": nil},
	} {
		form["code"] = newBrowser(t, b).consent(authorizeURL(challenge), email, "grant")["code"]
		bad := url.Values{}
		for k, v := range form {
			bad[k] = v
		}
		for k, v := range spoil {
			bad[k] = v
		}
		if status, o := post(t, b, bad, "demo-client", "demo-secret"); status != 400 {
			t.Errorf("%s: %d %v", name, status, o)
		}
	}
	if got := newBrowser(t, b).consent(authorizeURL(nil), email, "deny"); got.Get("error") != "access_denied" || got.Get("state") != "s&1" || got.Get("error_description") == "" {
		t.Errorf("denied: %v", got)
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	b := newSmall(t, func(o *bitbuckettest.Options) {
		o.Consumers = []bitbuckettest.Consumer{bitbuckettest.DefaultConsumer, {ID: "bare", Secret: "s"}, {ID: "site", Secret: "s", Callback: "https://lake.example/oauth"}}
	})
	w := newBrowser(t, b)
	for name, tc := range map[string]struct {
		query  url.Values
		status int
		want   string
	}{
		"unknown client":  {url.Values{"client_id": {"x"}}, 400, "no OAuth consumer"},
		"no callback":     {url.Values{"client_id": {"bare"}}, 400, `"No callback uri defined for the OAuth client."`},
		"foreign host":    {url.Values{"redirect_uri": {"https://evil.example/"}}, 400, "not the callback"},
		"host in prefix":  {url.Values{"client_id": {"site"}, "redirect_uri": {"https://lake.example.evil/oauth"}}, 400, "not the callback"},
		"path in prefix":  {url.Values{"client_id": {"site"}, "redirect_uri": {"https://lake.example/oauthx"}}, 400, "not the callback"},
		"user info":       {url.Values{"redirect_uri": {"http://127.0.0.1:1@evil.example/"}}, 400, "not the callback"},
		"extends":         {url.Values{"client_id": {"site"}, "redirect_uri": {"https://lake.example/oauth/back?x=1"}}, 200, "Log in"},
		"none given":      {url.Values{"client_id": {"site"}, "redirect_uri": nil}, 200, "Log in"},
		"any port, none":  {url.Values{"redirect_uri": nil}, 400, "not the callback"},
		"response type":   {url.Values{"response_type": {"token"}}, 302, ""},
		"scope too wide":  {url.Values{"scope": {"repository:admin"}}, 302, ""},
		"plain challenge": {url.Values{"code_challenge": {"x"}, "code_challenge_method": {"plain"}}, 302, ""},
	} {
		res, body := w.read(w.client.Get(authorizeURL(tc.query)))
		if res.StatusCode != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
		if tc.status == 302 && !strings.Contains(res.Header.Get("Location"), "error=") {
			t.Errorf("%s: %v", name, res.Header)
		}
	}
	_, page := w.read(w.client.Get(authorizeURL(nil)))
	csrf := hidden.FindStringSubmatch(page)[1]
	if res, _ := w.read(w.client.PostForm(authorizeURL(nil), url.Values{"choice": {"grant"}})); res.StatusCode != 403 {
		t.Errorf("without the hidden field: %d", res.StatusCode)
	}
	if res, body := w.read(w.client.PostForm(authorizeURL(nil), url.Values{"csrf": {csrf}, "choice": {"grant"}})); res.StatusCode != 200 || !strings.Contains(body, "Password") {
		t.Errorf("a grant before the login: %d", res.StatusCode)
	}
	if _, body := w.read(w.client.PostForm(authorizeURL(nil), url.Values{"csrf": {csrf}, "choice": {"login"}, "email": {"<b>@example.com"}, "password": {"x"}})); !strings.Contains(body, "not known") {
		t.Errorf("a stranger logged in: %s", body)
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	b := newSmall(t)
	for name, tc := range map[string]struct {
		id, secret string
		form       url.Values
		want       string
	}{
		"no client":       {"", "", url.Values{"grant_type": {"refresh_token"}, "client_id": {"demo-client"}, "client_secret": {"demo-secret"}}, "unauthorized_client"},
		"wrong secret":    {"demo-client", "x", nil, "unauthorized_client"},
		"no grant type":   {"demo-client", "demo-secret", nil, "Unsupported grant type: None"},
		"other grant":     {"demo-client", "demo-secret", url.Values{"grant_type": {"password"}}, "Unsupported grant type: password"},
		"unknown code":    {"demo-client", "demo-secret", url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}, "invalid_grant"},
		"unknown refresh": {"demo-client", "demo-secret", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "Invalid refresh_token"},
	} {
		status, o := post(t, b, tc.form, tc.id, tc.secret)
		if status != 400 || !strings.Contains(str(o["error"])+" "+str(o["error_description"]), tc.want) {
			t.Errorf("%s: %d %v", name, status, o)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, tokenURL, strings.NewReader(`{"grant_type":"refresh_token"}`))
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("demo-client", "demo-secret")
	if status, o := send(t, b, req); status != 400 || o["error_description"] != "Unsupported grant type: None" || o["error"] != "invalid_grant" {
		t.Errorf("a JSON body: %d %v", status, o)
	}
}

func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSmall(t)
		access, first := b.Grant("demo-client")
		refresh := func(token string, want int) string {
			t.Helper()
			status, o := refreshWith(t, b, token)
			if status != want || want == 400 && (o["error"] != "invalid_request" || o["error_description"] != "Invalid refresh_token") {
				t.Fatalf("refresh: %d %.200v, want %d", status, o, want)
			}
			return str(o["refresh_token"])
		}
		asks := func(token string, want int) {
			t.Helper()
			if status, _, body := (&client{t, b, token}).get("/user"); status != want {
				t.Fatalf("asking: %d %s, want %d", status, body, want)
			}
		}
		second := refresh(first, 200)
		if second == first {
			t.Fatal("the refresh token did not rotate")
		}
		time.Sleep(9 * time.Minute)
		third := refresh(first, 200) // within the grace
		time.Sleep(time.Minute)
		refresh(first, 400)
		refresh(second, 200)
		asks(access, 200) // an earlier token lives on
		time.Sleep(2 * time.Hour)
		if status, _, body := (&client{t, b, access}).get("/user"); status != 401 || !strings.HasPrefix(message(t, body), "Access token expired.") {
			t.Fatalf("expired: %d %s", status, body)
		}
		fourth := refresh(third, 200)
		if b.Refreshes() != 4 {
			t.Errorf("%d refreshes, want 4", b.Refreshes())
		}
		time.Sleep(95 * 24 * time.Hour) // unused for three months
		refresh(fourth, 400)

		access, first = b.Grant("demo-client")
		b.RevokeGrants()
		asks(access, 401)
		refresh(first, 400)
		access, first = b.Grant("demo-client")
		asks(access, 200)
		refresh(first, 200)
	})
}

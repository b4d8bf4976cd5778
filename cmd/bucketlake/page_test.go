package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
)

// visitor is a browser without a screen: it keeps cookies, and says where it is sent.
type visitor struct {
	t      *testing.T
	client *http.Client
	page   string // address of the worker's page
}

// servePage starts a worker and visits its page.
func (i *install) servePage(t *testing.T) (*visitor, *exec.Cmd, *lockedBuffer) {
	t.Helper()
	i.set("HTTP_ADDR", "127.0.0.1:0")
	cmd, log := i.worker(t)
	address := regexp.MustCompile(`the page is up" address=(\S+)`)
	eventually(t, "the page", func() bool { return address.MatchString(log.String()) })
	return newVisitor(t, address.FindStringSubmatch(log.String())[1]), cmd, log
}

func newVisitor(t *testing.T, page string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, page}
}

// ask sends a request as a browser on the page would, changed by whatever change does.
func (v *visitor) ask(method, path string, form url.Values, change func(*http.Request)) (*http.Response, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.page+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", v.page)
	}
	if change != nil {
		change(r)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp, string(body)
}

func (v *visitor) get(path string) (*http.Response, string) {
	v.t.Helper()
	return v.ask(http.MethodGet, path, nil, nil)
}

func (v *visitor) post(path string, pairs ...string) (*http.Response, string) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return v.ask(http.MethodPost, path, form, nil)
}

// begin begins a consent and returns the address of the consent page.
func (v *visitor) begin(pairs ...string) *url.URL {
	v.t.Helper()
	_, body := v.post("/connect", pairs...)
	link := regexp.MustCompile(`href="(http[^"]+authorize[^"]*)"`).FindStringSubmatch(body)
	if link == nil {
		v.t.Fatalf("no way to the consent page:\n%s", body)
	}
	u, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}

// consent walks through the consent page and back, and returns what the page says then.
func (v *visitor) consent(answer func(context.Context, *http.Client, string) (string, error), pairs ...string) string {
	v.t.Helper()
	back, err := answer(v.t.Context(), v.client, v.begin(pairs...).String())
	if err != nil {
		v.t.Fatal(err)
	}
	return v.follow(back)
}

// follow opens an address of the page and goes where it leads.
func (v *visitor) follow(address string) string {
	v.t.Helper()
	path := strings.TrimPrefix(address, v.page)
	for range 5 {
		resp, body := v.get(path)
		if resp.StatusCode != http.StatusSeeOther {
			return body
		}
		path = resp.Header.Get("Location")
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
			v.t.Fatalf("it leads away, to %s", path)
		}
	}
	v.t.Fatal("it leads nowhere")
	return ""
}

// connectionID finds the only connection's id on the page.
func (v *visitor) connectionID() string {
	v.t.Helper()
	_, body := v.get("/")
	m := regexp.MustCompile(`id="c-([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		v.t.Fatalf("no connection on the page:\n%s", body)
	}
	return m[1]
}

func contains(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", what, want, first(text, 3000))
		}
	}
}

// TestPageConnectsDeniesAndDisconnects walks the life of a connection, on each database.
func TestPageConnectsDeniesAndDisconnects(t *testing.T) {
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		t.Run(database, func(t *testing.T) {
			i := newInstall(t, bitbuckettest.Options{Seed: 12})
			if database == "PostgreSQL" {
				i.onPostgreSQL(t)
			}
			v, _, log := i.servePage(t)
			_, empty := v.get("/")
			contains(t, "the empty page", empty, "Connect your first workspace", v.page+"/oauth/callback", "Pull requests: Read")

			contains(t, "after Deny", v.consent(bitbuckettest.DenyWith), "it was denied on the consent page", `role="alert"`)
			if connections := i.status(t); len(connections) != 0 {
				t.Fatalf("Deny made %d connections", len(connections))
			}
			contains(t, "after Grant", v.consent(bitbuckettest.ConsentWith), "Connected workspace acme as", "a sync begins now", ">Sync now<", "badge green")
			eventually(t, "the first sync", func() bool { return derived(log) >= 1 })
			if _, again := v.get("/"); strings.Contains(again, "a sync begins now") {
				t.Error("a notice is shown twice")
			}
			_, page := v.get("/")
			contains(t, "the page", page, `<span class="dot green">fine</span>`, "pull_request_tasks")

			i.bitbucket.Advance(5)
			eventually(t, "a sync by Sync now", func() bool { // while the first one is not quite over, it is that one
				if resp, _ := v.post("/connections/" + v.connectionID() + "/sync"); resp.StatusCode != http.StatusSeeOther {
					t.Fatalf("Sync now answers %s", resp.Status)
				}
				return strings.Contains(v.follow("/"), "a sync begins now")
			})
			eventually(t, "the second sync", func() bool { return derived(log) >= 2 })

			v.post("/connections/" + v.connectionID() + "/disconnect")
			contains(t, "after Disconnect", v.follow("/"), "Disconnected workspace acme", "badge off", ">Connect</button>")
			if c := i.status(t)[0]; c.State != "disconnected" {
				t.Errorf("it is %s", c.State)
			}
			contains(t, "connected again", v.consent(bitbuckettest.ConsentWith, "workspace", i.status(t)[0].WorkspaceUUID), "Connected workspace acme")
			i.equalLedger(t)
		})
	}
}

// TestPageSaysWhatReconnectChanges reconnects by another account and with fewer permissions.
func TestPageSaysWhatReconnectChanges(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 13})
	i.connect(t)
	v, _, _ := i.servePage(t)
	before := connectionsOf(t, i)
	i.bitbucket.Tick("demo-client", "account", "project", "repository")
	review := v.consent(bitbuckettest.ConsentWith)
	contains(t, "the review", review, "Connect acme anew?", "It loses the permission Pull requests: Read, and with it what needs that: pull_request", "Leave it as it is")
	if connectionsOf(t, i) != before {
		t.Error("it was stored before anybody said so")
	}
	v.post("/review", "do", "discard", "workspace", i.status(t)[0].WorkspaceUUID)
	contains(t, "after Leave it", v.follow("/"), "Nothing was changed")
	if connectionsOf(t, i) != before {
		t.Error("it was stored although the person said no")
	}
	// Decided once.
	v.post("/review", "do", "store", "workspace", i.status(t)[0].WorkspaceUUID)
	contains(t, "decided twice", v.follow("/"), "This consent is over")
	if connectionsOf(t, i) != before {
		t.Error("a consent was decided twice")
	}

	v.consent(bitbuckettest.ConsentWith)
	v.post("/review", "do", "store", "workspace", i.status(t)[0].WorkspaceUUID)
	contains(t, "after Connect", v.follow("/"), "Connected workspace acme", "badge yellow", "tick Pull requests: Read on the OAuth consumer")
	eventually(t, "the sync of the rest", func() bool { return i.status(t)[0].LastComplete != nil })

	another := i.bitbucket.Administrators()[1]
	contains(t, "by another account", v.consent(func(ctx context.Context, c *http.Client, address string) (string, error) {
		return bitbuckettest.ConsentAs(ctx, c, address, another.Email)
	}), "Connect acme anew?", "and will be by "+another.DisplayName)
}

func TestPagePicksAmongWorkspaces(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 14, MoreWorkspaces: []string{"zebra"}})
	v, _, _ := i.servePage(t)
	review := v.consent(bitbuckettest.ConsentWith)
	contains(t, "the question", review, "Which workspace?", "acme", "zebra")
	uuid := regexp.MustCompile(`value="(\{[^"]+\})"[^>]*><span>zebra`).FindStringSubmatch(review)
	if uuid == nil {
		t.Fatalf("no choice of zebra:\n%s", review)
	}
	v.post("/review", "do", "store", "workspace", uuid[1])
	contains(t, "after the choice", v.follow("/"), "Connected workspace zebra")
	if all := i.status(t); len(all) != 1 || all[0].Workspace != "zebra" {
		t.Errorf("connections %+v", all)
	}
	// A workspace that access does not reach is not taken for another.
	v.consent(bitbuckettest.ConsentWith)
	v.post("/review", "do", "store", "workspace", "{00000000-0000-0000-0000-000000000000}")
	contains(t, "out of reach", v.follow("/"), "Access does not reach workspace")
}

// TestPageRefusesForeignCallbacks sends the page answers of a consent page that are not what it waits for.
func TestPageRefusesForeignCallbacks(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 15})
	v, _, _ := i.servePage(t)
	granted := func() *url.URL {
		back, err := bitbuckettest.ConsentWith(t.Context(), v.client, v.begin().String())
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(back)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	with := func(u *url.URL, name, value string) string {
		q := u.Query()
		q.Set(name, value)
		return "/oauth/callback?" + q.Encode()
	}
	nothing := func(what, text string) {
		t.Helper()
		contains(t, what, text, "egin again")
		if all := i.status(t); len(all) != 0 {
			t.Fatalf("%s made a connection: %+v", what, all)
		}
	}
	nothing("a forged state", v.follow(with(granted(), "state", strings.Repeat("x", 43))))
	nothing("an empty state", v.follow(with(granted(), "state", "")))
	nothing("no state", v.follow("/oauth/callback?code="+granted().Query().Get("code")))
	nothing("no cookie", newVisitor(t, v.page).follow(with(granted(), "x", "y")))
	other := newVisitor(t, v.page)
	other.begin()
	nothing("another browser's cookie", other.follow(with(granted(), "x", "y")))
	contains(t, "an expired code", v.follow(with(granted(), "code", "0000")), "too old or used: connect again")
	nothing("a state used with a bad code", v.follow(func() string {
		u := granted()
		v.follow(with(u, "code", "0000"))
		return with(u, "x", "y")
	}()))

	u := granted()
	contains(t, "the right answer", v.follow(with(u, "x", "y")), "Connected workspace acme")
	before := connectionsOf(t, i)
	contains(t, "a replay", v.follow(with(u, "x", "y")), "egin again")
	if connectionsOf(t, i) != before {
		t.Error("a replay changed the connection")
	}
}

// TestPageRefusesStrangers asks as pages of other sites can make a browser ask.
func TestPageRefusesStrangers(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 16})
	i.connect(t)
	v, _, _ := i.servePage(t)
	id := v.connectionID()
	from := func(r *http.Request, site, origin string) {
		if r.Header.Set("Origin", origin); site == "" {
			r.Header.Del("Sec-Fetch-Site")
		} else {
			r.Header.Set("Sec-Fetch-Site", site)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another site":        func(r *http.Request) { from(r, "cross-site", "https://evil.example") },
		"a sibling's site":    func(r *http.Request) { from(r, "same-site", "http://127.0.0.1:1") },
		"an old browser":      func(r *http.Request) { from(r, "", "https://evil.example") },
		"a page of no origin": func(r *http.Request) { from(r, "", "null") },
	} {
		for _, path := range []string{"/connections/" + id + "/disconnect", "/connections/" + id + "/sync", "/connect", "/review", "/logout"} {
			if resp, body := v.ask(http.MethodPost, path, url.Values{}, change); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "another site") {
				t.Errorf("%s at %s: %s", name, path, resp.Status)
			}
		}
	}
	for _, host := range []string{"evil.example", "evil.example:" + v.page[strings.LastIndex(v.page, ":")+1:], "127.0.0.1", "localhost:1"} {
		resp, body := v.ask(http.MethodGet, "/", nil, func(r *http.Request) { r.Host = host })
		if resp.StatusCode != http.StatusMisdirectedRequest || strings.Contains(body, "acme") {
			t.Errorf("under the name %s: %s\n%s", host, resp.Status, body)
		}
	}
	// Another name of this machine leads to the one that consents come back to.
	if resp, _ := v.ask(http.MethodGet, "/", nil, func(r *http.Request) {
		r.Host = strings.Replace(v.page[len("http://"):], "127.0.0.1", "localhost", 1)
	}); resp.StatusCode != http.StatusTemporaryRedirect || resp.Header.Get("Location") != v.page+"/" {
		t.Errorf("as localhost: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	if c := i.status(t)[0]; c.State != "connected" {
		t.Errorf("a stranger changed the connection: it is %s", c.State)
	}
	resp, body := v.get("/")
	policy := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if resp.Header.Get("Referrer-Policy") != "no-referrer" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", resp.Header)
	}
	if inline := regexp.MustCompile(`<style|style="|<script>|<script [^>]*>[^<]|\son[a-z]+="`).FindString(body); inline != "" {
		t.Errorf("the page has something inline: %s", inline)
	}
	if resp, body := v.ask(http.MethodPost, "/connect", url.Values{"client_id": {strings.Repeat("x", 1<<17)}}, nil); resp.StatusCode == http.StatusOK {
		t.Errorf("a large form is taken: %s %s", resp.Status, first(body, 200))
	}
}

// TestPageWithAPassword looks at who gets in, and how.
func TestPageWithAPassword(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 17})
	i.connect(t)
	file := filepath.Join(t.TempDir(), "password")
	i.set("WEB_PASSWORD_FILE", file)
	if err := os.WriteFile(file, []byte("planted-password-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, _, log := i.servePage(t)
	for _, path := range []string{"/", "/review", "/oauth/callback?code=x&state=y", "/live.js", "/nowhere"} {
		if resp, body := v.get(path); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/login" || strings.Contains(body, "acme") {
			t.Errorf("%s without a login: %s to %q", path, resp.Status, resp.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/connections/x/disconnect", "/connect"} {
		if resp, _ := v.post(path); resp.Header.Get("Location") != "/login" {
			t.Errorf("%s without a login: %s", path, resp.Status)
		}
	}
	waits := 0
	for n := range 20 {
		resp, _ := v.post("/login", "password", fmt.Sprintf("wrong-%d", n))
		switch resp.StatusCode {
		case http.StatusForbidden:
		case http.StatusTooManyRequests:
			if waits++; resp.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		default:
			t.Fatalf("attempt %d: %s", n, resp.Status)
		}
	}
	if waits < 10 {
		t.Errorf("of 20 wrong passwords, %d had to wait", waits)
	}
	if resp, _ := v.post("/login", "password", "planted-password-1"); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the right password in the middle of it: %s", resp.Status)
	}
	var resp *http.Response
	eventually(t, "the wait to end", func() bool {
		resp, _ = v.post("/login", "password", "planted-password-1", "next", "https://evil.example", "redirect", "//evil.example")
		return resp.StatusCode == http.StatusSeeOther
	})
	if resp.Header.Get("Location") != "/" {
		t.Errorf("the login leads to %s", resp.Header.Get("Location"))
	}
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || len(cookie.Value) < 26 {
		t.Errorf("cookie %v", cookie)
	}
	_, body := v.get("/")
	contains(t, "the page", body, "acme", "Log out")
	v.post("/logout")
	if resp, _ := v.ask(http.MethodGet, "/", nil, func(r *http.Request) { r.AddCookie(cookie) }); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("after the logout, the session goes on: %s", resp.Status)
	}
	if strings.Contains(log.String(), "planted-password") || strings.Contains(log.String(), "wrong-1") {
		t.Error("the log holds a password")
	}
}

func TestPageThatOthersCanReachNeedsAPassword(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{})
	i.set("HTTP_ADDR", "0.0.0.0:0")
	_, stderr, code := i.run(t, "worker")
	if code != exitFailed || !strings.Contains(stderr, "set WEB_PASSWORD_FILE") || !strings.Contains(stderr, "set PUBLIC_URL") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	i.set("WEB_PASSWORD_FILE", file)
	i.set("PUBLIC_URL", "https://bucketlake.example.com/sub")
	i.set("OPS_ADDR", "-")
	_, stderr, code = i.run(t, "worker")
	if code != exitFailed || !strings.Contains(stderr, "a password of 5 characters") || !strings.Contains(stderr, "PUBLIC_URL") || strings.Contains(stderr, "short") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestPageBehindAProxyNeedsAPassword has a proxy on this machine open the page to others.
func TestPageBehindAProxyNeedsAPassword(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{})
	i.set("PUBLIC_URL", "HTTPS://Bucketlake.Example.com:443/")
	_, stderr, code := i.run(t, "worker")
	if code != exitFailed || !strings.Contains(stderr, "is an address that others can reach: set WEB_PASSWORD_FILE") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestConnectStartsOnce opens the page that a command leads to twice: the second one may be a stranger's.
func TestConnectStartsOnce(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 19})
	cmd := i.command(t.Context(), "connect")
	log := &lockedBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer kill(t, cmd)
	start := regexp.MustCompile(`http://\S+/oauth/start/\S+`)
	eventually(t, "the address", func() bool { return start.MatchString(log.String()) })
	address := start.FindString(log.String())
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := newVisitor(t, "http://"+u.Host), newVisitor(t, "http://"+u.Host)
	if resp, _ := theirs.get("/oauth/start"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an address that can be guessed: %s", resp.Status)
	}
	resp, _ := mine.get(u.Path)
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first time: %s", resp.Status)
	}
	if again, _ := theirs.get(u.Path); again.StatusCode != http.StatusGone {
		t.Errorf("the second time: %s", again.Status)
	}
	back, err := bitbuckettest.ConsentWith(t.Context(), mine.client, resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if body := theirs.follow(back); !strings.Contains(body, "Not connected") {
		t.Errorf("a stranger's browser: %s", first(body, 500))
	}
	if all := i.status(t); len(all) != 0 {
		t.Errorf("a stranger connected %+v", all)
	}
}

// TestNothingSecretLeaks plants secrets of every kind and looks for them wherever bucketlake says, shows or keeps
// something.
func TestNothingSecretLeaks(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 18, MoreWorkspaces: []string{"zebra"}, Consumers: []bitbuckettest.Consumer{
		bitbuckettest.DefaultConsumer, {ID: "second-client", Secret: "planted-second-secret", Callback: bitbuckettest.DefaultConsumer.Callback},
	}})
	plant := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	accessToken := i.bitbucket.AccessToken(5000)
	tokenFile := plant("token", accessToken)
	i.set("LOG_LEVEL", "debug")
	i.set("WEB_PASSWORD_FILE", plant("password", "planted-password-1"))
	i.set("BITBUCKET_CONSUMERS_FILE", plant("consumers.json", `[{"client_id": "second-client", "client_secret": "planted-second-secret"}]`))
	secrets := []string{"demo-secret", "planted-second-secret", "planted-password-1", accessToken}
	token := regexp.MustCompile(`[A-Za-z0-9_-]{200,}`) // those of consents are longer than 2,500 characters
	looked := 0
	look := func(what, text string) {
		t.Helper()
		looked++
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s holds %s", what, first(s, 20))
			}
		}
		if found := token.FindString(text); found != "" {
			t.Errorf("%s holds what looks like a token: %s", what, first(found, 40))
		}
	}
	run := func(args ...string) {
		t.Helper()
		stdout, stderr, _ := i.run(t, args...)
		look(strings.Join(args, " "), stdout+stderr)
	}
	run("connect", "--workspace", "zebra", "--access-token-file", tokenFile)
	v, cmd, log := i.servePage(t)
	v.post("/login", "password", "planted-password-1")
	for _, client := range []string{"second-client", "demo-client"} {
		look("the way to the consent page", v.begin("client_id", client).String())
		look("the review", v.consent(bitbuckettest.ConsentWith, "client_id", client))
		v.post("/review", "do", "store", "workspace", "acme")
		look("the page", v.follow("/"))
	}
	eventually(t, "a sync of both", func() bool {
		all := i.status(t)
		return len(all) == 2 && all[0].LastComplete != nil && all[1].LastRun != nil
	})
	commandLine, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	look("the process list", string(commandLine))
	run("status")
	run("status", "--json")
	run("check")
	run("sync")
	run("keys", "rotate")
	i.bitbucket.RevokeGrants()
	run("sync")
	v.post("/connections/" + v.connectionID() + "/sync")
	eventually(t, "the revocation to be seen", func() bool { return strings.Contains(log.String(), "connect --workspace acme") })
	_, page := v.get("/")
	look("the page after the revocation", page)
	i.set("BITBUCKET_CLIENT_SECRET", "planted-wrong-secret")
	secrets = append(secrets, "planted-wrong-secret")
	run("check")
	run("--help")
	look("the worker's log", log.String())
	contains(t, "the log at debug level", log.String(), "msg=request")
	err = filepath.WalkDir(i.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "keyset.json" || strings.HasSuffix(path, ".parquet") {
			return err
		}
		content, err := os.ReadFile(path)
		look(path, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 20 {
		t.Errorf("looked at %d places only", looked)
	}
	db, err := state.Open(t.Context(), i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var jobs string
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT group_concat(args || coalesce(errors, '') || metadata) FROM river_job").Scan(&jobs); err != nil {
		t.Fatal(err)
	}
	look("the queue", jobs)
	if !slices.Contains(secrets, "demo-secret") {
		t.Fatal("nothing was looked for")
	}
}

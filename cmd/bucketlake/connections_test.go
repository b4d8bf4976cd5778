package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load/loadtest"
)

// file writes a file that only its owner can read.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// execute changes the state database behind bucketlake's back.
func (i *install) execute(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := state.Open(t.Context(), i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SQL().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		break_ func(t *testing.T, i *install)
		code   int
		want   []string
	}{
		"nothing": {func(*testing.T, *install) {}, 0, []string{
			"ok      settings", "ok      lake", "ok      state database", "ok      keyset", "ok      consumer demo-client", "ok      clock", "ok      workspace acme",
		}},
		"a wrong secret": {func(_ *testing.T, i *install) { i.set("BITBUCKET_CLIENT_SECRET", "wrong") }, exitFailed, []string{
			"FAILED  consumer demo-client", "check BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET",
		}},
		"the clock": {func(_ *testing.T, i *install) {
			date := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
			i.bitbucket.Fault(bitbuckettest.Fault{Path: "access_token", Times: -1, Header: http.Header{"Date": {date}}})
		}, exitFailed, []string{"FAILED  clock", "set this machine's clock by NTP"}},
		"a revoked grant": {func(_ *testing.T, i *install) { i.bitbucket.RevokeGrants() }, exitFailed, []string{
			"FAILED  workspace acme", "bucketlake connect --workspace acme",
		}},
		"no connection": {func(_ *testing.T, i *install) { i.use("elsewhere") }, exitFailed, []string{
			"FAILED  connections", "tick Account: Read, Projects: Read, Repositories: Read, Pull requests: Read",
		}},
		"a missing permission": {func(t *testing.T, i *install) {
			i.bitbucket.Tick("demo-client", "account", "project", "repository")
			i.connect(t, "--yes")
		}, 0, []string{"note    workspace acme", "pull_requests is not read: the grant lacks a permission: tick Pull requests: Read"}},
		"the lake": {func(_ *testing.T, i *install) { i.set("LAKE_URL", "file:///proc/lake") }, exitFailed, []string{"FAILED  lake", "/proc/lake"}},
		"the bucket": {func(t *testing.T, i *install) { i.onS3(t); i.set("LAKE_URL", "s3://nowhere") }, exitFailed, []string{
			"FAILED  lake", "there is no bucket nowhere: make it, or correct LAKE_URL",
		}},
		"a bucket without conditions": {carelessly, exitFailed, []string{"FAILED  lake", "it does not keep conditional writes", "LAKE_UNGUARDED=true"}},
		"a bucket without conditions, and nobody else": {func(t *testing.T, i *install) {
			carelessly(t, i)
			i.set("LAKE_UNGUARDED", "true")
		}, 0, []string{"ok      lake", "note    lake", "LAKE_UNGUARDED is set"}},
		"the settings": {func(_ *testing.T, i *install) { i.set("SYNC_SCHEDULE", "never"); i.set("LOG_LEVEL", "loud") }, exitFailed, []string{
			"FAILED  settings", "SYNC_SCHEDULE", "LOG_LEVEL", "ok      workspace acme",
		}},
		"an address that nothing may be sent to": {func(_ *testing.T, i *install) { i.set("BITBUCKET_TOKEN_URL", "http://192.0.2.2/token") }, exitFailed, []string{
			"FAILED  settings", "BITBUCKET_TOKEN_URL is not an https address", "ok      workspace acme",
		}},
		"the state database": {func(t *testing.T, i *install) {
			i.set("STATE_URL", "sqlite://"+file(t, strings.Repeat("no database", 999)))
		}, exitFailed, []string{
			"FAILED  state database", "is damaged",
		}},
		"Bitbucket out of reach": {func(_ *testing.T, i *install) {
			i.set("BITBUCKET_API_URL", "http://127.0.0.1:1/2.0")
		}, exitFailed, []string{"FAILED  workspace acme", "can't be reached"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstall(t, bitbuckettest.Options{Seed: 40, Scale: bitbuckettest.Scale{Members: 5, Repositories: 2, PullRequests: 5, Months: 1}})
			i.connect(t)
			tt.break_(t, i)
			stdout, stderr, code := i.run(t, "check")
			if code != tt.code {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			contains(t, "check", stdout, tt.want...)
			if strings.Contains(name, "nothing may be sent") && strings.Contains(stdout, "consumer") {
				t.Errorf("the consumer was tried:\n%s", stdout)
			}
			out, _, _ := i.run(t, "check", "--json")
			var results []checked
			if err := json.Unmarshal([]byte(out), &results); err != nil || slices.ContainsFunc(results, func(c checked) bool { return !c.OK }) != (code != 0) {
				t.Errorf("as JSON: %v\n%s", err, out)
			}
		})
	}
}

// carelessly puts the lake into a bucket whose server passes over conditions.
func carelessly(t *testing.T, i *install) {
	i.onS3(t)
	loadtest.Careless(t, i.bucket, func(*http.Request) bool { return true })
	i.set("AWS_ENDPOINT_URL_S3", i.bucket.URL)
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 41})
	i.connect(t)
	whole := i.sync(t)
	before := connectionsOf(t, i)
	if _, stderr, code := i.run(t, "disconnect", "--workspace", "acme"); code != exitFailed || !strings.Contains(stderr, "run it again with --yes") {
		t.Errorf("without a terminal: exit code %d, %s", code, stderr)
	}
	if _, stderr, code := i.run(t, "disconnect", "--yes"); code != exitFailed || !strings.Contains(stderr, "--workspace SLUG") {
		t.Errorf("without a workspace: exit code %d, %s", code, stderr)
	}
	if connectionsOf(t, i) != before {
		t.Error("it was disconnected all the same")
	}
	i.must(t, "disconnect", "--workspace", "acme", "--yes")
	i.must(t, "disconnect", "--workspace", "acme", "--yes") // nothing left to do
	if c := i.status(t)[0]; c.State != oauth.Disconnected || c.Health != "off" || !strings.Contains(c.Reason, "at the command line disconnected it") {
		t.Errorf("connection %+v", c)
	}
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "every workspace is disconnected: run bucketlake connect") {
		t.Errorf("sync: exit code %d, %s", code, stderr)
	}
	i.bitbucket.Advance(10)
	i.connect(t)
	if again := i.sync(t); again.Requests >= whole.Requests/2 {
		t.Errorf("%d requests after connecting again, %d at first: the cursors were lost", again.Requests, whole.Requests)
	}
	i.equalLedger(t)
}

// TestAccessToken connects by a workspace access token, which bears nobody, is not refreshed, and tells of its own limit.
func TestAccessToken(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 42})
	i.set("BITBUCKET_CLIENT_ID", "")
	i.set("BITBUCKET_CLIENT_SECRET", "")
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "1000")
	token := file(t, i.bitbucket.AccessToken(4000)+"\n")
	for _, tt := range []struct{ token, workspace, want string }{
		{token, "", "add --workspace SLUG"},
		{token, "nowhere", "trying the access token on workspace nowhere"},
		{file(t, "  \n"), "acme", "holds no access token"},
		{file(t, "not-a-token"), "acme", "401"},
		{filepath.Join(t.TempDir(), "missing"), "acme", "reading the access token"},
	} {
		_, stderr, code := i.run(t, "connect", "--access-token-file", tt.token, "--workspace", tt.workspace)
		if code != exitFailed || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "not-a-token") {
			t.Errorf("exit code %d, want %q in %s", code, tt.want, stderr)
		}
	}
	i.must(t, "connect", "--access-token-file", token, "--workspace", "acme", "--expires", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	i.sync(t)
	i.equalLedger(t)
	c := i.status(t)[0]
	if c.Kind != oauth.KindAccessToken || c.RequestsLimit != 4000 || c.RequestsSpent < 100 || c.GrantDaysLeft != nil {
		t.Errorf("connection %+v", c)
	}
	contains(t, "status", i.must(t, "status"), "connected (yellow)", "access token ends on")

	i.bitbucket.RevokeGrants()
	if stdout, stderr, code := i.run(t, "sync"); code == 0 || !strings.Contains(stdout+stderr, "Bitbucket refused its access token; it is asked again") {
		t.Errorf("refused once: exit code %d, %s%s", code, stdout, stderr)
	}
	if c := i.status(t)[0]; c.State != oauth.Connected {
		t.Errorf("refused once: %+v", c)
	}
	i.execute(t, "UPDATE connections SET refresh_started_at = refresh_started_at - 60000")
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "make a new access token") || !strings.Contains(stderr, "--access-token-file FILE --workspace acme") {
		t.Errorf("revoked: exit code %d, %s", code, stderr)
	}
	if c := i.status(t)[0]; c.State != oauth.NeedsReconnect || c.Health != "red" {
		t.Errorf("revoked: %+v", c)
	}
	i.bitbucket.Advance(10)
	i.must(t, "connect", "--access-token-file", file(t, i.bitbucket.AccessToken(4000, "account", "project", "repository")), "--workspace", "acme")
	stdout, stderr, code := i.run(t, "sync")
	if code != 0 || !strings.Contains(stdout, "pull_requests is not read: the grant lacks a permission") {
		t.Errorf("with fewer permissions: exit code %d\n%s%s", code, stdout, stderr)
	}

	// A person's grant in its place: that is a change, to be confirmed.
	i.set("BITBUCKET_CLIENT_ID", "demo-client")
	i.set("BITBUCKET_CLIENT_SECRET", "demo-secret")
	if err := i.tryConnect(t); err == nil || !strings.Contains(err.Error(), "takes the place of the access token") || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("another kind: %v", err)
	}
	i.connect(t, "--yes")
	i.sync(t)
	i.equalLedger(t)
}

// TestSeveralConsumers connects two workspaces through two consumers: each is refreshed through its own, and each hour
// is its own.
func TestSeveralConsumers(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	i := newInstall(t, bitbuckettest.Options{
		Seed: 43, MoreWorkspaces: []string{"zebra"}, Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) },
		Consumers: []bitbuckettest.Consumer{bitbuckettest.DefaultConsumer, {ID: "second", Secret: "second-secret", Callback: bitbuckettest.DefaultConsumer.Callback}},
	})
	i.set("BITBUCKET_CONSUMERS_FILE", file(t, `[{"client_id": "second", "client_secret": "second-secret", "name": "Zebra's own"}]`))
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "100000")
	i.connect(t, "--workspace", "acme")
	i.connect(t, "--workspace", "zebra", "--client-id", "second")
	later.Add(int64(3 * time.Hour)) // the tokens are no good any more
	i.must(t, "sync")
	all := i.status(t)
	if len(all) != 2 || all[0].ClientID != "demo-client" || all[1].ClientID != "second" || all[0].RequestsSpent <= all[1].RequestsSpent || all[1].RequestsSpent == 0 {
		t.Fatalf("connections %+v", all)
	}
	i.equalLedger(t)
	if err := i.tryConnect(t, "--workspace", "zebra"); err == nil || !strings.Contains(err.Error(), "It goes over from the OAuth consumer second to demo-client") {
		t.Errorf("through the other consumer: %v", err)
	}
	if err := i.tryConnect(t, "--client-id", "third"); err == nil || !strings.Contains(err.Error(), "no consumer with client id third") {
		t.Errorf("through one that is not there: %v", err)
	}
	i.set("BITBUCKET_CONSUMERS_FILE", "")
	later.Add(int64(3 * time.Hour))
	stdout, stderr, code := i.run(t, "sync")
	if code != exitFailed || !strings.Contains(stderr, "client id second") || strings.Contains(stderr, "syncing acme") {
		t.Errorf("without the second consumer: exit code %d\n%s%s", code, stdout, stderr)
	}
	for _, c := range i.status(t) {
		if c.State != oauth.Connected {
			t.Errorf("%s is %s", c.Workspace, c.State)
		}
	}
	for _, content := range []string{"{", `[{"client_id": "x"}]`, `[{"client_id": "demo-client", "client_secret": "planted"}]`, `[{"id": "planted", "secret": "planted"}]`} {
		i.set("BITBUCKET_CONSUMERS_FILE", file(t, content))
		if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "BITBUCKET_CONSUMERS_FILE") || strings.Contains(stderr, "planted") {
			t.Errorf("with %s: exit code %d, %s", content, code, stderr)
		}
	}
}

// TestMissingPermission reads what the grant allows, and names the rest.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 44})
	i.bitbucket.Tick("demo-client", slices.DeleteFunc(slices.Clone(bitbuckettest.DefaultScopes), func(s string) bool { return s == "pullrequest" })...)
	i.connect(t)
	i.bitbucket.ResetRequests()
	run := i.sync(t)
	var not []string
	for _, s := range run.Streams {
		if s.Stream == "branch_restrictions" {
			contains(t, s.Stream, s.Disabled, "tick Repositories: Admin") // nobody is told to worry about that
		} else if s.Disabled != "" {
			not = append(not, s.Stream)
			contains(t, s.Stream, s.Disabled, "tick Pull requests: Read on the OAuth consumer, then connect again")
		}
	}
	if got := strings.Join(not, " "); !strings.Contains(got, "pull_requests") || strings.Contains(got, "repositories") {
		t.Errorf("not read: %s", got)
	}
	for _, r := range i.bitbucket.Requests() {
		if r.Status == http.StatusForbidden {
			t.Errorf("%d requests at %s were spent on what is not allowed", r.Count, r.Route)
		}
	}
	contains(t, "status", i.must(t, "status"), "connected (yellow)", "Not read: pull_requests, pull_request_activity", "tick Pull requests: Read")
	i.bitbucket.Tick("demo-client", bitbuckettest.DefaultScopes...)
	i.connect(t) // more permissions need no asking
	i.sync(t)
	i.equalLedger(t)
	contains(t, "status", i.must(t, "status"), "connected (green)")
}

// TestRotatedKeysOpenInARunningWorker rotates the keys under a worker, again and again.
func TestRotatedKeysOpenInARunningWorker(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	i := newInstall(t, bitbuckettest.Options{Seed: 45, Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	i.connect(t)
	i.set("SYNC_SCHEDULE", "@every 1s")
	_, log := i.worker(t)
	for n := range 3 {
		_, stderr, code := i.run(t, "keys", "rotate")
		if code != 0 || !strings.Contains(stderr, "Sealed the tokens of 1 connections with the new key") {
			t.Fatalf("exit code %d, %s", code, stderr)
		}
		later.Add(int64(3 * time.Hour)) // so that the next one refreshes
		done := derived(log)
		eventually(t, fmt.Sprintf("a sync after rotation %d", n+1), func() bool { return derived(log) >= done+2 })
	}
	if c := i.status(t)[0]; c.State != oauth.Connected {
		t.Errorf("connection %+v", c)
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Error("the worker complains")
	}
}

// TestLostKeyset starts a worker whose keyset is gone: it runs, says so, and a new consent mends it. If the file comes
// back, everything is as before.
func TestLostKeyset(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 46})
	i.connect(t)
	i.sync(t)
	keyset := i.get("KEYSET_FILE")
	if err := os.Rename(keyset, keyset+".away"); err != nil {
		t.Fatal(err)
	}
	v, cmd, log := i.servePage(t)
	eventually(t, "the worker to say so", func() bool { return strings.Contains(log.String(), "keyset") })
	_, page := v.get("/")
	contains(t, "the page", page, "Reconnect needed", "KEYSET_FILE", ">Reconnect</button>")
	c := i.status(t)[0]
	if c.State != oauth.NeedsReconnect || c.Health != "red" || strings.Count(c.Reason, ".") > 4 || !strings.Contains(c.Reason, keyset) {
		t.Errorf("connection %+v", c)
	}
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "keyset") || !strings.Contains(stderr, "restore") {
		t.Errorf("sync: exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(keyset); err == nil {
		t.Fatal("a new keyset was made although nobody connected")
	}

	// The file comes back: nothing was destroyed.
	if err := os.Rename(keyset+".away", keyset); err != nil {
		t.Fatal(err)
	}
	if c := i.status(t)[0]; c.State != oauth.Connected {
		t.Errorf("with its keyset again, it is %s: %s", c.State, c.Reason)
	}
	eventually(t, "a sync, beside the worker's", func() bool {
		_, _, code := i.run(t, "sync")
		return code == 0
	})

	// It stays away: Reconnect.
	if err := os.Remove(keyset); err != nil {
		t.Fatal(err)
	}
	contains(t, "after Reconnect", v.consent(bitbuckettest.ConsentWith, "workspace", c.WorkspaceUUID), "Connected workspace acme")
	i.bitbucket.Advance(5)
	eventually(t, "a sync, beside the worker's", func() bool {
		_, _, code := i.run(t, "sync")
		return code == 0
	})
	i.equalLedger(t)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the worker had ended: %v", err)
	}
}

// TestWorkerKeepsIdleGrantsAlive has a grant that nothing used for eight days, and a schedule that is far away.
func TestWorkerKeepsIdleGrantsAlive(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 47, MoreWorkspaces: []string{"zebra"}})
	i.connect(t, "--workspace", "acme")
	i.connect(t, "--workspace", "zebra")
	i.must(t, "sync") // so that no run is due at the start that would refresh
	old := time.Now().AddDate(0, 0, -8)
	i.execute(t, "UPDATE connections SET refreshed_at = $1 WHERE workspace = 'zebra'", old.UnixMilli())
	if c := i.status(t)[1]; c.GrantDaysLeft == nil || *c.GrantDaysLeft > 85 || *c.GrantDaysLeft < 80 {
		t.Errorf("after eight days, %v days are left", c.GrantDaysLeft)
	}
	before := i.bitbucket.Refreshes()
	i.worker(t)
	eventually(t, "the refresh", func() bool { return i.bitbucket.Refreshes() > before })
	eventually(t, "its end", func() bool { return i.status(t)[1].RefreshedAt.After(old.Add(time.Hour)) })
	if n := i.bitbucket.Refreshes() - before; n != 1 {
		t.Errorf("%d refreshes, want that of the idle one", n)
	}
}

// TestTokenEndpointInTrouble has Bitbucket's token endpoint fail in every way while a sync needs it: the sync goes on
// as soon as it answers again, and the connection lives.
func TestTokenEndpointInTrouble(t *testing.T) {
	for name, fault := range map[string]bitbuckettest.Fault{
		"500":           {Status: 500, Body: `{"type":"error"}`},
		"502 HTML":      {Status: 502, Body: "<html>Bad gateway</html>"},
		"200 HTML":      {Status: 200, Body: "<html>Sorry</html>"},
		"200 garbage":   {Status: 200, Body: "garbage"},
		"200 nothing":   {Status: 200},
		"200 no tokens": {Status: 200, Body: `{"token_type":"bearer"}`},
		"half a body":   {Cut: 700},
		"no answer":     {Drop: true},
		"429":           {Status: 429, Body: "Rate limit for this resource has been exceeded"},
		"429 seconds":   {Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		"429 a date":    {Status: 429, Header: http.Header{"Retry-After": {time.Now().Add(time.Second).UTC().Format(http.TimeFormat)}}},
		"429 nonsense":  {Status: 429, Header: http.Header{"Retry-After": {"soon"}}},
		"307 elsewhere": {Status: 307, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstall(t, bitbuckettest.Options{Seed: 48, TokenLife: time.Second, Scale: bitbuckettest.Scale{Members: 5, Repositories: 2, PullRequests: 5, Months: 1}})
			i.connect(t)
			time.Sleep(1100 * time.Millisecond) // its token is no good any more
			fault.Path = "access_token"
			i.bitbucket.Fault(fault)
			i.bitbucket.ResetRequests()
			deadline := time.Now().Add(3 * time.Minute)
			for {
				_, stderr, code := i.run(t, "sync", "--stream", "workspaces")
				if c := i.status(t)[0]; c.State != oauth.Connected {
					t.Fatalf("it is %s: %s", c.State, c.Reason)
				}
				if code == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("exit code %d, %s", code, stderr)
				}
				time.Sleep(time.Second) // as a schedule would
			}
			asked := 0
			for _, r := range i.bitbucket.Requests() {
				if strings.Contains(r.Route, "access_token") {
					asked += r.Count
				}
			}
			if asked < 2 {
				t.Errorf("the token endpoint was asked %d times: the trouble was not met", asked)
			}
		})
	}
}

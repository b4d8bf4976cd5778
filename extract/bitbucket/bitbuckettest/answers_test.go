package bitbuckettest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

func TestStatuses(t *testing.T) {
	b := newSmall(t, func(o *bitbuckettest.Options) {
		o.Consumers = []bitbuckettest.Consumer{bitbuckettest.DefaultConsumer, {ID: "narrow", Scopes: []string{"repository"}}, {ID: "pulls", Scopes: []string{"pullrequest"}}}
	})
	c := newClient(t, b)
	grant := func(id string) *client {
		access, _ := b.Grant(id)
		return &client{t, b, access}
	}
	narrow, pulls := grant("narrow"), grant("pulls")
	repo := "/repositories/acme/" + busiest(b)
	uuid := strings.Trim(b.Repositories()[0].UUID, "{}")
	for _, tc := range []struct {
		by     *client
		path   string
		status int
		want   string
	}{
		{c, "/workspaces", 410, "CHANGE-2770 - Functionality has been deprecated"},
		{c, "/repositories", 410, "CHANGE-2770"},
		{c, "/repositories/", 410, "CHANGE-2770"},
		{c, "/repositories//web", 410, "CHANGE-2770"},
		{c, "/user/permissions/workspaces", 410, "CHANGE-2770"},
		{c, "/user/permissions/repositories", 410, "CHANGE-2770"},
		{c, repo + "/issues", 410, "CHANGE-3071"},
		{c, repo + "/issues/3/comments", 410, "CHANGE-3071"},
		{c, "/repositories/other", 404, "error"},
		{c, "/repositories/acme/none", 404, "error"},
		{c, "/repositories/acme/" + uuid, 404, "error"}, // without its braces
		{c, "/repositories/acme/%7B" + uuid + "%7D", 200, uuid},
		{c, "/repositories/ACME/" + strings.ToUpper(busiest(b)), 200, busiest(b)},
		{c, repo + "/pullrequests/999999", 404, "error"},
		{c, repo + "/pullrequests/x", 404, "error"},
		{c, repo + "/nonsense", 404, "Resource not found"},
		{&client{t, b, ""}, "/user", 401, "Login failed"},
		{&client{t, b, "garbage"}, "/user", 401, "Token is invalid, expired, or not supported for this endpoint."},
		{narrow, repo, 200, "repository"},
		{narrow, repo + "/pullrequests", 403, `"detail":{"granted":["repository"],"required":["pullrequest"]}`},
		{narrow, "/user", 403, "Your credentials lack one or more required privilege scopes."},
		{narrow, "/workspaces/acme", 200, "acme"},
		{pulls, repo, 200, "repository"},
	} {
		status, header, body := tc.by.get(tc.path)
		if status != tc.status || !strings.Contains(string(body), tc.want) {
			t.Errorf("%s: %d %.300s, want %d %s", tc.path, status, body, tc.status, tc.want)
		}
		if isJSON := strings.HasPrefix(header.Get("Content-Type"), "application/json"); isJSON != json.Valid(body) || isJSON != (status != 401) {
			t.Errorf("%s: %s for %.100s", tc.path, header.Get("Content-Type"), body)
		}
	}
	if status, _, _ := c.get(host + "/2.0/user?access_token=" + c.token); status != 200 {
		t.Errorf("%d", status)
	}
	if status, _, _ := (&client{t, b, ""}).get(host + "/2.0/user?access_token=" + c.token); status != 401 {
		t.Errorf("a token in the query was accepted: %d", status)
	}
}

func TestRenamedAndDeletedRepositories(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	old := busiest(b)
	if err := b.RenameRepository(old, "Other Name"); err != nil {
		t.Fatal(err)
	}
	status, header, _ := c.get("/repositories/acme/" + old + "/pullrequests?pagelen=5")
	if status != 301 || header.Get("Location") != host+"/2.0/repositories/acme/other-name/pullrequests?pagelen=5" {
		t.Errorf("an old slug: %d %v", status, header)
	}
	c.ok(header.Get("Location"))
	if err := b.DeleteRepository("other-name"); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := c.get("/repositories/acme/" + old); status != 404 {
		t.Errorf("a deleted one: %d", status)
	}
	for _, change := range b.Advance(300) {
		if change.Repository == "other-name" {
			t.Fatalf("life in a deleted repository: %v", change)
		}
	}
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSmall(t, func(o *bitbuckettest.Options) { o.RequestsPerHour = 10 })
		c, other := newClient(t, b), newClient(t, b)
		for range 5 {
			c.ok("/repositories/acme")
			time.Sleep(6 * time.Minute)
			other.ok("/repositories/acme") // one consumer, one pool
		}
		status, header, body := c.get("/repositories/acme")
		if status != 429 || string(body) != "Rate limit for this resource has been exceeded" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
			t.Fatalf("%d %v %s", status, header, body)
		}
		for name := range header {
			if strings.HasPrefix(name, "X-Ratelimit") || name == "Retry-After" {
				t.Errorf("header %s", name)
			}
		}
		c.ok("/user") // another pool
		time.Sleep(36 * time.Minute)
		c.ok("/repositories/acme") // the window rolls: three have left it, but the refused one is in it
		c.ok("/repositories/acme")
		if status, _, _ := c.get("/repositories/acme"); status != 429 {
			t.Errorf("the whole window was freed at once: %d", status)
		}
		counts := map[int]int{}
		for _, n := range b.Requests() {
			if n.Route == "/2.0/repositories/{workspace}" {
				counts[n.Status] += n.Count
			}
		}
		if counts[200] != 12 || counts[429] != 2 {
			t.Errorf("counted %v", counts)
		}
		b.ResetRequests()
		if len(b.Requests()) != 0 {
			t.Error("counts after the reset")
		}
	})
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSmall(t, func(o *bitbuckettest.Options) { o.Latency = time.Second })
		c := newClient(t, b)
		b.Fault(bitbuckettest.Fault{Path: "/members", Nth: 2, Times: 2, Status: 503, Body: "<html>busy</html>", Header: http.Header{"Retry-After": {"120"}}})
		begin := time.Now()
		for i, want := range []int{200, 503, 503, 200} {
			status, header, _ := c.get("/workspaces/acme/members")
			if status != want || want == 503 && (header.Get("Retry-After") != "120" || !strings.HasPrefix(header.Get("Content-Type"), "text/html")) {
				t.Errorf("request %d: %d %v, want %d", i, status, header, want)
			}
		}
		if time.Since(begin) != 4*time.Second {
			t.Errorf("the latency of four requests is %v", time.Since(begin))
		}
		ask := func(ctx context.Context) (*http.Response, error) {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, host+"/2.0/repositories/acme", nil)
			req.Header.Set("Authorization", "Bearer "+c.token)
			return b.Transport().RoundTrip(req)
		}
		b.Fault(bitbuckettest.Fault{Cut: 100})
		res, err := ask(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 100 {
			t.Errorf("a cut: %d bytes, %v", len(body), err)
		}
		b.Fault(bitbuckettest.Fault{Drop: true})
		if _, err := ask(t.Context()); err == nil {
			t.Error("dropped, and yet an answer")
		}
		b.Fault(bitbuckettest.Fault{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hanging: %v", err)
		}
		b.Fault(bitbuckettest.Fault{Status: 500, Times: -1})
		for range 3 {
			if res, err := ask(t.Context()); err != nil || res.StatusCode != 500 {
				t.Error(res, err)
			}
		}
		b.ClearFaults()
		c.ok("/user")
	})
}

func TestCutOnTheNetwork(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	b.Fault(bitbuckettest.Fault{Cut: 50})
	req, _ := http.NewRequest(http.MethodGet, newServer(t, b)+"/2.0/repositories/acme", nil)
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("read %d bytes without an error", len(body))
	}
}

func TestDroppedRefreshIsDone(t *testing.T) {
	b := newSmall(t)
	_, refresh := b.Grant("demo-client")
	b.Fault(bitbuckettest.Fault{Path: "/access_token", Drop: true})
	req, _ := http.NewRequest(http.MethodPost, tokenURL, strings.NewReader("grant_type=refresh_token&refresh_token="+refresh))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("demo-client", "demo-secret")
	if _, err := b.Transport().RoundTrip(req); err == nil || b.Refreshes() != 1 {
		t.Errorf("%v, %d refreshes", err, b.Refreshes())
	}
	if status, _ := refreshWith(t, b, refresh); status != 200 {
		t.Errorf("again, within the grace: %d", status)
	}
}

func TestActs(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	gone := b.Members()[4]
	if err := b.RemoveMember(gone.UUID); err != nil {
		t.Fatal(err)
	}
	if err := b.RemoveMember(gone.UUID); err == nil {
		t.Error("removed twice")
	}
	for _, m := range c.all("/workspaces/acme/members") {
		if m["user"].(object)["uuid"] == gone.UUID {
			t.Error("still a member")
		}
	}
	made, err := b.CreateRepository("SHOP", "Ünusual Näme")
	if err != nil || made.ProjectKey != "SHOP" {
		t.Fatal(made, err)
	}
	c.ok("/repositories/acme/" + made.Slug)
	if _, err := b.CreateRepository("SHOP", "Ünusual Näme"); err == nil {
		t.Error("made twice")
	}
	for _, d := range b.Ledger() {
		if d.Feature != "tasks" {
			continue
		}
		path := "/repositories/acme/" + d.Repository + "/pullrequests/" + itoa(d.PullRequest)
		before := c.ok(path + "/tasks")
		id := values(before)[0]["id"].(float64)
		if err := b.DeleteTask(d.Repository, d.PullRequest, int64(id)); err != nil {
			t.Fatal(err)
		}
		if after := c.ok(path + "/tasks"); num(after["size"]) != num(before["size"])-1 {
			t.Errorf("%v tasks, before %v", after["size"], before["size"])
		}
		break
	}
}

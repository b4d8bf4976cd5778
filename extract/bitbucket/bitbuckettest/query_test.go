package bitbuckettest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

func sortedKeys(o object) []string {
	var names []string
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestQ(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	list := "/repositories/acme/" + busiest(b) + "/pullrequests?pagelen=50&" + allStates
	all := c.all(list)
	uuid := str(all[0]["author"].(object)["uuid"])
	later := func(p object) bool { return str(p["updated_on"]) >= "2026-06-01T00:00:00" }
	merged := func(p object) bool { return p["state"] == "MERGED" }
	low := func(p object) bool { return num(p["id"]) <= 5 }
	for q, want := range map[string]func(object) bool{
		`updated_on >= "2026-06-01T00:00:00+00:00"`: later,
		`updated_on>=2026-06-01T00:00:00+00:00`:     later,
		`updated_on >= 2026-06-01T02:00:00+02:00`:   later,
		`updated_on >= 2026-06-01`:                  later,
		`updated_on < 2026-06-01`:                   func(p object) bool { return !later(p) },
		`state = "MERGED"`:                          merged,
		`state != "MERGED"`:                         func(p object) bool { return !merged(p) },
		`state IN ("MERGED", "OPEN")`:               func(p object) bool { return merged(p) || p["state"] == "OPEN" },
		`id <= 5`:                                   low,
		`id > 5 AND id >= 5 AND id != 5`:            func(p object) bool { return !low(p) },
		`id=1 OR id = 2 AND state = "nonsense"`:     func(p object) bool { return num(p["id"]) == 1 },
		`(id=1 OR id = 2) AND id = 2`:               func(p object) bool { return num(p["id"]) == 2 },
		`title ~ "SHOP-"`:                           func(p object) bool { return strings.Contains(strings.ToLower(str(p["title"])), "shop-") },
		`title !~ "SHOP-"`:                          func(p object) bool { return !strings.Contains(strings.ToLower(str(p["title"])), "shop-") },
		`title = "a \"quoted\" one"`:                func(object) bool { return false },
		`author.uuid = "` + uuid + `"`:              func(p object) bool { a, _ := p["author"].(object); return a["uuid"] == uuid },
		`author.uuid = null`:                        func(p object) bool { return p["author"] == nil },
		`author.uuid != null`:                       func(p object) bool { return p["author"] != nil },
		`author.uuid != "` + uuid + `"`: func(p object) bool { // like SQL: a null is not unequal to anything
			a, ok := p["author"].(object)
			return ok && a["uuid"] != uuid
		},
	} {
		n := 0
		for _, p := range all {
			if want(p) {
				n++
			}
		}
		got := c.all(list + "&q=" + escape(q))
		for _, p := range got {
			if !want(p) {
				t.Errorf("%s: wrong row %v %v %v", q, p["id"], p["state"], p["updated_on"])
			}
		}
		if len(got) != n {
			t.Errorf("%s: %d rows, want %d", q, len(got), n)
		}
	}
	for _, q := range []string{
		`id`, `id =`, `id = "5"`, `id = x`, `id IN`, `id IN (`, `id IN ()`, `id IN (1,)`, `id ~ 5`, `(id = 5`, `id = 5)`, `id = 5 id = 6`, `id = 5 and id = 6`,
		`updated_on > "yesterday"`, `updated_on > 2026-06-01T00:00:00 00:00`, `state = OPEN`, `state = "OPEN`, `state > null`, `= 5`, `nickname = "x"`,
		`links.self = "x"`, `!`, `id ! 5`, strings.Repeat("(", 200), `task_count = 1`,
	} {
		if status, _, body := c.get(list + "&q=" + escape(q)); status != 400 {
			t.Errorf("%s: %d %.80s, want 400", q, status, body)
		}
	}
}

// TestStateAndQ: what q says about the state takes the place of the default, and narrows what the parameter says.
func TestStateAndQ(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	list := "/repositories/acme/" + busiest(b) + "/pullrequests?pagelen=50"
	states := func(path string) string {
		seen := object{}
		for _, p := range c.all(path) {
			seen[str(p["state"])] = nil
		}
		return strings.Join(sortedKeys(seen), " ")
	}
	for query, want := range map[string]string{
		"":                                 "OPEN",
		"&q=" + escape("id > 0"):           "OPEN",
		"&state=MERGED":                    "MERGED",
		"&state=MERGED&state=DECLINED":     "DECLINED MERGED",
		"&q=" + escape(`state = "MERGED"`): "MERGED",
		"&state=OPEN&q=" + escape(`state = "MERGED"`):  "",
		"&state=MERGED&q=" + escape(`state != "OPEN"`): "MERGED",
	} {
		if got := states(list + query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestOtherFilters(t *testing.T) {
	b := newSmall(t, func(o *bitbuckettest.Options) { o.MoreWorkspaces = []string{"side-project"} })
	c := newClient(t, b)
	m := b.Members()[3]
	path := "/workspaces/acme/members?q=" + escape(`user.email IN ("`+m.Email+`","nobody@example.com")`)
	if got := c.all(path); len(got) != 1 || got[0]["user"].(object)["uuid"] != m.UUID || got[0]["user"].(object)["email"] != nil {
		t.Errorf("members by e-mail: %v", got)
	}
	if got := c.all(path + "&fields=" + escape("+values.user.email")); got[0]["user"].(object)["email"] != m.Email {
		t.Errorf("no e-mail on request: %v", got)
	}
	if status, _, _ := c.get("/workspaces/acme/members?q=" + escape(`user.email = "`+m.Email+`"`)); status != 400 {
		t.Errorf("user.email = answered %d", status)
	}
	if got := c.all("/user/workspaces"); len(got) != 2 || got[1]["workspace"].(object)["slug"] != "side-project" {
		t.Errorf("workspaces: %v", got)
	}
	if got := c.all("/repositories/side-project"); len(got) != 0 {
		t.Error("the other workspace has repositories")
	}
	if got := c.all("/repositories/acme?q=" + escape(`project.key = "SHOP" AND is_private = true AND name ~ "WEB"`)); len(got) != 1 {
		t.Errorf("%d repositories", len(got))
	}
	feed := "/repositories/acme/" + busiest(b) + "/pullrequests/activity"
	if a, b := c.ok(feed), c.ok(feed+"?q=nonsense&sort=nonsense"); len(values(a)) != len(values(b)) {
		t.Error("the activity doesn't ignore q and sort")
	}
}

func FuzzQ(f *testing.F) {
	for _, q := range []string{`id = 1`, `updated_on >= "2026-06-01T00:00:00+00:00" AND (state="OPEN" OR title ~ "x")`, `state IN ("OPEN")`, `a !~ null`, `closed_on > 1`, "\"", `(((`} {
		f.Add(q)
	}
	b := bitbuckettest.New(bitbuckettest.Options{End: end, RequestsPerHour: -1, Scale: bitbuckettest.Scale{Members: 5, Repositories: 1, PullRequests: 10, Months: 1}})
	c := newClient(f, b)
	slug := busiest(b)
	f.Fuzz(func(t *testing.T, q string) {
		c := &client{t, b, c.token}
		status, _, body := c.get("/repositories/acme/" + slug + "/pullrequests?q=" + escape(q))
		if status != 200 && status != 400 && status != 500 || !json.Valid(body) {
			t.Errorf("%q: %d %s", q, status, body)
		}
		if status == 500 && !strings.Contains(q, "closed_on") {
			t.Errorf("%q: %s", q, body)
		}
	})
}

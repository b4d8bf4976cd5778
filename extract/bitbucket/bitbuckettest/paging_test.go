package bitbuckettest_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestNumberedPagesLoseRows shows the quirk that clients must not fall for: a row that is updated between two pages jumps to the end of a list
// sorted by updated_on, the rows behind it move up, and one of them crosses the border unseen.
func TestNumberedPagesLoseRows(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	slug := busiest(b)
	first := values(c.ok("/repositories/acme/" + slug + "/pullrequests?pagelen=10&sort=updated_on&" + allStates))[0]
	moved := false
	b.BeforeRequest(func(r *http.Request) {
		if r.URL.Query().Get("page") == "2" && !moved {
			moved = true
			if err := b.EditTogether(slug, num(first["id"]), num(first["id"])); err != nil {
				t.Error(err)
			}
		}
	})
	seen := map[int]int{}
	for _, p := range c.all("/repositories/acme/" + slug + "/pullrequests?pagelen=10&sort=updated_on&" + allStates) {
		seen[num(p["id"])]++
	}
	lost := 0
	for _, r := range b.Repositories() {
		if r.Slug == slug {
			for id := 1; id <= r.PullRequests; id++ {
				if seen[id] == 0 {
					lost++
				}
			}
		}
	}
	if lost != 1 || seen[num(first["id"])] != 2 {
		t.Errorf("lost %d rows, saw the moved one %d times; want 1 and 2", lost, seen[num(first["id"])])
	}
}

func TestOneMomentManyRows(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	slug := busiest(b)
	if err := b.EditTogether(slug, 3, 60); err != nil {
		t.Fatal(err)
	}
	rows := c.all("/repositories/acme/" + slug + "/pullrequests?pagelen=50&sort=-updated_on&" + allStates)
	for i, p := range rows[:58] {
		if num(p["id"]) != i+3 || p["updated_on"] != rows[0]["updated_on"] {
			t.Fatalf("row %d: id %v, %v", i, p["id"], p["updated_on"])
		}
	}
}

func TestPages(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	list := "/repositories/acme/" + busiest(b) + "/pullrequests"
	for path, want := range map[string]string{
		list + "?pagelen=51":                        "Invalid pagelen",
		list + "/activity?pagelen=51":               "Invalid pagelen",
		list + "/1/tasks?pagelen=101":               "Invalid pagelen",
		"/repositories/acme?pagelen=101":            "Invalid pagelen",
		"/workspaces/acme/members?pagelen=0":        "Invalid pagelen",
		"/workspaces/acme/projects?pagelen=a":       "Invalid pagelen",
		"/workspaces/acme/projects?page=0":          "Invalid page",
		"/workspaces/acme/projects?page=8xhd":       "Invalid page",
		"/repositories/acme?pagelen=10&page=1%2F":   "Invalid page",
		"/repositories/acme?sort=size":              "Invalid sort attribute",
		"/repositories/acme?q=size%3E1":             `Field ".size" does not support filtering`,
		"/workspaces/acme/members?q=nickname%3D%22": `Field ".nickname" does not support filtering`,
		list + "?state=ALL":                         "Invalid state: ALL",
	} {
		if status, _, body := c.get(path); status != 400 || message(t, body) != want {
			t.Errorf("%s: %d %s, want %s", path, status, body, want)
		}
	}
	past := c.ok("/repositories/acme?page=99")
	if len(values(past)) != 0 || past["next"] != nil {
		t.Errorf("a page past the end: %v", past)
	}
	if far := c.ok("/repositories/acme?pagelen=100&page=9223372036854775807"); len(values(far)) != 0 {
		t.Errorf("a page far past the end: %v", far)
	}
	one := c.ok(list + "?pagelen=3&q=" + escape(`updated_on >= 2020-01-01T00:00:00+00:00`) + "&" + allStates)
	next := str(one["next"])
	if !strings.HasPrefix(next, host+"/2.0/") || !strings.Contains(next, "state=SUPERSEDED") || !strings.Contains(next, "pagelen=3") || !strings.Contains(next, "q=") {
		t.Errorf("next = %s", next)
	}
	if two := c.ok(next); two["page"] != 2.0 || two["previous"] == nil {
		t.Errorf("second page: %v", two)
	}
	if feed := c.ok(list + "/activity"); feed["size"] != nil || len(values(feed)) != 10 {
		t.Error("the activity counts itself, or its page is not 10 long")
	}
}

// TestPullRequestsOf lists what each member opened, by uuid and by Atlassian id: together that is everything whose author is
// still known.
func TestPullRequestsOf(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	want, ids := map[string][]string{}, map[string]string{} // by uuid
	for _, r := range b.Repositories() {
		for _, p := range c.all("/repositories/acme/" + r.Slug + "/pullrequests?pagelen=50&" + allStates) {
			if author, ok := p["author"].(object); ok {
				uuid := str(author["uuid"])
				want[uuid], ids[uuid] = append(want[uuid], str(p["created_on"])+str(p["links"].(object)["self"].(object)["href"])), str(author["account_id"])
			}
		}
	}
	open := 0
	for uuid, rows := range want {
		slices.Sort(rows)
		slices.Reverse(rows)
		for _, name := range []string{uuid, ids[uuid]} {
			list := "/workspaces/acme/pullrequests/" + url.PathEscape(name) + "?pagelen=50"
			var got []string
			for _, p := range c.all(list + "&" + allStates) {
				got = append(got, str(p["created_on"])+str(p["links"].(object)["self"].(object)["href"]))
			}
			if !slices.Equal(got, rows) {
				t.Errorf("%s opened %d, listed are %d, or in another order", name, len(rows), len(got))
			}
			for _, p := range c.all(list) {
				if open++; p["state"] != "OPEN" {
					t.Errorf("without a state, one that is %v is listed", p["state"])
				}
			}
			from := escape(`updated_on >= "` + str(c.all(list + "&sort=-updated_on&" + allStates)[0]["updated_on"]) + `"`)
			if n := len(c.all(list + "&q=" + from + "&" + allStates)); n != 1 {
				t.Errorf("%d have been updated as late as the last one", n)
			}
		}
	}
	if open == 0 {
		t.Error("none is open")
	}
	for path, want := range map[string]int{"nobody": 404, "%7B00000000-0000-0000-0000-000000000000%7D": 404, "": 404} {
		if status, _, body := c.get("/workspaces/acme/pullrequests/" + path); status != want {
			t.Errorf("%q: %d %s, want %d", path, status, body, want)
		}
	}
	most := slices.MaxFunc(slices.Collect(maps.Keys(want)), func(a, b string) int { return len(want[a]) - len(want[b]) })
	limited := newClient(t, newSmall(t, func(o *bitbuckettest.Options) { o.SortLimit = len(want[most]) - 1 }))
	for states, want := range map[string]int{allStates: 500, "state=OPEN": 200} {
		if status, _, _ := limited.get("/workspaces/acme/pullrequests/" + url.PathEscape(most) + "?sort=-updated_on&" + states); status != want {
			t.Errorf("to be sorted, what somebody opened answers %d to %s, want %d", status, states, want)
		}
	}
}

func TestSortLimit(t *testing.T) {
	b := newSmall(t, func(o *bitbuckettest.Options) { o.SortLimit = 20 })
	c := newClient(t, b)
	list := "/repositories/acme/" + busiest(b) + "/pullrequests"
	for query, want := range map[string]int{
		"?sort=updated_on&" + allStates:      500,
		"?sort=updated_on&state=MERGED":      200,
		"?sort=updated_on":                   200,
		"?" + allStates:                      200,
		"?sort=closed_on":                    500,
		"?q=" + escape("closed_on > 2026-1"): 500,
		"?sort=id&q=" + escape(`state IN ("OPEN","MERGED","DECLINED","SUPERSEDED")`): 500,
	} {
		if status, _, body := c.get(list + query); status != want {
			t.Errorf("%s: %d %.100s, want %d", query, status, body, want)
		}
	}
}

func TestFields(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	list := "/repositories/acme/" + busiest(b) + "/pullrequests?" + allStates + "&fields="
	row := func(fields string) object { return values(c.ok(list + escape(fields)))[0] }
	keys := func(o object) string { return strings.Join(sortedKeys(o), " ") }

	if o := c.ok(list + "values.id"); keys(o) != "values" || keys(values(o)[0]) != "id" {
		t.Errorf("a whitelist kept %v", keys(o)) // next is lost: paging ends after one page, silently
	}
	if o := c.ok(list + "next,values.id,values.typo,typo"); keys(o) != "next values" || keys(values(o)[0]) != "id" {
		t.Errorf("with next: %v", keys(o))
	}
	for name, want := range map[string]bool{
		"": false, "+values.participants": true, "values.participants": true, "-values.id": false, "*.*": true, "values.*": true,
		"+values.participants.user.uuid": true, "values.author.uuid": false,
	} {
		if _, ok := row(name)["participants"]; ok != want {
			t.Errorf("fields=%s: participants there: %v", name, ok)
		}
	}
	if _, ok := row("*.*")["closed_on"]; !ok {
		t.Error("fields=*.* brings no closed_on")
	}
	if o := row("-values.links,-values.source.commit"); o["links"] != nil || o["source"].(object)["commit"] != nil || o["title"] == nil {
		t.Errorf("removed too much or too little: %v", keys(o))
	}
	if o := row("values.source.branch.name"); keys(o) != "source" || keys(o["source"].(object)) != "branch" {
		t.Errorf("deep whitelist: %v", o)
	}
	for _, o := range values(c.ok(list + "values.merge_commit.hash,values.state")) {
		if _, ok := o["merge_commit"]; !ok {
			t.Errorf("a null is missing: %v", o)
		}
	}
	// A + that is not encoded is a space, and what was to be added is a whitelist. Here the name alone is left of it.
	if o := c.ok(list + "+values.participants"); keys(o) != "values" {
		t.Errorf("an unencoded +: %v", keys(o))
	}
	if o := c.ok("/repositories/acme/" + busiest(b) + "/pullrequests/1?fields=id,participants.role"); keys(o) != "id participants" {
		t.Errorf("detail: %v", keys(o))
	}
}

func TestGzip(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	srv := newServer(t, b)
	req, err := http.NewRequest(http.MethodGet, srv+"/2.0/repositories/acme", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if !res.Uncompressed || res.StatusCode != 200 {
		t.Errorf("not compressed: %v", res)
	}
}

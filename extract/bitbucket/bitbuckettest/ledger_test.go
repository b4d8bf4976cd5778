package bitbuckettest_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestLedgerIsWhatTheAPIShows counts the deeds again, from the pages of the API alone.
func TestLedgerIsWhatTheAPIShows(t *testing.T) {
	b := newSmall(t)
	b.Advance(300)
	got, want := recount(t, b), b.Ledger()
	byAll := func(a, b bitbuckettest.Deed) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Object, b.Object),
			slices.Compare(a.Stories, b.Stories), cmp.Compare(a.Repository, b.Repository))
	}
	slices.SortFunc(got, byAll)
	slices.SortFunc(want, byAll)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("ledger (-) and API (+) differ:\n%.3000s", diff)
	}
	if len(want) < 1000 {
		t.Errorf("only %d deeds", len(want))
	}
}

type recounter struct {
	t       *testing.T
	repo    object
	keys    map[string]bool // of projects
	commits map[string]bool
	deeds   []bitbuckettest.Deed
}

func recount(t *testing.T, b *bitbuckettest.Bitbucket) []bitbuckettest.Deed {
	c := newClient(t, b)
	r := &recounter{t: t, keys: map[string]bool{}, commits: map[string]bool{}}
	for _, p := range c.all("/workspaces/acme/projects") {
		r.keys[str(p["key"])] = true
	}
	for _, x := range c.all("/snippets/acme?pagelen=100") {
		r.put(bitbuckettest.Deed{Feature: "snippets", Action: "created", Object: str(x["id"])}, x["created_on"], x["creator"], "")
	}
	repos := c.all("/repositories/acme?pagelen=100")
	slices.SortFunc(repos, func(a, b object) int {
		return cmp.Compare(fmt.Sprint(a["parent"] != nil, a["uuid"]), fmt.Sprint(b["parent"] != nil, b["uuid"]))
	})
	for _, r.repo = range repos {
		r.beside(c, "/repositories/acme/"+str(r.repo["slug"]))
		base := "/repositories/acme/" + str(r.repo["slug"]) + "/pullrequests"
		pulls := map[int]object{}
		for _, p := range c.all(base + "?pagelen=50&fields=%2Bvalues.closed_on&" + allStates) {
			pulls[num(p["id"])] = p
			r.add(p, p["created_on"], p["author"], "pull_requests", "opened", nil)
			if p["state"] != "OPEN" {
				r.add(p, p["closed_on"], p["closed_by"], "pull_requests", strings.ToLower(str(p["state"])), nil)
			}
			open := 0
			if num(p["comment_count"]) > 0 {
				for _, x := range c.all(base + "/" + itoa(num(p["id"])) + "/comments?pagelen=100") {
					if done, ok := x["resolution"].(object); ok {
						r.add(p, done["created_on"], done["user"], "comments", "resolved", x["id"])
					}
				}
			}
			for _, x := range c.all(base + "/" + itoa(num(p["id"])) + "/tasks?pagelen=100") {
				r.add(p, x["created_on"], x["creator"], "tasks", "created", x["id"])
				if x["state"] == "RESOLVED" {
					r.add(p, x["resolved_on"], x["resolved_by"], "tasks", "resolved", x["id"])
				} else {
					open++
				}
			}
			if open != num(p["task_count"]) {
				t.Errorf("task_count %v, %d open tasks", p["task_count"], open)
			}
		}
		for _, e := range c.all(base + "/activity?pagelen=50") {
			p := pulls[num(e["pull_request"].(object)["id"])]
			if x, ok := e["approval"].(object); ok {
				r.add(p, x["date"], x["user"], "reviews", "approved", nil)
			}
			if x, ok := e["changes_requested"].(object); ok {
				r.add(p, x["date"], x["user"], "reviews", "changes_requested", nil)
			}
			if x, ok := e["update"].(object); ok {
				changes := x["changes"].(object)
				if len(changes) > 0 && changes["status"] == nil {
					r.add(p, x["date"], x["author"], "pull_requests", "updated", nil)
				}
			}
			if x, ok := e["comment"].(object); ok {
				r.add(p, x["created_on"], x["user"], "comments", "created", x["id"])
			}
		}
	}
	return r.deeds
}

// beside counts what is done beside pull requests.
func (r *recounter) beside(c *client, at string) {
	put := func(x object, feature, action, name string, when, user any, text string) {
		r.put(bitbuckettest.Deed{
			Feature: feature, Action: action, Object: str(x[name]), RepositoryUUID: str(r.repo["uuid"]), Repository: str(r.repo["slug"]),
			ProjectKey: str(r.repo["project"].(object)["key"]),
		}, when, user, text)
	}
	known := func(author any) any {
		if user, ok := author.(object)["user"]; ok {
			return user
		}
		return object{"type": "unknown"}
	}
	for _, x := range c.all(at + "/commits?pagelen=100") {
		if r.commits[str(x["hash"])] {
			continue
		}
		r.commits[str(x["hash"])] = true
		put(x, "code", "committed", "hash", x["date"], known(x["author"]), str(x["message"]))
	}
	for _, x := range c.all(at + "/refs/tags?pagelen=100") {
		if x["tagger"] != nil {
			put(x, "tags", "created", "name", x["date"], known(x["tagger"]), "")
		}
	}
	if status, _, _ := c.get(at + "/pipelines/"); status == 200 {
		creator := map[string]any{}
		for _, x := range c.all(at + "/pipelines/?pagelen=100") {
			if trigger := x["trigger"].(object); trigger["name"] != "SCHEDULE" {
				creator[str(x["uuid"])] = x["creator"]
				put(x, "pipelines", "run", "uuid", x["created_on"], x["creator"], "")
			}
			if result, ok := x["state"].(object)["result"].(object); ok && result["name"] == "STOPPED" {
				put(x, "pipelines", "stopped", "uuid", x["completed_on"], result["terminator"], "")
			}
		}
		for _, x := range c.all(at + "/deployments/?pagelen=100") {
			if by, ok := creator[str(x["release"].(object)["pipeline"].(object)["uuid"])]; ok {
				put(x, "deployments", "deployed", "uuid", x["state"].(object)["started_on"], by, "")
			}
		}
	}
	for _, x := range c.all(at + "/downloads?pagelen=100") {
		put(x, "downloads", "uploaded", "name", x["created_on"], x["user"], "")
	}
}

var key = regexp.MustCompile(`\b[A-Z][A-Z0-9]+-\d+\b`)

func (r *recounter) add(p object, when, user any, feature, action string, id any) {
	d := bitbuckettest.Deed{
		Feature: feature, Action: action, RepositoryUUID: str(r.repo["uuid"]), Repository: str(r.repo["slug"]),
		ProjectKey: str(r.repo["project"].(object)["key"]), PullRequest: num(p["id"]),
	}
	if n, ok := id.(float64); ok {
		d.Object = strconv.FormatInt(int64(n), 10)
	}
	r.put(d, when, user, str(p["title"])+" "+str(p["source"].(object)["branch"].(object)["name"]))
}

// put adds a deed, and those on the stories that a text names.
func (r *recounter) put(d bitbuckettest.Deed, when, user any, text string) {
	d.Time, d.UserType = at(r.t, when), "deleted"
	if u, ok := user.(object); ok {
		d.User, d.UserType = str(u["uuid"]), str(u["type"])
	}
	for _, k := range key.FindAllString(text, -1) {
		prefix, _, _ := strings.Cut(k, "-")
		if r.keys[prefix] && !slices.Contains(d.Stories, k) {
			d.Stories = append(d.Stories, k)
		}
	}
	slices.Sort(d.Stories)
	r.deeds = append(r.deeds, d)
	for _, k := range d.Stories {
		s := d
		s.Feature, s.Action, s.Stories = "stories", "worked_on", []string{k}
		r.deeds = append(r.deeds, s)
	}
}

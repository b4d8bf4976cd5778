package bitbuckettest_test

import (
	"cmp"
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
	t     *testing.T
	repo  object
	keys  map[string]bool // of projects
	deeds []bitbuckettest.Deed
}

func recount(t *testing.T, b *bitbuckettest.Bitbucket) []bitbuckettest.Deed {
	c := newClient(t, b)
	r := &recounter{t: t, keys: map[string]bool{}}
	for _, p := range c.all("/workspaces/acme/projects") {
		r.keys[str(p["key"])] = true
	}
	for _, r.repo = range c.all("/repositories/acme?pagelen=100") {
		base := "/repositories/acme/" + str(r.repo["slug"]) + "/pullrequests"
		pulls := map[int]object{}
		for _, p := range c.all(base + "?pagelen=50&fields=%2Bvalues.closed_on&" + allStates) {
			pulls[num(p["id"])] = p
			r.add(p, p["created_on"], p["author"], "pull_requests", "opened", nil)
			if p["state"] != "OPEN" {
				r.add(p, p["closed_on"], p["closed_by"], "pull_requests", strings.ToLower(str(p["state"])), nil)
			}
			open := 0
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
			if x, ok := e["comment"].(object); ok {
				r.add(p, x["created_on"], x["user"], "comments", "created", x["id"])
			}
		}
	}
	return r.deeds
}

var key = regexp.MustCompile(`\b[A-Z][A-Z0-9]+-\d+\b`)

func (r *recounter) add(p object, when, user any, feature, action string, id any) {
	d := bitbuckettest.Deed{
		Time: at(r.t, when), UserType: "deleted", Feature: feature, Action: action, RepositoryUUID: str(r.repo["uuid"]), Repository: str(r.repo["slug"]),
		ProjectKey: str(r.repo["project"].(object)["key"]), PullRequest: num(p["id"]),
	}
	if u, ok := user.(object); ok {
		d.User, d.UserType = str(u["uuid"]), str(u["type"])
	}
	if n, ok := id.(float64); ok {
		d.Object = strconv.FormatInt(int64(n), 10)
	}
	branch := str(p["source"].(object)["branch"].(object)["name"])
	for _, k := range key.FindAllString(str(p["title"])+" "+branch, -1) {
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

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

var histories = flag.Int("histories", 60, "how many histories TestHistories draws")

// TestHistories is the proof that nothing is lost and nothing is doubled: it draws a workspace, what happens in it, at
// any request of ours, and what goes wrong, at any request and at any call of the lake; runs end early, die, and are
// followed by others. After runs in which nothing happens and nothing goes wrong the tables are those of a first sync
// into an empty lake, row by row, and the usage tables those of the ledger.
//
// Histories are drawn from a seed, which a failure names: -rapid.seed=N draws the same again.
func TestHistories(t *testing.T) {
	shards := runtime.GOMAXPROCS(0)
	each := (*histories + shards - 1) / shards
	for name, value := range map[string]string{"rapid.checks": fmt.Sprint(max(100, each)), "rapid.shrinktime": "1000000h"} { // the time is fake
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			inLab(t, func(t *testing.T) {
				checked := 0
				rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) {
					if checked++; checked <= each {
						newHistory(rt).live()
					}
				})
			})
		})
	}
}

// families are streams that hang together. A history reads one, so that there is time for many.
var families = [][]string{
	{"workspaces", "members", "projects", "repositories"},
	{"repositories", "pull_requests", "pull_request_activity", "pull_request_tasks", "pull_request_comments"},
	{"repositories", "pull_requests", "pull_request_activity", "pull_request_tasks", "pull_request_comments", "pull_request_sizes"},
	{"repositories", "branches", "commits", "tags"},
	{"repositories", "pipelines", "pipeline_steps", "deployments", "environments"},
	{"repositories", "downloads", "snippets", "webhooks", "workspace_webhooks", "branch_restrictions", "default_reviewers", "workspace_permissions", "repository_permissions"},
}

// features are those that a family tells of.
var features = map[string]string{
	"pull_requests": "pull_requests", "pull_request_activity": "reviews", "pull_request_tasks": "tasks", "pull_request_comments": "comments",
	"commits": "code", "tags": "tags", "pipelines": "pipelines", "deployments": "deployments", "downloads": "downloads", "snippets": "snippets",
}

// history is one life of a workspace and of the lake that follows it.
type history struct {
	*rapid.T
	*lab
	family   []string
	removed  []string // uuids of repositories that are no more
	left     []string // uuids of members without a seat
	unread   bool     // commits or branches are nowhere any more that were seen, or could have been
	requests int      // of this run
	dead     bool     // the process: nothing of it takes effect any more
}

func newHistory(rt *rapid.T) *history {
	h := &history{T: rt, family: rapid.SampledFrom(families).Draw(rt, "family")}
	still := map[bool][]bitbuckettest.Action{}
	for _, a := range []bitbuckettest.Action{
		bitbuckettest.Edited, bitbuckettest.Commented, bitbuckettest.CommentDeleted, bitbuckettest.CommentResolved, bitbuckettest.Approved,
		bitbuckettest.ChangesRequested, bitbuckettest.TaskCreated, bitbuckettest.TaskResolved, bitbuckettest.TaskReopened, bitbuckettest.TaskDeleted,
	} {
		s := rapid.IntRange(0, 3).Draw(rt, "still "+string(a)) == 0
		still[s] = append(still[s], a)
	}
	h.lab = newLab(rt, bitbuckettest.Options{
		Seed: rapid.Uint64Range(1, 1000).Draw(rt, "seed"), End: time.Now().Add(-time.Duration(rapid.IntRange(-1, 50).Draw(rt, "hours ago")) * time.Hour),
		Scale: bitbuckettest.Scale{
			Members: rapid.IntRange(4, 8).Draw(rt, "members"), Repositories: rapid.IntRange(1, 4).Draw(rt, "repositories"),
			PullRequests: rapid.IntRange(1, 14).Draw(rt, "pull requests"), Months: 1,
		},
		Still: still[true], PageLimit: rapid.IntRange(1, 6).Draw(rt, "page"), SortLimit: rapid.SampledFrom([]int{2, 1000}).Draw(rt, "sort limit"),
		TokenLife: rapid.SampledFrom([]time.Duration{0, 3 * time.Minute}).Draw(rt, "token life"),
		Latency:   rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second}).Draw(rt, "latency"),
	})
	rt.Cleanup(h.close)
	h.config.streams = slices.DeleteFunc(extract.Streams(), func(st extract.Stream) bool { return !slices.Contains(h.family, st.Name) })
	h.transport = h.wrap(h.bitbucket.Transport())
	if rapid.Bool().Draw(rt, "all in each run") {
		h.config.quietEvery, h.config.snapshotEvery = 0, 0
	} else {
		h.config.quietEvery, h.config.snapshotEvery = 24*time.Hour, 24*time.Hour
	}
	return h
}

// live lives a history to its end, and compares.
func (h *history) live() {
	for range h.between(1, 4, "runs") {
		h.happen("before")
		h.goWrong()
		h.full = h.oneIn(12, "full")
		h.requests = 0
		_ = h.sync(context.Background(), h)
		h.recover()
		if h.oneIn(3, "later") {
			time.Sleep(time.Duration(h.between(1, 100, "hours")) * time.Hour)
		}
	}
	h.rest()
	h.compare()
}

// rest has the runs in which nothing happens. What is read seldom needs its time, and what is not believed at once a
// second run.
func (h *history) rest() {
	if h.config.quietEvery > 0 && h.oneIn(2, "now") {
		h.config.quietEvery, h.config.snapshotEvery = 0, 0
	}
	for range 3 {
		time.Sleep(8 * 24 * time.Hour) // beyond every bound: a round of all that is open takes two
		run := h.sync(context.Background(), h)
		if err := outcome([]workspaceRun{run}); err != nil && !h.excused(err) {
			h.Fatalf("in the end: %v", err)
		}
	}
}

// excused reports whether an error is no fault of ours: somebody deleted all repositories.
func (h *history) excused(err error) bool {
	return errors.Is(err, extract.ErrEmptied) && len(h.bitbucket.Repositories()) == 0
}

func (h *history) between(low, high int, what string) int { return rapid.IntRange(low, high).Draw(h.T, what) }
func (h *history) oneIn(n int, what string) bool          { return h.between(1, n, what) == 1 }

// wrap has things happen before our requests are answered, and nothing take effect that a dead process asks for.
func (h *history) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if h.dead {
			return nil, errDead
		}
		if h.requests++; h.plan != nil {
			h.plan(h.requests)
		}
		if h.dead {
			return nil, errDead
		}
		return next.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errDead = errors.New("the process is dead")

// happen has some things happen in the workspace.
func (h *history) happen(when string) {
	for range h.between(0, 3, when) {
		h.act()
	}
}

func (h *history) act() {
	repositories := h.bitbucket.Repositories()
	if len(repositories) == 0 {
		return
	}
	r := rapid.SampledFrom(repositories).Draw(h.T, "repository")
	var err error
	switch what := h.between(0, 19, "what"); what {
	default:
		h.bitbucket.Advance(what)
	case 10:
		err = h.bitbucket.RenameRepository(r.UUID, fmt.Sprintf("renamed %d", h.between(1, 5, "name")))
	case 11:
		err = h.bitbucket.MoveRepository(r.UUID, rapid.SampledFrom(repositories).Draw(h.T, "as").ProjectKey)
	case 12:
		if len(repositories) > 1 { // the last one's deletion can't be told from a grant that has lost its reach
			h.removed = append(h.removed, r.UUID)
			if err = h.bitbucket.DeleteRepository(r.UUID); err == nil && h.oneIn(2, "made anew") {
				_, err = h.bitbucket.CreateRepository(r.ProjectKey, r.Name)
			}
		}
	case 13:
		_, err = h.bitbucket.CreateRepository(r.ProjectKey, fmt.Sprintf("new %d", h.between(1, 5, "name")))
	case 14:
		if len(h.left) > 0 && h.oneIn(2, "comes back") {
			err = h.bitbucket.ReturnMember(h.left[0])
			h.left = h.left[1:]
			break
		}
		if members := h.bitbucket.Members(); len(members) > 3 {
			m := rapid.SampledFrom(members).Draw(h.T, "member")
			if !m.Administrator {
				h.left = append(h.left, m.UUID)
				err = h.bitbucket.RemoveMember(m.UUID)
			}
		}
	case 15, 16:
		if branches := h.bitbucket.Branches(r.UUID); len(branches) > 0 {
			h.unread = true
			branch := rapid.SampledFrom(branches).Draw(h.T, "branch")
			if what == 15 {
				err = h.bitbucket.ForcePush(r.UUID, branch)
			} else {
				err = h.bitbucket.DeleteBranch(r.UUID, branch)
			}
		}
	case 17, 18:
		if r.PullRequests > 0 {
			err = h.bitbucket.EditTogether(r.UUID, 1, r.PullRequests)
		}
	case 19:
		h.bitbucket.Advance(40)
	}
	_ = err // it was impossible then, and did not happen
}

// goWrong draws what happens, and goes wrong, in the next run.
func (h *history) goWrong() {
	happens := map[int]bool{}
	for range h.between(0, 3, "interleaved") {
		happens[h.between(1, 60, "at request")] = true
	}
	dies := 0
	if h.oneIn(4, "dies at a request") {
		dies = h.between(1, 60, "dies at")
	}
	h.plan = func(request int) {
		if happens[request] {
			h.act()
		}
		if request == dies {
			h.die()
		}
	}
	if h.oneIn(4, "dies at the lake") {
		calls, at, after := 0, h.between(1, 60, "call"), h.oneIn(2, "after")
		count := func(call, _ string) error {
			if h.dead {
				return errDead
			}
			if calls++; calls == at {
				h.die()
				return errDead
			}
			return nil
		}
		alive := func(string, string) error {
			if h.dead {
				return errDead
			}
			return nil
		}
		if h.store.before, h.store.after = count, nil; after {
			h.store.before, h.store.after = alive, count
		}
	}
	for range h.between(0, 2, "faults") {
		h.bitbucket.Fault(h.fault())
	}
}

// fault draws what goes wrong with requests.
func (h *history) fault() bitbuckettest.Fault {
	paths := []string{"", "/2.0/", "/pullrequests?", "/activity", "/tasks", "/comments", "/refs/branches", "/commits", "/pipelines/", "/2.0/repositories/acme?", "/members", "page="}
	for _, r := range h.bitbucket.Repositories() {
		paths = append(paths, strings.NewReplacer("{", "%7B", "}", "%7D").Replace(r.UUID))
	}
	f := bitbuckettest.Fault{Path: rapid.SampledFrom(paths).Draw(h.T, "path"), Nth: h.between(1, 40, "nth"), Times: rapid.SampledFrom([]int{1, 2, 6, -1}).Draw(h.T, "times")}
	switch kind := h.between(0, 11, "fault"); kind {
	case 0, 1, 2, 3, 4, 5, 6:
		f.Status = []int{401, 403, 404, 410, 429, 500, 503}[kind]
		if f.Status == 429 || f.Status == 503 {
			f.Header = http.Header{"Retry-After": {rapid.SampledFrom([]string{"1", "", "soon", "Sat, 01 Jan 2000 00:00:00 GMT"}).Draw(h.T, "retry after")}}
		}
	case 7:
		f.Cut = h.between(1, 400, "bytes")
	case 8:
		f.Drop = true
	case 9:
		f.Hang = true
	case 10:
		f.Status, f.Body = 200, "<html>"
	case 11: // a grant that has lost its reach
		f.Path, f.Times = rapid.SampledFrom([]string{"/2.0/repositories/acme?", "/pullrequests?", "/refs/", "/members", "/projects", "/tasks", "/pipelines/"}).Draw(h.T, "list"), -1
		f.Status, f.Body = 200, `{"pagelen":10,"values":[],"page":1,"size":0}`
	}
	if f.Path == "" && f.Times < 0 { // not all for ever: the token endpoint would say that the grant is revoked
		f.Times = 6
	}
	if f.Path == "" && f.Status/100 == 4 {
		f.Path = "/2.0/"
	}
	return f
}

// die kills the process: neither its requests nor what it writes take effect any more.
func (h *history) die() {
	h.dead = true
	_ = h.running.db.Close()
}

// recover ends what went wrong.
func (h *history) recover() {
	h.dead, h.plan, h.store.before, h.store.after = false, nil, nil, nil
	h.bitbucket.ClearFaults()
}

// compare holds the tables against those of a first sync, and against the ledger.
func (h *history) compare() {
	got := h.tables(h)
	fresh := &lab{truth: truth{bitbucket: h.bitbucket}, transport: h.bitbucket.Transport(), config: h.config}
	fresh.empty(h)
	defer fresh.close()
	fresh.config.quietEvery, fresh.config.snapshotEvery, fresh.config.streams = 0, 0, h.config.streams
	if err := outcome([]workspaceRun{fresh.sync(context.Background(), h)}); err != nil {
		h.Fatalf("a first sync: %v", err)
	}
	want := fresh.tables(h)
	for name := range got {
		table, _ := schemas.Lookup(name)
		if table.Derived {
			delete(got, name)
			delete(want, name)
			continue
		}
		got[name] = slices.DeleteFunc(got[name], func(row string) bool {
			gone := slices.ContainsFunc(h.removed, func(uuid string) bool { return strings.Contains(row, uuid) }) // what was done there, was done
			return gone || h.unread && name == "commits" && !slices.Contains(want[name], row)                     // and so was this
		})
	}
	for name, rows := range want {
		if table, _ := schemas.Lookup(name); table.Derived {
			delete(want, name)
		} else if len(rows) > 0 && got[name] == nil {
			got[name] = nil
		}
	}
	equalTables(h, got, want)
	if len(h.removed) == 0 && !h.unread {
		var except []string
		for _, d := range h.bitbucket.Ledger() {
			if !slices.ContainsFunc(h.family, func(stream string) bool { return features[stream] == d.Feature }) {
				except = append(except, d.Feature)
			}
		}
		h.equalLedger(h, append(except, "stories")...)
	}
	if h.Failed() {
		h.FailNow()
	}
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

var (
	histories = flag.Int("histories", 16, "how many histories TestHistories draws")
	shards    = flag.Int("shards", runtime.GOMAXPROCS(0), "how many are lived side by side")
)

// TestHistories is the proof that nothing is lost and nothing is doubled: it draws a workspace, what happens in it, at
// any request of ours, and what goes wrong, at any request and at any call of the lake; runs end early, die, and are
// followed by others. After runs in which nothing happens and nothing goes wrong the tables are those of a first sync
// into an empty lake, row by row, and the usage tables those of the ledger.
//
// Histories are drawn from a seed, which a failure names: -rapid.seed=N draws the same again.
func TestHistories(t *testing.T) {
	if err := flag.Set("rapid.checks", fmt.Sprint(max(100, *histories))); err != nil { // rapid draws a hundred at least
		t.Fatal(err)
	}
	t.Cleanup(func() { t.Logf("people were asked what changed of theirs %d times", peopleAsked.Load()) })
	for shard := range *shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			n, failed := -1, false
			rapid.Check(t, func(rt *rapid.T) {
				if n++; (n >= *histories || n%*shards != shard) && !failed { // another shard lives it: a seed is the same for all
					return
				}
				ok := false
				defer func() { failed = failed || !ok }()
				bubble(t, func() { newHistory(rt).live() })
				ok = true
			})
		})
	}
}

// peopleAsked counts how often somebody was asked about.
var peopleAsked atomic.Int64

// bubble runs what rapid checks in a bubble of its own. What ends it early, ends it outside.
func bubble(t *testing.T, check func()) {
	var ended any
	synctest.Test(t, func(*testing.T) {
		defer func() { ended = recover() }()
		check()
	})
	if fmt.Sprintf("%T", ended) == "rapid.invalidData" { // in a place of its own: by its place rapid knows a failure again
		panic(ended)
	}
	if ended != nil {
		panic(ended)
	}
}

// families are streams that hang together. A history reads one, so that there is time for many.
var families = [][]string{
	{"workspaces", "members", "projects", "repositories"},
	{"repositories", "pull_requests"}, // where no activity bears witness
	{"repositories", "pull_requests", "pull_request_activity", "pull_request_tasks", "pull_request_comments"},
	{"repositories", "pull_requests", "pull_request_activity", "pull_request_tasks", "pull_request_comments", "pull_request_sizes"},
	{"repositories", "branches", "commits", "tags"},
	{"repositories", "pipelines", "pipeline_steps", "deployments", "environments"},
	{"repositories", "downloads", "snippets", "webhooks", "workspace_webhooks", "branch_restrictions", "default_reviewers", "workspace_permissions", "repository_permissions"},
}

// told names, by feature, the stream without which its usage is not told, or not all of it.
var told = map[string]string{
	"pull_requests": "pull_request_activity", "reviews": "pull_request_activity", "tasks": "pull_request_tasks", "comments": "pull_request_comments",
	"code": "commits", "tags": "tags", "pipelines": "pipelines", "deployments": "deployments", "downloads": "downloads", "snippets": "snippets",
}

// history is one life of a workspace and of the lake that follows it.
type history struct {
	*rapid.T
	*lab
	family   []string
	removed  []string        // uuids of repositories that are no more
	left     []string        // uuids of members without a seat
	returned []string        // those who got it back in this run
	landed   map[string]bool // with the last run: inTables
	unread   bool            // commits or branches are nowhere any more that were seen, or could have been
	requests int             // of this run
	paging   []paged         // what happens when a further page is asked for
	soon     bool            // what Bitbucket shows a sign of is to be there before anything is read without one
	timely   bool            // what happens, happens now, and not soon after what happened before
	few      bool            // people, for so many repositories that they are asked what changed
	dead     bool            // the process: nothing of it takes effect any more
}

// inActivity are the actions that the activity of a repository tells of.
var inActivity = []bitbuckettest.Action{bitbuckettest.Edited, bitbuckettest.Commented, bitbuckettest.Approved, bitbuckettest.ChangesRequested}

func newHistory(rt *rapid.T) *history {
	h := &history{T: rt, family: rapid.SampledFrom(families).Draw(rt, "family")}
	h.soon = slices.Contains(h.family, "pull_request_activity") && h.oneIn(3, "soon")
	h.timely = h.soon || h.oneIn(3, "timely") // the activity is believed as far as the clocks agree
	still := map[bool][]bitbuckettest.Action{}
	for _, a := range []bitbuckettest.Action{
		bitbuckettest.Edited, bitbuckettest.Commented, bitbuckettest.CommentDeleted, bitbuckettest.CommentResolved, bitbuckettest.Approved,
		bitbuckettest.ChangesRequested, bitbuckettest.TaskCreated, bitbuckettest.TaskResolved, bitbuckettest.TaskReopened, bitbuckettest.TaskDeleted,
	} {
		s := rapid.Bool().Draw(rt, "still "+string(a)) && (!h.soon || slices.Contains(inActivity, a))
		still[s] = append(still[s], a)
	}
	scale := bitbuckettest.Scale{
		Members: rapid.IntRange(4, 8).Draw(rt, "members"), Repositories: rapid.IntRange(1, 4).Draw(rt, "repositories"),
		PullRequests: rapid.IntRange(1, 9).Draw(rt, "pull requests"), Months: 1,
	}
	if h.soon || slices.Contains(h.family, "pull_requests") && h.oneIn(2, "many") { // several are open in one repository: the newest is read again in each run, sign or not
		scale.Repositories, scale.PullRequests = rapid.IntRange(1, 2).Draw(rt, "few repositories"), rapid.IntRange(5, 12).Draw(rt, "many pull requests")
	}
	if h.few = slices.Contains(h.family, "pull_requests") && h.oneIn(3, "few people"); h.few {
		scale.Members, scale.Repositories, scale.PullRequests = 6, rapid.IntRange(6, 10).Draw(rt, "several repositories"), rapid.IntRange(15, 25).Draw(rt, "several pull requests")
	}
	h.lab = newLab(rt, bitbuckettest.Options{
		Seed: rapid.Uint64Range(1, 1000).Draw(rt, "seed"), End: time.Now().Add(-time.Duration(rapid.IntRange(-1, 50).Draw(rt, "hours ago")) * time.Hour),
		Scale: scale,
		Still: still[true], StillWhileOpen: true, // what happens to a closed one and moves nothing is not looked for
		PageLimit: rapid.IntRange(1, 6).Draw(rt, "page"), SortLimit: rapid.SampledFrom([]int{2, 1000}).Draw(rt, "sort limit"),
		TokenLife: rapid.SampledFrom([]time.Duration{0, 3 * time.Minute}).Draw(rt, "token life"),
		Latency:   rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second}).Draw(rt, "latency"),
	})
	h.config.streams = slices.DeleteFunc(extract.Streams(), func(st extract.Stream) bool { return !slices.Contains(h.family, st.Name) })
	if h.few {
		h.config.requestsPerHour = 100_000 // of which a quarter lasts for asking each time
		_ = h.bitbucket.IdleUntil(time.Now())
		for _, r := range h.bitbucket.Repositories() {
			_ = h.bitbucket.EditTogether(r.UUID, r.PullRequests, r.PullRequests) // people speak of it
		}
	}
	h.transport = h.wrap(h.bitbucket.Transport())
	if !h.soon && !h.few && rapid.Bool().Draw(rt, "all in each run") {
		h.config.quietEvery, h.config.snapshotEvery = 0, 0
	} else {
		h.config.quietEvery, h.config.snapshotEvery = 24*time.Hour, 24*time.Hour
	}
	return h
}

// live lives a history to its end, and compares.
func (h *history) live() {
	defer h.close()
	for range h.between(1, 4, "runs") {
		h.happen("before")
		h.goWrong()
		h.full = h.oneIn(12, "full")
		_ = h.run()
		switch {
		case h.few:
			time.Sleep(time.Duration(h.between(1, 9, "a few hours")) * time.Hour)
		case h.oneIn(3, "later"):
			time.Sleep(time.Duration(h.between(1, 100, "hours")) * time.Hour)
		}
	}
	h.rest()
	h.compare()
}

// rest has the runs in which nothing happens. What is read seldom needs its time, and what is not believed at once a
// second run.
func (h *history) rest() {
	pause := 31 * 24 * time.Hour // beyond every bound: a round of all that is open takes two
	switch {
	case h.soon:
		pause = h.config.quietEvery + time.Hour // each repository is asked, and what is open is not read again
	case h.config.quietEvery > 0 && h.oneIn(2, "now"):
		h.config.quietEvery, h.config.snapshotEvery = 0, 0
	}
	for left := range 3 {
		time.Sleep(pause)
		if err := outcome([]workspaceRun{h.run()}); err != nil && left == 2 {
			h.Fatalf("in the end: %v", err)
		}
	}
}

// run syncs, as well as it goes, and makes sure that nothing is taken for deleted that is there: a later run would find it
// again, but it would be missed until then.
func (h *history) run() workspaceRun {
	landed, there := h.landed, h.there()
	h.requests, h.returned = 0, nil
	run := h.sync(context.Background(), h)
	h.recover()
	h.landed = h.inTables()
	still := h.there()
	for key := range landed {
		if there[key] && still[key] && !h.landed[key] && !slices.Contains(h.returned, key) {
			h.Errorf("%s is taken for deleted, and is there", key)
		}
	}
	return run
}

// inTables are the repositories, branches and members that the tables have, by uuid and name.
func (h *history) inTables() map[string]bool {
	landed := map[string]bool{}
	each(h, h.lake, schemas.Repositories, func(r *schemas.Repository) { landed[r.UUID] = r.DeletedAt.IsZero() })
	each(h, h.lake, schemas.Branches, func(b *schemas.Branch) { landed[b.RepositoryUUID+b.Name] = b.DeletedAt.IsZero() })
	each(h, h.lake, schemas.Members, func(m *schemas.Member) { landed[m.UserUUID] = m.DeletedAt.IsZero() })
	maps.DeleteFunc(landed, func(_ string, live bool) bool { return !live })
	return landed
}

// there are those that Bitbucket has.
func (h *history) there() map[string]bool {
	there := map[string]bool{}
	for _, r := range h.bitbucket.Repositories() {
		there[r.UUID] = true
		for _, branch := range h.bitbucket.Branches(r.UUID) {
			there[r.UUID+branch] = true
		}
	}
	for _, m := range h.bitbucket.Members() {
		there[m.UUID] = true
	}
	return there
}

func (h *history) between(low, high int, what string) int {
	return rapid.IntRange(low, high).Draw(h.T, what)
}
func (h *history) oneIn(n int, what string) bool { return h.between(1, n, what) == 1 }

// wrap has things happen before our requests are answered, and nothing take effect that a dead process asks for.
func (h *history) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if h.dead {
			return nil, errDead
		}
		if strings.HasPrefix(r.URL.Path, "/2.0/workspaces/acme/pullrequests/") {
			peopleAsked.Add(1)
		}
		if h.requests++; h.plan != nil {
			h.plan(h.requests)
		}
		if i := h.paged(r); i >= 0 {
			h.actOn(r.URL.Path, h.paging[i])
			h.paging = slices.Delete(h.paging, i, i+1)
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
		h.act(h.dice())
	}
}

// dice are drawn before they are needed: a request is no place to draw.
type dice []int

func (h *history) dice() *dice {
	d := dice(rapid.SliceOfN(rapid.IntRange(0, 999), 4, 4).Draw(h.T, "dice"))
	return &d
}

// roll returns a number from 0 to n-1.
func (d *dice) roll(n int) int {
	first := (*d)[0]
	*d = (*d)[1:]
	return first % n
}

// act has one thing happen, if it can.
func (h *history) act(d *dice) {
	repositories := h.bitbucket.Repositories()
	if len(repositories) == 0 {
		return
	}
	if h.timely {
		_ = h.bitbucket.IdleUntil(time.Now())
	}
	kinds := 22
	if slices.Contains(h.family, "pull_requests") { // what may leave no trace, more often
		kinds = 32
	}
	what, r := d.roll(kinds), repositories[d.roll(len(repositories))]
	switch what {
	default:
		h.bitbucket.Advance(what)
	case 10:
		_ = h.bitbucket.RenameRepository(r.UUID, fmt.Sprintf("renamed %d", d.roll(5)))
	case 11:
		_ = h.bitbucket.MoveRepository(r.UUID, repositories[d.roll(len(repositories))].ProjectKey)
	case 12:
		if len(repositories) == 1 { // the last one's deletion can't be told from a grant that has lost its reach
			return
		}
		h.removed = append(h.removed, r.UUID)
		if h.bitbucket.DeleteRepository(r.UUID) == nil && d.roll(2) == 0 {
			_, _ = h.bitbucket.CreateRepository(r.ProjectKey, r.Name)
		}
	case 13:
		_, _ = h.bitbucket.CreateRepository(r.ProjectKey, fmt.Sprintf("new %d", d.roll(5)))
	case 14:
		h.seat(d)
	case 15, 16:
		branches := h.bitbucket.Branches(r.UUID)
		if len(branches) == 0 {
			return
		}
		h.unread = true
		if branch := branches[d.roll(len(branches))]; what == 15 {
			_ = h.bitbucket.ForcePush(r.UUID, branch)
		} else {
			_ = h.bitbucket.DeleteBranch(r.UUID, branch)
		}
	case 17, 18:
		_ = h.bitbucket.EditTogether(r.UUID, 1, r.PullRequests)
	case 19:
		h.bitbucket.Advance(40)
	case 20, 22, 23, 24, 25, 26:
		_ = h.bitbucket.ReviewAll(r.UUID)
	case 21, 27, 28, 29, 30, 31:
		_ = h.bitbucket.SettleAll(r.UUID)
	}
}

// paged is what happens when a further page is asked for, of a list with something in its query.
type paged struct {
	of   string
	dice *dice
}

// momentList is in the query of a list of what was updated in one moment, and of no other.
const momentList = "AND+updated_on"

// paged is the index in paging of what happens at a request; negative where nothing does.
func (h *history) paged(r *http.Request) int {
	if !r.URL.Query().Has("page") {
		return -1
	}
	return slices.IndexFunc(h.paging, func(p paged) bool { return strings.Contains(r.URL.RawQuery, p.of) })
}

// actOn has the pull requests of the repository change that is asked for, or something else happen.
func (h *history) actOn(path string, p paged) {
	for _, r := range h.bitbucket.Repositories() {
		if strings.Contains(path, r.UUID) && r.PullRequests > 0 {
			if p.of == momentList { // behind that moment
				_ = h.bitbucket.IdleUntil(time.Now())
			}
			first, last := 1, 1+p.dice.roll(r.PullRequests)
			if p.dice.roll(2) == 0 { // the newest, which come first
				first, last = last, r.PullRequests
			}
			_ = h.bitbucket.EditTogether(r.UUID, first, last)
			return
		}
	}
	h.act(p.dice)
}

// moveMoment has the pull requests of a repository change in one moment, and some of them once more while those of that moment
// are read, and while they are read again, too late to be read with them.
func (h *history) moveMoment() {
	r := h.repository("moment of")
	_ = h.bitbucket.IdleUntil(time.Now())
	_ = h.bitbucket.EditTogether(r.UUID, 1, r.PullRequests)
	time.Sleep(10 * time.Minute)
	h.paging = append([]paged{{momentList, h.dice()}, {momentList, h.dice()}}, h.paging...)
}

// runOn has a pipeline run for some hours, and another one begin and end meanwhile, too late to be read with it.
func (h *history) runOn() {
	r := h.repository("pipelines of")
	for _, takes := range []int{h.between(1, 48, "takes"), 0} {
		_ = h.bitbucket.IdleUntil(time.Now())
		_ = h.bitbucket.Build(r.UUID, time.Duration(takes)*time.Hour)
		time.Sleep(10 * time.Minute)
	}
}

// repository draws one.
func (h *history) repository(what string) bitbuckettest.Repository {
	return rapid.SampledFrom(h.bitbucket.Repositories()).Draw(h.T, what)
}

// seat gives somebody's seat back, or takes one away.
func (h *history) seat(d *dice) {
	if len(h.left) > 0 && d.roll(2) == 0 {
		_ = h.bitbucket.ReturnMember(h.left[0])
		h.returned, h.left = append(h.returned, h.left[0]), h.left[1:]
		return
	}
	members := h.bitbucket.Members()
	if m := members[d.roll(len(members))]; len(members) > 3 && !m.Administrator {
		h.left = append(h.left, m.UUID)
		_ = h.bitbucket.RemoveMember(m.UUID)
	}
}

// goWrong draws what happens, and goes wrong, in the next run.
func (h *history) goWrong() {
	happens := map[int]*dice{}
	for range h.between(0, 3, "interleaved") {
		happens[h.between(1, 60, "at request")] = h.dice()
	}
	for range h.between(0, 2, "between pages") {
		h.paging = append(h.paging, paged{dice: h.dice()})
	}
	if slices.Contains(h.family, "pull_requests") && h.oneIn(3, "a moment moves") {
		h.moveMoment()
	}
	if slices.Contains(h.family, "pipelines") && h.oneIn(3, "one runs on") {
		h.runOn()
	}
	dies := 0
	if h.oneIn(4, "dies at a request") {
		dies = h.between(1, 60, "dies at")
	}
	h.plan = func(request int) {
		if d := happens[request]; d != nil {
			h.act(d)
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
	everywhere := false
	for range h.between(0, 2, "faults") {
		f := h.fault()
		if f.Path == "" { // two, one after the other, would outlive all attempts of a refresh
			if everywhere {
				f.Path = "/2.0/"
			}
			everywhere = true
		}
		if f.Path == lists && h.oneIn(3, "and hides") { // a repository
			r := h.repository("hides")
			h.bitbucket.Fault(bitbuckettest.Fault{Path: "/acme/" + escaped(r.UUID), Times: -1, Status: 404})
		}
		h.bitbucket.Fault(f)
		if f.Path == lists && h.oneIn(2, "and refuses") { // whatever is no list
			h.bitbucket.Fault(bitbuckettest.Fault{Path: "/2.0/", Nth: f.Nth, Times: -1, Status: rapid.SampledFrom([]int{403, 404}).Draw(h.T, "refuses")})
		}
	}
}

func escaped(uuid string) string { return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(uuid) }

// lists is in the address of all lists, and of nothing else.
const lists = "pagelen="

// fault draws what goes wrong with requests.
func (h *history) fault() bitbuckettest.Fault {
	paths := []string{"", "/2.0/", "/pullrequests?", "/workspaces/acme/pullrequests/", "/activity", "/tasks", "/comments", "/refs/branches", "/commits", "/pipelines/", "/2.0/repositories/acme?", "/members", "page="}
	for _, r := range h.bitbucket.Repositories() {
		paths = append(paths, escaped(r.UUID))
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
	case 11: // a grant that has lost its reach: all lists are empty
		f.Path, f.Times = lists, -1
		f.Status, f.Body = 200, `{"pagelen":10,"values":[],"page":1,"size":0}`
	}
	if f.Path == "" && f.Times < 0 { // not all for ever: the token endpoint would say that the grant is revoked
		f.Times = 6
	}
	if f.Path == "" && f.Status/100 == 4 {
		f.Path = "/2.0/"
	}
	hides := strings.HasPrefix(f.Path, "%7B") && f.Times < 0 // a repository, with all that hangs on it
	if f.Status/100 == 4 && f.Status != 401 && f.Status != 429 && !hides && slices.ContainsFunc([]string{"pipeline_steps", "pull_request_sizes"}, func(s string) bool { return slices.Contains(h.family, s) }) {
		f.Path = rapid.SampledFrom([]string{"/pullrequests?", "/pipelines/?"}).Draw(h.T, "list") // there, a refusal says that there is nothing
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
	h.dead, h.plan, h.paging, h.store.before, h.store.after = false, nil, nil, nil, nil
	h.bitbucket.ClearFaults()
}

// compare holds the tables against those of a first sync, and against the ledger.
func (h *history) compare() {
	got := h.tables(h)
	fresh := &lab{truth: truth{bitbucket: h.bitbucket}, transport: h.bitbucket.Transport(), config: h.config}
	fresh.empty(h)
	defer fresh.close()
	fresh.config.streams = h.config.streams
	if err := outcome([]workspaceRun{fresh.sync(context.Background(), h)}); err != nil {
		h.Fatalf("a first sync: %v", err)
	}
	want := fresh.tables(h)
	for name := range got {
		if !h.compares(name) {
			delete(got, name)
			delete(want, name)
			continue
		}
		got[name] = slices.DeleteFunc(got[name], func(row string) bool {
			known := slices.Contains(want[name], row)                                                                       // as a fork of one that is no more is
			gone := !known && slices.ContainsFunc(h.removed, func(uuid string) bool { return strings.Contains(row, uuid) }) // what was done there, was done
			switch name {
			case "commits", "commit_identities", "story_links": // and so was what is nowhere any more
				return gone || !known && (h.unread || len(h.removed) > 0 && name == "commit_identities")
			case "pull_request_comments": // where none is left, those that were deleted are not asked for any more
				return gone || !known && strings.Contains(row, `"IsDeleted":true`)
			}
			return gone
		})
	}
	for name, rows := range want {
		if !h.compares(name) {
			delete(want, name)
		} else if len(rows) > 0 && got[name] == nil {
			got[name] = nil
		}
	}
	equalTables(h, got, want)
	if len(h.removed) == 0 && !h.unread && !h.soon {
		var except []string
		for _, d := range h.bitbucket.Ledger() {
			if !slices.Contains(h.family, told[d.Feature]) {
				except = append(except, d.Feature)
			}
		}
		h.equalLedger(h, append(except, "stories")...)
	}
	if h.Failed() {
		h.FailNow()
	}
}

// compares tells whether all of a table is to be there. What is derived is held against the ledger.
func (h *history) compares(name string) bool {
	table, _ := schemas.Lookup(name)
	return !table.Derived && (!h.soon || slices.Contains([]string{"pull_requests", "pull_request_activity", "pull_request_participants"}, name))
}

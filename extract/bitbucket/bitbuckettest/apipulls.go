package bitbuckettest

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

var states = []string{"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}

// pullFields is what pull requests can be filtered and sorted by; closed_on makes Bitbucket break down (BCLOUD-22709).
var pullFields = fieldSet[*pullRequest]{
	"id":          {int64(0), func(p *pullRequest) any { return int64(p.id) }},
	"title":       {"", func(p *pullRequest) any { return p.title }},
	"state":       {"", func(p *pullRequest) any { return p.state }},
	"created_on":  {time.Time{}, func(p *pullRequest) any { return p.created }},
	"updated_on":  {time.Time{}, func(p *pullRequest) any { return p.updated }},
	"author.uuid": {"", func(p *pullRequest) any { return uuidOf(p.author) }},
	"closed_on":   {},
}

func uuidOf(a *account) any {
	if a == nil || a.deleted {
		return nil
	}
	return a.uuid
}

// wantedStates reads the state parameter, which may be repeated; without it only open ones are listed. Assumed: a q that names state takes the place of
// that default, while beside the parameter it narrows further; a state that there isn't (ALL too) is refused.
func wantedStates(query url.Values) ([]string, *answer) {
	wanted := query["state"]
	for _, s := range wanted {
		if !slices.Contains(states, s) {
			return nil, badRequest("Invalid state: " + s)
		}
	}
	if len(wanted) > 0 {
		return wanted, nil
	}
	if text := query.Get("q"); text != "" {
		_, named, err := parseQuery(text, pullFields)
		if err != nil {
			var a *answer
			errors.As(err, &a)
			return nil, a
		}
		if len(named["state"]) > 0 {
			return states, nil
		}
	}
	return []string{"OPEN"}, nil
}

func (q *request) servePullRequests() (*answer, error) { return q.pullRequests(q.repo.pulls) }

// servePullRequestsOf lists what somebody has opened in any repository, the account named by uuid or Atlassian id. Assumed: it is
// listed as that of a repository, the newest first and no longer a page, and breaks down as that does; and who has left is known.
func (q *request) servePullRequestsOf() (*answer, error) {
	name := q.vars["{selected_user}"]
	i := slices.IndexFunc(q.world.accounts, func(a *account) bool { return !a.deleted && (a.uuid == name || a.accountID == name) })
	if i < 0 {
		return nil, notFound("No such user: " + name)
	}
	var pulls []*pullRequest
	if q.generated() {
		for _, r := range q.world.repos {
			for _, p := range r.pulls {
				if p.author == q.world.accounts[i] {
					pulls = append(pulls, p)
				}
			}
		}
	}
	slices.SortStableFunc(pulls, func(a, b *pullRequest) int { return a.created.Compare(b.created) })
	return q.pullRequests(pulls)
}

// pullRequests lists by default the newest first, as recorded. To sort many while asking for all four states is more than
// Bitbucket can do: it answers 500, each time.
func (q *request) pullRequests(pulls []*pullRequest) (*answer, error) {
	wanted, problem := wantedStates(q.query)
	if problem != nil {
		return nil, problem
	}
	var rows []*pullRequest
	for _, p := range pulls {
		if slices.Contains(wanted, p.state) {
			rows = append(rows, p)
		}
	}
	rows, err := filter(rows, q.query, pullFields)
	if err != nil {
		return nil, err
	}
	sorted := q.query.Get("sort") != ""
	if sorted && allStates(wanted, q.query) && len(pulls) > q.options.SortLimit {
		return nil, somethingWrong()
	}
	return listing[*pullRequest]{rows: rows, backwards: !sorted, most: 50, request: q, show: func(p *pullRequest) object { return q.pullRequest(p, false) }}.page(), nil
}

// allStates tells whether the request is for all four states. Assumed: those that q names count as well as the parameter.
func allStates(wanted []string, query url.Values) bool {
	if len(query["state"]) == 0 {
		wanted = nil
		if text := query.Get("q"); strings.Contains(text, "state") {
			if _, named, err := parseQuery(text, pullFields); err == nil {
				wanted = named["state"]
			}
		}
	}
	for _, s := range states {
		if !slices.Contains(wanted, s) {
			return false
		}
	}
	return true
}

func (q *request) servePullRequest() (*answer, error) { return q.detail(q.pullRequest(q.pull, true)) }

// taskFields is what tasks can be filtered and sorted by; that they can is published, which fields is assumed.
var taskFields = fieldSet[*task]{
	"id":         {int64(0), func(t *task) any { return t.id }},
	"created_on": {time.Time{}, func(t *task) any { return t.created }},
	"updated_on": {time.Time{}, func(t *task) any { return t.updated }},
	"state": {"", func(t *task) any {
		if t.resolvedOn.IsZero() {
			return "UNRESOLVED"
		}
		return "RESOLVED"
	}},
}

func (q *request) serveTasks() (*answer, error) {
	rows, err := filter(q.pull.tasks, q.query, taskFields)
	if err != nil {
		return nil, err
	}
	return listing[*task]{rows: rows, most: 100, request: q, show: func(t *task) object { return q.task(q.pull, t) }}.page(), nil
}

// serveActivity lists the newest first. It ignores q and sort (BCLOUD-21067, "Won't Fix"), and doesn't count.
func (q *request) serveActivity() (*answer, error) {
	return listing[*entry]{rows: q.repo.activity, backwards: true, most: 50, noSize: true, request: q, show: q.entry}.page(), nil
}

package extract

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// A Forecast says what the first reading of a workspace takes, by what a few repositories tell of all.
type Forecast struct {
	Repositories int
	Sampled      int     // repositories that were asked
	Changing     float64 // repositories that change in an hour of a working day
	Open         float64 // repositories with an open pull request
	Error        float64 // standard error of the requests of all streams together
	Streams      []StreamForecast
}

// StreamForecast is what is to be expected of one stream. Rows is negative where nobody knows.
type StreamForecast struct {
	Stream         string
	Requests, Rows float64
}

// Requests is the sum of all streams.
func (f Forecast) Requests() (sum float64) {
	for _, s := range f.Streams {
		sum += s.Requests
	}
	return sum
}

const (
	// perWhole is how many requests a repository costs that is asked for more than its pull requests: for activity, commits and
	// pipelines.
	perWhole = 3
	// tasked is how many pull requests are asked for their tasks.
	tasked = 10
	// census is the share of the repositories that are asked that goes to those that changed last: few repositories have most
	// of the pull requests.
	census = 0.35
	// wholly is the share of the requests that goes to what is asked beside the pull requests.
	wholly = 0.3
)

// Predict asks for so many requests at most, and says what the first reading of the streams takes.
//
// Repositories are taken by the rank of their updated_on: the first ranks all, the rest in strata of doubling size, of
// each as many, drawn at random. They are asked for their pull requests, a request each, on which most of the cost
// hangs, and by which repositories differ most; some of them for the rest, too. What a stratum's sample costs, on average,
// each repository of the stratum is taken to cost.
func Predict(ctx context.Context, src Source, streams []Stream, most int, seed uint64) (Forecast, error) {
	p := predictor{
		src: src, streams: map[string]bool{}, cost: map[string]float64{}, rows: map[string]float64{},
		dice: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // the same repositories again are wanted
	}
	for _, st := range streams {
		p.streams[st.Name] = true
	}
	if err := p.workspace(ctx); err != nil {
		return Forecast{}, err
	}
	for _, s := range strataOf(p.repositories, max(most-len(workspaceLists)-tasked, leastSampled)) {
		if err := p.stratum(ctx, s); err != nil {
			return Forecast{}, err
		}
	}
	p.add(PullRequestTasks.Name, 1, 0, p.all*p.tasks/max(1, p.asked))
	f := Forecast{Repositories: p.repositories, Sampled: p.sampled, Changing: p.changing, Open: p.open, Error: math.Sqrt(p.variance)}
	for _, st := range streams {
		rows, known := p.rows[st.Name]
		if !known {
			rows = -1
		}
		f.Streams = append(f.Streams, StreamForecast{st.Name, p.cost[st.Name], rows})
	}
	return f, nil
}

// predictor gathers the numbers.
type predictor struct {
	src     Source
	dice    *rand.Rand
	streams map[string]bool // that are to be read

	page struct { // of the list of repositories, the last one
		number int
		values []bitbucket.Repository
	}

	repositories int
	changing     float64
	open         float64
	sampled      int
	cost, rows   map[string]float64
	variance     float64 // of the cost

	// Whole feeds tell how many entries a pull request has, and that tells the length of those that are too long.
	pulls, entries float64
	// The list of pull requests tells of open tasks only.
	all          float64 // pull requests
	asked, tasks float64 // those that were asked for tasks, and these
}

// workspaceLists are the lists of the workspace that count themselves.
var workspaceLists = []struct{ stream, path string }{
	{"members", "/workspaces/%s/members"},
	{"projects", "/workspaces/%s/projects"},
	{"repositories", "/repositories/%s"},
	{"snippets", "/snippets/%s"},
	{"workspace_permissions", "/workspaces/%s/permissions"},
	{"repository_permissions", "/workspaces/%s/permissions/repositories"},
}

// shortLists are those below repositories of which there mostly is a page.
var shortLists = []string{
	"branches", "tags", "deployments", "environments", "downloads", "webhooks", "branch_restrictions", "default_reviewers",
}

func (p *predictor) workspace(ctx context.Context) error {
	p.add("workspaces", 1, 1, 1)
	for _, issues := range []string{"issues", "issue_comments", "issue_changes"} { // the answer is that they are gone
		p.add(issues, 1, 1, 0)
	}
	p.add("workspace_webhooks", 1, 1, -1)
	for _, l := range workspaceLists {
		n, err := p.size(ctx, bitbucket.Path(l.path, p.src.Workspace), nil)
		if err != nil {
			return err
		}
		if l.stream == RepositoryPermissions.Name && n > MostRepositoryPermissions {
			p.add(l.stream, 1, 1, 0)
			continue
		}
		p.add(l.stream, 1, pagesOf(n, longest), n)
		if l.stream == "repositories" {
			p.repositories = int(n)
		}
	}
	return nil
}

// add counts what a stream costs, and its rows where they are known, for so many repositories like this one.
func (p *predictor) add(stream string, times, requests, rows float64) float64 {
	if !p.streams[stream] {
		return 0
	}
	p.cost[stream] += times * requests
	if rows >= 0 {
		p.rows[stream] += times * rows
	}
	return requests
}

// changing tells how many repositories change in an hour of a working day, by those that changed last.
func changing(last []bitbucket.Repository, now time.Time) float64 {
	n, oldest := 0, now
	for _, r := range last {
		if now.Sub(r.UpdatedOn) < 7*recent {
			n, oldest = n+1, r.UpdatedOn
		}
	}
	if n < len(last) { // the list has all of the week
		oldest = now.Add(-7 * recent)
	}
	return float64(n) / max(1, workingHours(oldest, now))
}

// workingHours are the hours of the days from Monday to Friday between two times.
func workingHours(from, to time.Time) (hours float64) {
	for from.Before(to) {
		next := from.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		if Working(from) {
			hours += min(next.Sub(from), to.Sub(from)).Hours()
		}
		from = next
	}
	return hours
}

// Working reports whether a time falls on a day from Monday to Friday.
func Working(t time.Time) bool {
	day := t.UTC().Weekday()
	return day != time.Saturday && day != time.Sunday
}

func (p *predictor) below(r bitbucket.Repository, what string) string {
	return bitbucket.Path("/repositories/%s/%s/", p.src.Workspace, r.UUID) + what
}

// pullRequests asks one repository, that stands for several, for its pull requests: how many there are, and what it costs to
// read them and what hangs on each.
func (p *predictor) pullRequests(ctx context.Context, r bitbucket.Repository, times float64) (n, cost float64, err error) {
	p.sampled++
	pulls, size, err := first[bitbucket.PullRequest](ctx, p, p.below(r, "pullrequests"), mostPullRequests, url.Values{"state": pullRequestStates()})
	if err != nil {
		return 0, 0, err
	}
	n = float64(size)
	cost += p.add("pull_requests", times, stepsOf(n), n)
	cost += p.add("pull_request_sizes", times, 2*n, n) // the answer is a redirect

	if slices.ContainsFunc(pulls, func(pr bitbucket.PullRequest) bool { return pr.State == "OPEN" }) {
		p.open += times
	}
	comments, commented := 0.0, 0.0
	for _, pr := range pulls {
		if comments += float64(pr.CommentCount); pr.CommentCount > 0 {
			commented++
		}
	}
	if len(pulls) > 0 {
		cost += p.add("pull_request_comments", times, n*commented/float64(len(pulls)), n*comments/float64(len(pulls)))
	}
	if len(pulls) > 0 && p.asked < tasked {
		one := pulls[p.dice.IntN(len(pulls))]
		_, tasks, err := first[bitbucket.Task](ctx, p, p.below(r, fmt.Sprintf("pullrequests/%d/tasks", one.ID)), longest, nil)
		if err != nil {
			return 0, 0, err
		}
		p.asked, p.tasks = p.asked+1, p.tasks+float64(tasks)
	}
	p.all += times * n
	return n, cost + p.add("pull_request_tasks", times, n, 0), nil
}

// rest asks one repository, that stands for several, for what does not hang on single pull requests.
func (p *predictor) rest(ctx context.Context, r bitbucket.Repository, pulls, times float64) (cost float64, err error) {
	entries, err := p.activity(ctx, p.below(r, "pullrequests/activity"), pulls)
	if err != nil {
		return 0, err
	}
	cost += p.add("pull_request_activity", times, pagesOf(entries, mostPullRequests), entries)
	commits, err := p.commits(ctx, p.below(r, "commits"), r)
	if err != nil {
		return 0, err
	}
	if r.MainBranch != nil {
		cost += p.add("commits", times, pagesOf(commits, longest), commits)
	}
	pipelines, err := p.size(ctx, p.below(r, "pipelines/"), nil)
	if err != nil {
		return 0, err
	}
	cost += p.add("pipelines", times, pagesOf(pipelines, longest), pipelines)
	cost += p.add("pipeline_steps", times, pipelines, -1)
	for _, stream := range shortLists {
		cost += p.add(stream, times, 1, -1)
	}
	return cost, nil
}

// activity tells how many entries the activity of so many pull requests has: it does not count itself.
func (p *predictor) activity(ctx context.Context, path string, pulls float64) (float64, error) {
	if pulls == 0 {
		return 0, nil
	}
	values, more, err := firstPage[bitbucket.Activity](ctx, p, path, mostPullRequests, nil)
	if err != nil {
		return 0, err
	}
	met := map[int64]bool{}
	for i := range values {
		met[values[i].PullRequest.ID] = true
	}
	n := float64(len(values))
	if !more {
		p.pulls, p.entries = p.pulls+pulls, p.entries+n
		return n, nil
	}
	if p.pulls > mostPullRequests {
		return max(n, pulls*p.entries/p.pulls), nil
	}
	return max(n, pulls*n/float64(max(1, len(met)))), nil
}

// commits tells how many commits a repository has, by how dense the last hundred lie.
func (p *predictor) commits(ctx context.Context, path string, r bitbucket.Repository) (float64, error) {
	if r.MainBranch == nil {
		return 0, nil
	}
	values, more, err := firstPage[bitbucket.LoggedCommit](ctx, p, path, longest, nil)
	n := float64(len(values))
	if err != nil || !more || n == 0 {
		return n, err
	}
	span := values[0].Date.Sub(values[len(values)-1].Date)
	return max(n, n*float64(values[0].Date.Sub(r.CreatedOn))/float64(max(span, time.Hour))), nil
}

// size asks how many rows a list has. One that is refused, or does not count itself, has none.
func (p *predictor) size(ctx context.Context, path string, query url.Values) (float64, error) {
	_, n, err := first[bitbucket.Ref](ctx, p, path, 1, query)
	return float64(n), err
}

// first reads the first page of a list, and how many rows it has.
func first[T any](ctx context.Context, p *predictor, path string, pagelen int, query url.Values) ([]T, int, error) {
	for page, err := range bitbucket.Pages[T](ctx, p.src.Client, path, pagelen, query) {
		if err = forgiven(err); err != nil {
			return nil, 0, err
		}
		n := len(page.Values)
		if page.Size != nil {
			n = *page.Size
		}
		return page.Values, n, nil
	}
	return nil, 0, nil
}

// firstPage reads the first page of a list, and whether there are more.
func firstPage[T any](ctx context.Context, p *predictor, path string, pagelen int, query url.Values) ([]T, bool, error) {
	for page, err := range bitbucket.Pages[T](ctx, p.src.Client, path, pagelen, query) {
		return page.Values, page.Next != "", forgiven(err)
	}
	return nil, false, nil
}

// forgiven passes over what says no more than that one list is not shown: it costs its request, and has no rows.
func forgiven(err error) error {
	if leftBehind(err) || bitbucket.IsStatus(err, http.StatusInternalServerError, http.StatusBadRequest) {
		return nil
	}
	var e *bitbucket.Error
	if errors.As(err, &e) && len(e.Scopes) > 0 {
		return nil
	}
	return err
}

// pagesOf is how many pages rows take: one at least.
func pagesOf(rows float64, pagelen float64) float64 { return max(1, math.Ceil(rows/pagelen)) }

// stepsOf is how many pages pull requests take: each step begins with the last one of the step before.
func stepsOf(rows float64) float64 {
	if rows <= mostPullRequests {
		return 1
	}
	return 1 + math.Ceil((rows-mostPullRequests)/(mostPullRequests-1))
}

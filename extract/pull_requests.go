package extract

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bucketlake/extract/bitbucket"
)

// PullRequests reads the pull requests of each repository, in all their states, by updated_on: the newest first, what
// changed since then in each look, and what is older from there back.
//
// What changes without moving updated_on is found by what the activity says (see PullRequestActivity), and where that
// says nothing, by reading the open ones again from time to time.
var PullRequests = Stream{
	Name: "pull_requests", Scopes: []string{"pullrequest"},
	Reader: perRepository[pullRequestMark, *pullRequestMark]{pace: lively, look: lookAtPullRequests, back: pastPullRequests, of: pullRequestsOf},
}

// pullRequestMark is how far one repository's pull requests have been read.
type pullRequestMark struct {
	visit
	span

	// States is there once the repository had to be read one state at a time: a span for each
	// state, because a pull request that changes state between two of the readings stands in neither,
	// and would lie before a common mark for ever.
	States map[string]*span `json:"states,omitempty"`

	// Opened is when the open ones were last read again, all of them.
	Opened time.Time `json:"opened,omitzero"`
}

// A span is the part of a keyset that has been read: all that was updated from Back to Mark.
type span struct {
	Mark time.Time `json:"mark,omitzero"`
	Back time.Time `json:"back,omitzero"` // zero: from the beginning
}

func (m *pullRequestMark) newest() (mark time.Time) {
	for _, s := range m.spans() {
		mark = later(mark, s.Mark)
	}
	return mark
}

func (m *pullRequestMark) reach() (back time.Time, more bool) {
	for _, s := range m.spans() {
		back = later(back, s.Back)
	}
	return back, !back.IsZero()
}

// spans returns the spans by state; one for all has no name.
func (m *pullRequestMark) spans() map[string]*span {
	if m.States == nil {
		return map[string]*span{"": &m.span}
	}
	return m.States
}

func pullRequestStates() []string { return []string{"OPEN", "MERGED", "DECLINED", "SUPERSEDED"} }

// pullRequests is the pull requests of one repository.
type pullRequests struct {
	src   Source
	repo  bitbucket.Parent
	at    *pullRequestMark
	yield func(Chunk, error) bool
}

func lookAtPullRequests(ctx context.Context, src Source, repo bitbucket.Parent, at *pullRequestMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		p := &pullRequests{src, repo, at, yield}
		first := at.Opened.IsZero() && at.Mark.IsZero() && at.States == nil
		if goOn, err := p.each(ctx, p.news); err != nil || !goOn {
			if err != nil {
				yield(Chunk{}, err)
			}
			return
		}
		switch {
		case first:
			at.Opened = src.Now
		case !src.Now.Before(at.Opened.Add(aWeek * src.Every)):
			p.open(ctx)
		}
	}
}

func pastPullRequests(ctx context.Context, src Source, repo bitbucket.Parent, at *pullRequestMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		p := &pullRequests{src, repo, at, yield}
		if _, err := p.each(ctx, p.past); err != nil {
			yield(Chunk{}, err)
		}
	}
}

// each reads all states together, or each alone where Bitbucket can't.
func (p *pullRequests) each(ctx context.Context, read func(context.Context, keyset[bitbucket.PullRequest], *span) (bool, error)) (goOn bool, err error) {
	if p.at.States == nil {
		together := p.list(pullRequestStates()...)
		goOn, err := read(ctx, together, &p.at.span)
		broken := bitbucket.IsStatus(err, http.StatusInternalServerError) && p.single(ctx)
		if broken {
			// Bitbucket lists one state and not four: as it does, every time, where it has to sort
			// the four states of a large repository. Or it was a passing fault.
			goOn, err = read(ctx, together, &p.at.span)
			broken = bitbucket.IsStatus(err, http.StatusInternalServerError)
		}
		if !broken {
			return goOn, err
		}
		p.at.States = map[string]*span{}
		for _, state := range pullRequestStates() {
			s := p.at.span
			p.at.States[state] = &s
		}
		p.at.span = span{}
	}
	for _, state := range pullRequestStates() {
		s := p.at.States[state]
		if s == nil {
			s = &span{}
			p.at.States[state] = s
		}
		if goOn, err = read(ctx, p.list(state), s); err != nil || !goOn {
			return goOn, err
		}
	}
	return true, nil
}

func (p *pullRequests) path() string {
	return bitbucket.Path("/repositories/%s/%s/pullrequests", p.repo.Workspace, p.repo.Repository)
}

func (p *pullRequests) list(states ...string) keyset[bitbucket.PullRequest] {
	return keyset[bitbucket.PullRequest]{
		client: p.src.Client, path: p.path(), pagelen: mostPullRequests, query: url.Values{"state": states},
		updated: func(pr bitbucket.PullRequest) time.Time { return pr.UpdatedOn },
		id:      func(pr bitbucket.PullRequest) string { return fmt.Sprint(pr.ID) },
	}
}

// mostPullRequests is the longest page of pull requests: more are refused.
const mostPullRequests = 50

// news reads what changed; the first time, the newest page.
func (p *pullRequests) news(ctx context.Context, list keyset[bitbucket.PullRequest], s *span) (goOn bool, err error) {
	if s.Mark.IsZero() {
		return p.past(ctx, list, s)
	}
	for r, err := range list.since(ctx, s.Mark) {
		if err != nil {
			return false, p.failed(err)
		}
		s.Mark = r.mark
		if !p.yield(Chunk{Objects: anys(r.values), Empty: r.empty}, nil) {
			return false, nil
		}
	}
	return true, nil
}

// past reads one step of what is older than the span, unless there is no more.
func (p *pullRequests) past(ctx context.Context, list keyset[bitbucket.PullRequest], s *span) (goOn bool, err error) {
	if !s.Mark.IsZero() && s.Back.IsZero() {
		return true, nil
	}
	r, err := list.until(ctx, s.Back)
	if err != nil {
		return false, p.failed(err)
	}
	if s.Mark.IsZero() && len(r.values) > 0 {
		s.Mark = r.values[0].UpdatedOn
	}
	if s.Back = r.mark; !r.more {
		s.Back = time.Time{}
	}
	return p.yield(Chunk{Objects: anys(r.values), Empty: r.empty}, nil), nil
}

// open reads all open ones again. What it misses while they change is read by its updated_on.
func (p *pullRequests) open(ctx context.Context) {
	for page, err := range bitbucket.Pages[bitbucket.PullRequest](ctx, p.src.Client, p.path(), mostPullRequests, url.Values{"state": {"OPEN"}}) {
		if err != nil {
			p.yield(Chunk{}, p.failed(err))
			return
		}
		if page.Next == "" {
			p.at.Opened = p.src.Now
		}
		if !p.yield(Chunk{Objects: anys(page.Values)}, nil) {
			return
		}
	}
}

func (p *pullRequests) failed(err error) error {
	return fmt.Errorf("listing pull requests of %s: %w", p.repo.Repository, err)
}

// single reports whether Bitbucket lists the pull requests of a repository that are in one state.
func (p *pullRequests) single(ctx context.Context) bool {
	for _, err := range bitbucket.Pages[bitbucket.PullRequest](ctx, p.src.Client, p.path(), 1, url.Values{"state": {"OPEN"}}) {
		return err == nil
	}
	return false
}

// pullRequestsOf lists the pull requests that somebody opened in any repository of the workspace.
func pullRequestsOf(ctx context.Context, src Source, author string, since time.Time) (rows[bitbucket.Authored], error) {
	list := keyset[bitbucket.Authored]{
		client: src.Client, path: bitbucket.Path("/workspaces/%s/pullrequests/%s", src.Workspace, author), pagelen: mostPullRequests,
		query: url.Values{"state": pullRequestStates()}, updated: func(pr bitbucket.Authored) time.Time { return pr.UpdatedOn },
	}
	return list.newest(ctx, since)
}

// pullRequestsByID reads some pull requests of a repository.
func pullRequestsByID(ctx context.Context, src Source, repo bitbucket.Parent, ids []int64) ([]any, error) {
	p := &pullRequests{src: src, repo: repo}
	var found []any
	for len(ids) > 0 {
		n := min(mostPullRequests, len(ids))
		var terms []string
		for _, id := range ids[:n] {
			terms = append(terms, fmt.Sprintf("id = %d", id))
		}
		ids = ids[n:]
		query := url.Values{"state": pullRequestStates(), "q": {strings.Join(terms, " OR ")}}
		for page, err := range bitbucket.Pages[bitbucket.PullRequest](ctx, src.Client, p.path(), mostPullRequests, query) {
			if err != nil {
				return nil, p.failed(err)
			}
			found = append(found, anys(page.Values)...)
		}
	}
	return found, nil
}

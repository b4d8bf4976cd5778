package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// mostRefused is how many pull requests of one repository may be refused in a run before the rest of
// the repository waits for the next one.
const mostRefused = 2

// childPosition is how far the stream has followed the changes of the pull requests that landed. It
// counts by the landing's clock: by Bitbucket's updated_on, a pull request that lands late, behind
// one that was updated after it, would be passed over.
type childPosition struct {
	At place `json:"at,omitzero"`

	// Behind holds the repositories whose pull requests were refused, each where it stands.
	Behind map[string]place `json:"behind,omitempty"`

	// Again holds single pull requests that were refused: the others of their repositories go on.
	Again []PullRequestChange `json:"again,omitempty"`
}

// place is a pull request in the order of the changes.
type place struct {
	Changed    time.Time `json:"changed,omitzero"`
	Repository string    `json:"repository,omitempty"`
	ID         int64     `json:"id,omitempty"`
}

func (p place) before(c PullRequestChange) bool {
	if !p.Changed.Equal(c.Changed) {
		return p.Changed.Before(c.Changed)
	}
	if p.Repository != c.Repository {
		return p.Repository < c.Repository
	}
	return p.ID < c.ID
}

// perPullRequest reads what hangs on each pull request that landed with a change, one pull request
// after the other.
func perPullRequest(
	read func(context.Context, Source, PullRequestChange) (Chunk, error),
) func(context.Context, Source, json.RawMessage) iter.Seq2[Chunk, error] {
	return func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			at := childPosition{}
			if err := position(cursor, &at); err != nil {
				yield(Chunk{}, err)
				return
			}
			at.followAll(ctx, src, read, yield)
		}
	}
}

func (p *childPosition) followAll(
	ctx context.Context, src Source, read func(context.Context, Source, PullRequestChange) (Chunk, error), yield func(Chunk, error) bool,
) {
	changes, err := src.PullRequests(ctx, p.start())
	if err != nil {
		yield(Chunk{}, err)
		return
	}
	repositories, err := src.Repositories(ctx)
	if err != nil {
		yield(Chunk{}, err)
		return
	}
	live := func(repository string) bool { return slices.Contains(repositories, repository) }
	failed := 0                 // in a row
	refused := map[string]int{} // changes of a repository, in this run
	inVain := map[string]bool{} // repositories of which one was tried again and is still refused
	again := slices.Clone(p.Again)
	for i, c := range slices.Concat(again, changes) {
		from, behind := p.Behind[c.Repository]
		if !behind {
			from = p.At
		}
		retry := i < len(again)
		if retry && (inVain[c.Repository] || !live(c.Repository)) || !retry && (!from.before(c) || refused[c.Repository] == mostRefused) {
			continue
		}
		chunk, err := read(ctx, src, c)
		if failed++; err == nil || leftBehind(err) {
			failed = 0
		}
		if failed == outage || failed > 0 && !oneAnswer(err) {
			yield(Chunk{}, err)
			return
		}
		chunk.Err = err
		switch {
		case retry && err == nil:
			p.remove(c)
		case retry:
			inVain[c.Repository] = true
			p.remove(c)
			p.Again = append(p.Again, c) // another one's turn next time
		case err == nil:
			p.remove(c)
			p.follow(c, behind)
		default:
			if refused[c.Repository]++; refused[c.Repository] == mostRefused {
				p.leave(c.Repository, from)
				break
			}
			p.remove(c) // it alone, as far as is known
			p.Again = append(p.Again, c)
			p.follow(c, behind)
		}
		chunk.Cursor, chunk.Done, chunk.Total = p, i+1, len(again)+len(changes)
		if !yield(chunk, nil) {
			return
		}
	}
	// Whoever was behind and was not refused has caught up. Where a repository is gone nothing was
	// asked, and nothing is forgotten: it may come back.
	for repo := range p.Behind {
		if refused[repo] < mostRefused && live(repo) {
			delete(p.Behind, repo)
		}
	}
	if len(changes) > 0 {
		yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Cursor: p}, nil)
	}
}

// start returns the time from which changes are needed.
func (p *childPosition) start() time.Time {
	start := p.At.Changed
	for _, b := range p.Behind {
		if b.Changed.Before(start) {
			start = b.Changed
		}
	}
	if start.IsZero() {
		return start
	}
	return start.Add(-time.Millisecond) // the changes of that moment, too: they may not all have been followed
}

// remove forgets that a pull request is to be tried again.
func (p *childPosition) remove(c PullRequestChange) {
	p.Again = slices.DeleteFunc(p.Again, func(a PullRequestChange) bool { return a.Repository == c.Repository && a.ID == c.ID })
}

func (p *childPosition) leave(repository string, from place) {
	if p.Behind == nil {
		p.Behind = map[string]place{}
	}
	p.Behind[repository] = from
}

func (p *childPosition) follow(c PullRequestChange, behind bool) {
	here := place{c.Changed, c.Repository, c.ID}
	if behind {
		p.Behind[c.Repository] = here
	}
	if p.At.before(c) {
		p.At = here
	}
}

// childrenOf reads all that hangs on one pull request, so that what was deleted can be told.
func childrenOf[T any](ctx context.Context, src Source, c PullRequestChange, what string, id func(T) string) (Chunk, error) {
	chunk := Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace, Repository: c.Repository, PullRequest: c.ID, CreatedOn: c.CreatedOn}}
	path := bitbucket.Path("/repositories/%s/%s/pullrequests/%s/"+what, src.Workspace, c.Repository, fmt.Sprint(c.ID))
	values, complete, err := entire(ctx, src.Client, path, 100, id)
	if err != nil {
		return chunk, fmt.Errorf("listing %s of pull request %d of %s: %w", what, c.ID, c.Repository, err)
	}
	chunk.Objects, chunk.Complete = anys(values), complete
	return chunk, nil
}

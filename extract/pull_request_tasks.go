package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"bucketlake/extract/bitbucket"
)

// PullRequestTasks reads the tasks of each pull request that changed. No list of a whole repository
// has them, and a pull request counts only its open ones, so every changed pull request is asked.
var PullRequestTasks = Stream{
	Name: "pull_request_tasks", Scopes: []string{"pullrequest"},
	Read: readPullRequestTasks,
}

// taskPosition is how far the stream has followed the changes of the pull requests that landed. It
// counts by the landing's clock: by Bitbucket's updated_on, a pull request that lands late, behind
// one that was updated after it, would be passed over.
type taskPosition struct {
	At place `json:"at,omitzero"`

	// Behind holds the repositories whose pull requests were refused, each where it stands.
	Behind map[string]place `json:"behind,omitempty"`
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

func readPullRequestTasks(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		at := taskPosition{}
		if err := position(cursor, &at); err != nil {
			yield(Chunk{}, err)
			return
		}
		changes, err := src.PullRequests(ctx, at.start())
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		refused := map[string]bool{} // in this run
		for i, c := range changes {
			from, behind := at.Behind[c.Repository]
			if !behind {
				from = at.At
			}
			if !from.before(c) || refused[c.Repository] {
				continue
			}
			chunk, err := readTasks(ctx, src, c)
			switch {
			case err != nil && !leftBehind(err):
				yield(Chunk{}, err)
				return
			case err != nil:
				refused[c.Repository] = true
				chunk.Err = err
				at.leave(c.Repository, from)
			default:
				at.follow(c, behind)
			}
			chunk.Cursor, chunk.Done, chunk.Total = &at, i+1, len(changes)
			if !yield(chunk, nil) {
				return
			}
		}
		// Whoever was behind and was not refused has caught up.
		for repo := range at.Behind {
			if !refused[repo] {
				delete(at.Behind, repo)
			}
		}
		if len(changes) > 0 {
			yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Cursor: &at}, nil)
		}
	}
}

// start returns the time from which changes are needed.
func (p *taskPosition) start() time.Time {
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

func (p *taskPosition) leave(repository string, from place) {
	if p.Behind == nil {
		p.Behind = map[string]place{}
	}
	p.Behind[repository] = from
}

func (p *taskPosition) follow(c PullRequestChange, behind bool) {
	here := place{c.Changed, c.Repository, c.ID}
	if behind {
		p.Behind[c.Repository] = here
	}
	if p.At.before(c) {
		p.At = here
	}
}

// readTasks reads all tasks of one pull request, so that a deleted one can be told.
func readTasks(ctx context.Context, src Source, c PullRequestChange) (Chunk, error) {
	chunk := Chunk{
		Parent:   bitbucket.Parent{Workspace: src.Workspace, Repository: c.Repository, PullRequest: c.ID, CreatedOn: c.CreatedOn},
		Complete: true,
	}
	path := bitbucket.Path("/repositories/%s/%s/pullrequests/%s/tasks", src.Workspace, c.Repository, fmt.Sprint(c.ID))
	for page, err := range bitbucket.Pages[bitbucket.Task](ctx, src.Client, path, 100, nil) {
		if err != nil {
			return Chunk{Parent: chunk.Parent}, fmt.Errorf("listing tasks of pull request %d of %s: %w", c.ID, c.Repository, err)
		}
		chunk.Objects = append(chunk.Objects, anys(page.Values)...)
	}
	return chunk, nil
}

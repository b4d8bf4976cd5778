package extract

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"

	"bucketlake/extract/bitbucket"
)

// PullRequests reads the pull requests of each repository, in all their states, by updated_on.
var PullRequests = Stream{
	Name: "pull_requests", Scopes: []string{"pullrequest"},
	Read: perRepository(readPullRequests),
}

// pullRequestMark is how far one repository's pull requests have been read.
type pullRequestMark struct {
	Mark time.Time `json:"mark,omitzero"`

	// States is there once the repository had to be read one state at a time: a mark for each
	// state, because a pull request that changes state between two of the readings stands in neither,
	// and would lie before a common mark for ever.
	States map[string]time.Time `json:"states,omitempty"`
}

func pullRequestStates() []string { return []string{"OPEN", "MERGED", "DECLINED", "SUPERSEDED"} }

func readPullRequests(ctx context.Context, src Source, repo bitbucket.Parent, at *pullRequestMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		read := func(states []string, since time.Time, reach func(time.Time)) (goOn bool, err error) {
			path := bitbucket.Path("/repositories/%s/%s/pullrequests", repo.Workspace, repo.Repository)
			for page, err := range keyset(ctx, src.Client, path, 50, url.Values{"state": states},
				since, func(pr bitbucket.PullRequest) time.Time { return pr.UpdatedOn }) {
				if err != nil {
					return false, fmt.Errorf("listing pull requests of %s: %w", repo.Repository, err)
				}
				reach(page.mark)
				if !yield(Chunk{Objects: anys(page.values)}, nil) {
					return false, nil
				}
			}
			return true, nil
		}
		if at.States == nil {
			together := func() error {
				_, err := read(pullRequestStates(), at.Mark, func(m time.Time) { at.Mark = m })
				return err
			}
			err := together()
			broken := bitbucket.IsStatus(err, http.StatusInternalServerError) && single(ctx, src, repo)
			if broken {
				// Bitbucket lists one state and not four: as it does, every time, where it has to sort
				// the four states of a large repository. Or it was a passing fault.
				err = together()
				broken = bitbucket.IsStatus(err, http.StatusInternalServerError)
			}
			if err != nil && !broken {
				yield(Chunk{}, err)
			}
			if !broken {
				return
			}
			at.States = map[string]time.Time{}
			for _, state := range pullRequestStates() {
				at.States[state] = at.Mark
			}
		}
		for _, state := range pullRequestStates() {
			goOn, err := read([]string{state}, at.States[state], func(m time.Time) { at.States[state] = m })
			if err != nil {
				yield(Chunk{}, err)
			}
			if err != nil || !goOn {
				return
			}
		}
	}
}

// single reports whether Bitbucket lists the pull requests of a repository that are in one state.
func single(ctx context.Context, src Source, repo bitbucket.Parent) bool {
	path := bitbucket.Path("/repositories/%s/%s/pullrequests", repo.Workspace, repo.Repository)
	for _, err := range bitbucket.Pages[bitbucket.PullRequest](ctx, src.Client, path, 1, url.Values{"state": {"OPEN"}}) {
		return err == nil
	}
	return false
}

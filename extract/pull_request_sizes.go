package extract

import (
	"context"
	"fmt"
	"net/http"

	"bucketlake/extract/bitbucket"
)

// PullRequestSizes reads how much each pull request that changed changes itself: two requests each,
// because Bitbucket answers with a redirect.
var PullRequestSizes = Stream{
	Name: "pull_request_sizes", Scopes: []string{"pullrequest"}, OptIn: true,
	Reader: perPullRequest{read: readPullRequestSize},
}

// timedOut is what Bitbucket answers where a difference takes it too long.
const timedOut = 555

func readPullRequestSize(ctx context.Context, src Source, c PullRequestChange) (Chunk, error) {
	chunk := Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace, Repository: c.Repository, PullRequest: c.ID, CreatedOn: c.CreatedOn}}
	path := bitbucket.Path("/repositories/%s/%s/pullrequests/%s/diffstat", src.Workspace, c.Repository, fmt.Sprint(c.ID))
	failed := func(err error) error {
		return fmt.Errorf("reading the size of pull request %d of %s: %w", c.ID, c.Repository, err)
	}
	var size bitbucket.PullRequestSize
	for page, err := range bitbucket.Pages[bitbucket.FileChange](ctx, src.Client, path, 100, nil) {
		switch {
		case bitbucket.IsStatus(err, http.StatusBadRequest, http.StatusNotFound): // no common ancestor, as where a fork is gone; or no commits
			if bitbucket.IsStatus(err, http.StatusNotFound) {
				if err := hidden(ctx, src, c.Repository, err); err != nil {
					return chunk, failed(err)
				}
			}
			chunk.Withheld, chunk.Complete, chunk.Empty = err, true, true
			return chunk, nil
		case bitbucket.IsStatus(err, timedOut): // more than Bitbucket can do
			chunk.Withheld = err
			return chunk, nil
		case err != nil:
			return chunk, failed(err)
		}
		chunk.Empty = len(page.Values) == 0 // so is any page of a grant that has lost its reach, the second as well
		for _, f := range page.Values {
			size.Files++
			size.LinesAdded += f.LinesAdded
			size.LinesRemoved += f.LinesRemoved
		}
	}
	chunk.Objects = []any{size}
	return chunk, nil
}

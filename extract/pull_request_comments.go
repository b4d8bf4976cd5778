package extract

import (
	"context"
	"fmt"

	"bucketlake/extract/bitbucket"
)

// PullRequestComments reads the comments of each pull request that changed: the activity tells that
// somebody wrote one, and not what became of it. A pull request that counts none is not asked.
var PullRequestComments = Stream{
	Name: "pull_request_comments", Scopes: []string{"pullrequest"},
	Reader: perPullRequest{rounds: true, read: func(ctx context.Context, src Source, c PullRequestChange) (Chunk, error) {
		if c.Comments == 0 {
			return Chunk{
				Parent:   bitbucket.Parent{Workspace: src.Workspace, Repository: c.Repository, PullRequest: c.ID, CreatedOn: c.CreatedOn},
				Complete: true,
			}, nil
		}
		return childrenOf(ctx, src, c, "comments", func(t bitbucket.PullRequestComment) string { return fmt.Sprint(t.ID) })
	}},
}

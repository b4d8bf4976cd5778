package extract

import (
	"context"
	"fmt"

	"bucketlake/extract/bitbucket"
)

// PullRequestTasks reads the tasks of each pull request that changed: no list of a whole repository has them. A pull request
// counts its open ones, so one that is open is asked where that count is another than what is known.
var PullRequestTasks = Stream{
	Name: "pull_request_tasks", Scopes: []string{"pullrequest"},
	Reader: perPullRequest{
		rounds: true,
		read: func(ctx context.Context, src Source, c PullRequestChange) (Chunk, error) {
			return childrenOf(ctx, src, c, "tasks", func(t bitbucket.Task) string { return fmt.Sprint(t.ID) })
		},
		open: openTasks,
	},
}

func openTasks(chunk Chunk) (open int64) {
	for _, o := range chunk.Objects {
		if t := o.(bitbucket.Task); t.State == "UNRESOLVED" {
			open++
		}
	}
	return open
}

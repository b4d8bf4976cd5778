package extract

import (
	"context"
	"fmt"

	"bucketlake/extract/bitbucket"
)

// PullRequestTasks reads the tasks of each pull request that changed. No list of a whole repository
// has them, and a pull request counts only its open ones, so every changed pull request is asked.
var PullRequestTasks = Stream{
	Name: "pull_request_tasks", Scopes: []string{"pullrequest"},
	Reader: perPullRequest(true, func(ctx context.Context, src Source, c PullRequestChange) (Chunk, error) {
		return childrenOf(ctx, src, c, "tasks", func(t bitbucket.Task) string { return fmt.Sprint(t.ID) })
	}),
}

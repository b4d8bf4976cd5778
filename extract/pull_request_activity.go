package extract

import (
	"context"
	"fmt"
	"iter"
	"time"

	"bucketlake/extract/bitbucket"
)

// PullRequestActivity reads what happened to the pull requests of each repository, newest first,
// down to what was read before: the feed can be neither filtered nor sorted.
var PullRequestActivity = Stream{
	Name: "pull_request_activity", Scopes: []string{"pullrequest"},
	Read: perRepository(readPullRequestActivity),
}

func readPullRequestActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *feedMark) iter.Seq2[Chunk, error] {
	f := feed[bitbucket.Activity]{
		path: bitbucket.Path("/repositories/%s/%s/pullrequests/activity", repo.Workspace, repo.Repository), pagelen: 50,
		when: func(a *bitbucket.Activity) time.Time { return a.When() }, at: at,
	}
	return func(yield func(Chunk, error) bool) {
		if _, err := f.read(ctx, src.Client, yield); err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

package extract

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// PullRequestActivity reads what happened to the pull requests of each repository, newest first,
// down to what was read before: the feed can be neither filtered nor sorted.
//
// It is the witness of what did not move a pull request's updated_on: Bitbucket does not say which acts do. A pull
// request to which something happened after the updated_on that has landed is read again, and lands with the entry.
var PullRequestActivity = Stream{
	Name: "pull_request_activity", Scopes: []string{"pullrequest"},
	Reader: perRepository[feedMark, *feedMark]{pace: watching, look: lookAtActivity, back: pastActivity},
}

func activity(repo bitbucket.Parent, at *feedMark) *feed[bitbucket.Activity] {
	return &feed[bitbucket.Activity]{
		path: bitbucket.Path("/repositories/%s/%s/pullrequests/activity", repo.Workspace, repo.Repository), pagelen: 50,
		when: func(a *bitbucket.Activity) time.Time { return a.When() }, at: at,
	}
}

func lookAtActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *feedMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		since := at.Mark
		if since.IsZero() { // what happened before the pull requests were first read, they tell
			since = src.Now.Add(-overlap)
		}
		reread := map[int64]bool{}
		_, err := activity(repo, at).look(ctx, src.Client, func(entries []bitbucket.Activity) (bool, error) {
			ids, err := unseen(ctx, src, repo, entries, since, reread)
			if err != nil {
				return false, err
			}
			pulls, err := pullRequestsByID(ctx, src, repo, ids)
			if err != nil {
				return false, err
			}
			return yield(Chunk{Objects: append(anys(entries), pulls...)}, nil), nil
		})
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

func pastActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *feedMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		_, err := activity(repo, at).past(ctx, src.Client, func(entries []bitbucket.Activity) (bool, error) {
			return yield(Chunk{Objects: anys(entries)}, nil), nil
		})
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

// unseen returns the pull requests to which something happened since a time that their updated_on does not show, each once.
func unseen(ctx context.Context, src Source, repo bitbucket.Parent, entries []bitbucket.Activity, since time.Time, seen map[int64]bool) ([]int64, error) {
	var ids []int64
	for i := range entries {
		e := &entries[i]
		if e.PullRequest.ID == 0 || seen[e.PullRequest.ID] || !e.When().After(since) {
			continue
		}
		updated, err := src.Updated(ctx, repo.Repository, e.PullRequest.ID)
		if err != nil {
			return nil, err
		}
		if e.When().After(updated) {
			seen[e.PullRequest.ID] = true
			ids = append(ids, e.PullRequest.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

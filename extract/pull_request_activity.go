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
		_, err := activity(repo, at).look(ctx, src.Client, withUnseen(ctx, src, repo, at.Mark, yield))
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

func pastActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *feedMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		_, err := activity(repo, at).past(ctx, src.Client, withUnseen(ctx, src, repo, time.Time{}, yield))
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

// withUnseen yields entries, and with them the pull requests to which something happened, after the mark, that has not landed.
func withUnseen(ctx context.Context, src Source, repo bitbucket.Parent, mark time.Time, yield func(Chunk, error) bool) entries[bitbucket.Activity] {
	reread := map[int64]bool{}
	return func(entries []bitbucket.Activity) (bool, error) {
		ids, err := unseen(ctx, src, repo, entries, mark, reread)
		if err != nil {
			return false, err
		}
		pulls, err := pullRequestsByID(ctx, src, repo, ids)
		if err != nil {
			return false, err
		}
		return yield(Chunk{Objects: append(anys(entries), pulls...)}, nil), nil
	}
}

// unseen returns the pull requests to which something happened that their updated_on does not show, each once. Without a mark
// the activity is read for the first time: of what happened before a pull request was read, it tells itself.
func unseen(ctx context.Context, src Source, repo bitbucket.Parent, entries []bitbucket.Activity, mark time.Time, seen map[int64]bool) ([]int64, error) {
	var ids []int64
	for i := range entries {
		e := &entries[i]
		if e.PullRequest.ID == 0 || seen[e.PullRequest.ID] {
			continue
		}
		landed, err := src.PullRequest(ctx, repo.Repository, e.PullRequest.ID)
		if err != nil {
			return nil, err
		}
		since := mark
		switch {
		case !mark.IsZero():
		case landed.At.IsZero(): // it will be read, or was closed long before
			since = src.Now.Add(-overlap)
		default:
			since = landed.At.Add(-landing)
		}
		if e.When().After(since) && e.When().After(landed.Updated) {
			seen[e.PullRequest.ID] = true
			ids = append(ids, e.PullRequest.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

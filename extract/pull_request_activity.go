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

// activityMark is the time of the newest entry of a walk that reached what was known before. It
// moves only at the end of a walk: everything older has landed then.
type activityMark struct {
	Mark time.Time `json:"mark,omitzero"`
}

func readPullRequestActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *activityMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		floor, newest := at.Mark, at.Mark
		if !floor.IsZero() {
			floor = floor.Add(-overlap)
		}
		path := bitbucket.Path("/repositories/%s/%s/pullrequests/activity", repo.Workspace, repo.Repository)
		// New entries come in at the front while the pages are read, so rows move back and are read
		// twice, never missed.
		for page, err := range bitbucket.Pages[bitbucket.Activity](ctx, src.Client, path, 50, nil) {
			if err != nil {
				yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
				return
			}
			var fresh []bitbucket.Activity
			for _, entry := range page.Values {
				if when := entry.When(); !when.Before(floor) {
					fresh = append(fresh, entry)
					newest = later(newest, when)
				}
			}
			if !yield(Chunk{Objects: anys(fresh)}, nil) {
				return
			}
			if len(fresh) == 0 && len(page.Values) > 0 && !undated(page.Values) {
				break
			}
		}
		at.Mark = newest
		yield(Chunk{}, nil)
	}
}

// undated reports whether no entry tells a time: such a page says nothing about how far the walk is.
func undated(entries []bitbucket.Activity) bool {
	for _, e := range entries {
		if !e.When().IsZero() {
			return false
		}
	}
	return true
}

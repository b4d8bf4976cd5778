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
var PullRequestActivity = Stream{
	Name: "pull_request_activity", Scopes: []string{"pullrequest"},
	Read: perRepository(readPullRequestActivity),
}

// settled is how many entries in a row, at the end of a page, must be older than what was read before
// for the walk to end. One would do if the feed were sorted strictly; nobody says that it is.
const settled = 10

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
			if known(page.Values, floor) {
				break
			}
		}
		at.Mark = newest
		yield(Chunk{}, nil)
	}
}

// known reports whether the end of a page was read before: its last entries that tell a time are
// older than floor.
func known(entries []bitbucket.Activity, floor time.Time) bool {
	old := 0
	for _, e := range slices.Backward(entries) {
		switch when := e.When(); {
		case when.IsZero():
		case !when.Before(floor):
			return false
		default:
			if old++; old == settled {
				return true
			}
		}
	}
	return false
}

package extract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
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

	// Next and Newest are there while a walk is cut off: the page where it goes on, and the time of
	// its newest entry. What is new since then stands in front: entries move to later pages, never
	// to earlier ones, so from Next on nothing is missed.
	Next   string    `json:"next,omitempty"`
	Newest time.Time `json:"newest,omitzero"`
}

func readPullRequestActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *activityMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if at.Next != "" {
			goOn, err := walk(bitbucket.PagesFrom[bitbucket.Activity](ctx, src.Client, at.Next), at, yield)
			switch {
			case bitbucket.IsStatus(err, http.StatusBadRequest, http.StatusNotFound, http.StatusGone), errors.Is(err, bitbucket.ErrForeignLink):
				at.Next, at.Newest = "", time.Time{} // the link has expired: from the front
			case err != nil:
				yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
				return
			case !goOn:
				return
			}
		}
		path := bitbucket.Path("/repositories/%s/%s/pullrequests/activity", repo.Workspace, repo.Repository)
		if _, err := walk(bitbucket.Pages[bitbucket.Activity](ctx, src.Client, path, 50, nil), at, yield); err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

// walk reads pages down to what was read before. New entries come in at the front meanwhile, so rows
// move back and are read twice, never missed. It reports whether more is wanted.
func walk(pages iter.Seq2[bitbucket.Page[bitbucket.Activity], error], at *activityMark, yield func(Chunk, error) bool) (goOn bool, err error) {
	floor := at.Mark
	if !floor.IsZero() {
		floor = floor.Add(-overlap)
	}
	for page, err := range pages {
		if err != nil {
			return false, err
		}
		var fresh []bitbucket.Activity
		for _, entry := range page.Values {
			if when := entry.When(); !when.Before(floor) {
				fresh = append(fresh, entry)
				at.Newest = later(at.Newest, when)
			}
		}
		if at.Next = page.Next; known(page.Values, floor) {
			at.Next = ""
		}
		end := at.Next == ""
		if end {
			at.Mark, at.Newest = later(at.Mark, at.Newest), time.Time{}
		}
		if !yield(Chunk{Objects: anys(fresh)}, nil) {
			return false, nil
		}
		if end {
			break
		}
	}
	return true, nil
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

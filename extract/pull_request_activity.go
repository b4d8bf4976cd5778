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
	Reader: perRepository[activityMark, *activityMark]{pace: watching, look: lookAtActivity, back: pastActivity},
}

// activityMark is how far one repository's activity has been read.
type activityMark struct {
	feedMark

	// Near tells of which pull requests there were entries in the last moments up to Mark, in which others may become visible
	// late, and how long before it the last one was.
	Near map[int64]time.Duration `json:"near,omitempty"`
}

func activity(repo bitbucket.Parent, at *feedMark) *feed[bitbucket.Activity] {
	return &feed[bitbucket.Activity]{
		path: bitbucket.Path("/repositories/%s/%s/pullrequests/activity", repo.Workspace, repo.Repository), pagelen: 50,
		when: func(a *bitbucket.Activity) time.Time { return a.When() }, at: at,
	}
}

func lookAtActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *activityMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		w := newWitness(src, repo, at.Mark)
		for id, before := range at.Near {
			w.known[id] = at.Mark.Add(-before)
		}
		_, err := activity(repo, &at.feedMark).look(ctx, src.Client, func(entries []bitbucket.Activity) (bool, error) {
			chunk, err := w.chunk(ctx, entries)
			if err != nil {
				return false, err
			}
			if at.Next == "" { // the walk has ended
				at.Near = w.near(at.Mark)
			}
			return yield(chunk, nil), nil
		})
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

func pastActivity(ctx context.Context, src Source, repo bitbucket.Parent, at *activityMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		w := newWitness(src, repo, time.Time{})
		_, err := activity(repo, &at.feedMark).past(ctx, src.Client, func(entries []bitbucket.Activity) (bool, error) {
			chunk, err := w.chunk(ctx, entries)
			if err != nil {
				return false, err
			}
			return yield(chunk, nil), nil
		})
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pull request activity of %s: %w", repo.Repository, err))
		}
	}
}

// A witness tells by the activity of a repository what happened to its pull requests that their updated_on does not show.
type witness struct {
	src  Source
	repo bitbucket.Parent

	// mark is when what is new begins. Without one the activity is read for the first time, or its past is: of what happened
	// before a pull request was read, that tells itself.
	mark   time.Time
	known  map[int64]time.Time // of the moments up to it: the last entry of each pull request
	last   map[int64]time.Time // of this walk
	reread map[int64]bool
}

func newWitness(src Source, repo bitbucket.Parent, mark time.Time) *witness {
	return &witness{src: src, repo: repo, mark: mark, known: map[int64]time.Time{}, last: map[int64]time.Time{}, reread: map[int64]bool{}}
}

// chunk is a page of the activity, with the pull requests as they are now of which it tells what has not landed. Where one
// of these does not come, all of it waits until the grant is known to reach the workspace: no pull request is ever deleted.
func (w *witness) chunk(ctx context.Context, entries []bitbucket.Activity) (Chunk, error) {
	unseen, err := w.unseen(ctx, entries)
	if err != nil {
		return Chunk{}, err
	}
	pulls, err := pullRequestsByID(ctx, w.src, w.repo, unseen)
	return Chunk{Objects: append(anys(entries), pulls...), Empty: len(pulls) < len(unseen)}, err
}

// unseen returns the pull requests to which something happened that has not landed, each once.
func (w *witness) unseen(ctx context.Context, entries []bitbucket.Activity) ([]int64, error) {
	var ids []int64
	for i := range entries {
		id, when := entries[i].PullRequest.ID, entries[i].When()
		if id == 0 {
			continue
		}
		w.last[id] = later(w.last[id], when)
		if w.reread[id] {
			continue
		}
		landed, err := w.src.PullRequest(ctx, w.repo.Repository, id)
		if err != nil {
			return nil, err
		}
		if w.since(id, landed).Before(when) && landed.Updated.Before(when) {
			w.reread[id] = true
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// since is the time up to which the entries of a pull request are known, or of no interest.
func (w *witness) since(id int64, landed LandedPullRequest) time.Time {
	switch known, ok := w.known[id]; {
	case ok:
		return known
	case !w.mark.IsZero():
		return w.mark.Add(-overlap - 1)
	case landed.At.IsZero(): // it will be read, or was closed long before
		return w.src.Now.Add(-overlap)
	}
	return landed.At.Add(-landing)
}

// near tells which entries there were in the last moments up to a new mark.
func (w *witness) near(mark time.Time) map[int64]time.Duration {
	near := map[int64]time.Duration{}
	for id, when := range w.last {
		if before := mark.Sub(when); before <= overlap {
			near[id] = before
		}
	}
	return near
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"bucketlake/extract"
	"bucketlake/load"
	"bucketlake/schemas"
)

// repositories lists the repositories that have landed and were not deleted since, with what is known of their changes,
// until others land.
func (s *syncer) repositories(ctx context.Context) ([]extract.Repository, error) {
	if s.known != nil {
		return s.known, nil
	}
	pulls, err := s.pullIndex(ctx)
	if err != nil {
		return nil, err
	}
	hints, err := s.hints(ctx)
	if err != nil {
		return nil, err
	}
	ended, err := s.endedIn(ctx)
	if err != nil {
		return nil, err
	}
	var all []extract.Repository
	opts := load.ScanOptions{Columns: []string{"repository_uuid", "updated_on", "deleted_at"}}
	for r, err := range load.Scan[schemas.Repository](ctx, s.lake, schemas.Repositories, s.workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("%w: listing the repositories that have landed: %w", errLake, err)
		}
		if r.DeletedAt.IsZero() {
			all = append(all, extract.Repository{
				UUID: r.UUID, Pushed: r.UpdatedOn, Moved: latest(r.UpdatedOn, pulls.newest[r.UUID]), Open: pulls.open[r.UUID],
				Authors: pulls.authors[r.UUID], Ended: ended[r.UUID], Hinted: hints[r.UUID],
			})
		}
	}
	s.known = all
	return all, nil
}

// endedIn returns when a pipeline was last found to have ended, by repository.
func (s *syncer) endedIn(ctx context.Context) (map[string]time.Time, error) {
	m, err := s.lake.Manifest(ctx, schemas.Pipelines, s.workspace)
	if err != nil {
		return nil, fmt.Errorf("%w: reading how far pipelines have been read: %w", errLake, err)
	}
	standings, err := extract.Pipelines.Standing(m.Cursor)
	if err != nil {
		return nil, err
	}
	ended := map[string]time.Time{}
	for _, st := range standings {
		ended[st.Repository] = st.Ended
	}
	return ended, nil
}

// pullIndex is what is asked about the pull requests that have landed.
type pullIndex struct {
	newest  map[string]time.Time        // greatest updated_on, by repository
	open    map[string]time.Time        // and that of those that are open, or have been closed just now
	authors map[string][]extract.Author // of these
	landed  map[pullRequest]extract.LandedPullRequest
	rhythm  extract.Rhythm // of the last weeks
}

type pullRequest struct {
	repository string
	id         int64
}

// indexed is how long ago a closed pull request may have changed for something to be likely to happen to it.
const indexed = 90 * 24 * time.Hour

// justNow is how long ago something may have happened for what hangs on it not to have been read yet.
const justNow = 24 * time.Hour

// lately are the weeks whose rhythm is that of now: whole ones, so that each day counts as often.
const lately = 4 * 7 * 24 * time.Hour

// pullIndex reads the pull requests that have landed, once until others land.
func (s *syncer) pullIndex(ctx context.Context) (*pullIndex, error) {
	if s.pulls != nil {
		return s.pulls, nil
	}
	x := &pullIndex{newest: map[string]time.Time{}, open: map[string]time.Time{}, authors: map[string][]extract.Author{}, landed: map[pullRequest]extract.LandedPullRequest{}}
	opts := load.ScanOptions{Columns: []string{"repository_uuid", "pull_request_id", "state", "author_uuid", "updated_on", "synced_at"}}
	for pr, err := range load.Scan[schemas.PullRequest](ctx, s.lake, schemas.PullRequests, s.workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("%w: reading the pull requests that have landed: %w", errLake, err)
		}
		x.newest[pr.RepositoryUUID] = latest(x.newest[pr.RepositoryUUID], pr.UpdatedOn)
		if pr.State == "OPEN" || s.now.Sub(pr.UpdatedOn) < justNow { // they are spoken of for some time yet
			x.open[pr.RepositoryUUID] = latest(x.open[pr.RepositoryUUID], pr.UpdatedOn)
			x.wrote(pr)
		}
		if ago := s.now.Sub(pr.UpdatedOn); ago >= 0 && ago < lately {
			x.rhythm.Add(pr.UpdatedOn)
		}
		if pr.State == "OPEN" || s.now.Sub(pr.UpdatedOn) < indexed {
			x.landed[pullRequest{pr.RepositoryUUID, pr.ID}] = extract.LandedPullRequest{Updated: pr.UpdatedOn, At: pr.SyncedAt}
		}
	}
	s.pulls = x
	return x, nil
}

// wrote notes who opened a pull request.
func (x *pullIndex) wrote(pr *schemas.PullRequest) {
	authors := x.authors[pr.RepositoryUUID]
	i := slices.IndexFunc(authors, func(a extract.Author) bool { return a.UUID == pr.Author.UUID })
	if i < 0 {
		x.authors[pr.RepositoryUUID] = append(authors, extract.Author{UUID: pr.Author.UUID, Updated: pr.UpdatedOn})
		return
	}
	authors[i].Updated = latest(authors[i].Updated, pr.UpdatedOn)
}

// rhythm returns when something happened lately.
func (s *syncer) rhythm(ctx context.Context) (extract.Rhythm, error) {
	pulls, err := s.pullIndex(ctx)
	if err != nil {
		return extract.Rhythm{}, err
	}
	return pulls.rhythm, nil
}

// pullRequest tells how a pull request has landed; nothing of one that did not, or that has been closed for long: it is read
// again where something happens to it.
func (s *syncer) pullRequest(ctx context.Context, repository string, id int64) (extract.LandedPullRequest, error) {
	pulls, err := s.pullIndex(ctx)
	if err != nil {
		return extract.LandedPullRequest{}, err
	}
	key := pullRequest{repository, id}
	landed := pulls.landed[key]
	if exact := s.exact[key]; exact.Truncate(time.Millisecond).Equal(landed.Updated) {
		landed.Updated = exact
	}
	return landed, nil
}

// note keeps the updated_on of pull requests that have landed, to the microsecond, where something has just happened to
// them: what happened then is the next thing that is asked about. Of two within a millisecond it can't be told which one
// has remained, so it is the earlier one.
func (s *syncer) note(rows schemas.Rows) {
	for _, row := range rows.Rows {
		pr := row.(*schemas.PullRequest)
		key := pullRequest{pr.RepositoryUUID, pr.ID}
		before, known := s.exact[key]
		switch {
		case s.now.Sub(pr.UpdatedOn) > justNow:
		case !known || !before.Truncate(time.Millisecond).Equal(pr.UpdatedOn.Truncate(time.Millisecond)) || pr.UpdatedOn.Before(before):
			if s.exact == nil {
				s.exact = map[pullRequest]time.Time{}
			}
			s.exact[key] = pr.UpdatedOn
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pullRequestChanges lists the pull requests whose landed content changed after since, in the order
// of the change, as far as their repositories exist. It is what a child stream follows: synced_at is the table's own clock, and a row
// whose content did not change keeps it.
func (s *syncer) pullRequestChanges(ctx context.Context, since time.Time) ([]extract.PullRequestChange, error) {
	repositories, err := s.repositories(ctx)
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for _, r := range repositories {
		live[r.UUID] = true
	}
	var changes []extract.PullRequestChange
	opts := load.ScanOptions{
		Since:   since,
		Columns: []string{"repository_uuid", "pull_request_id", "created_on", "updated_on", "state", "comment_count", "open_task_count", "synced_at", "deleted_at"},
	}
	for pr, err := range load.Scan[schemas.PullRequest](ctx, s.lake, schemas.PullRequests, s.workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("%w: listing the pull requests that changed: %w", errLake, err)
		}
		if pr.DeletedAt.IsZero() && live[pr.RepositoryUUID] {
			changes = append(changes, extract.PullRequestChange{
				Repository: pr.RepositoryUUID, ID: pr.ID, CreatedOn: pr.CreatedOn, UpdatedOn: pr.UpdatedOn, Open: pr.State == "OPEN",
				Comments: pr.CommentCount, Tasks: pr.OpenTaskCount, Changed: pr.SyncedAt,
			})
		}
	}
	slices.SortFunc(changes, func(a, b extract.PullRequestChange) int {
		return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.ID, b.ID))
	})
	return changes, nil
}

// endedPipelines reads the pipelines that have landed, once, and tells those of a repository that have
// ended and whose content changed after a time, in the order of the change.
func (s *syncer) endedPipelines() func(context.Context, string, time.Time) ([]extract.PipelineChange, error) {
	var ended map[string][]extract.PipelineChange
	return func(ctx context.Context, repository string, since time.Time) ([]extract.PipelineChange, error) {
		if ended == nil {
			found := map[string][]extract.PipelineChange{}
			opts := load.ScanOptions{Columns: []string{"repository_uuid", "pipeline_uuid", "state", "created_on", "synced_at", "deleted_at"}}
			for p, err := range load.Scan[schemas.Pipeline](ctx, s.lake, schemas.Pipelines, s.workspace, opts) {
				if err != nil {
					return nil, fmt.Errorf("%w: listing the pipelines that have ended: %w", errLake, err)
				}
				if p.DeletedAt.IsZero() && p.State == "COMPLETED" {
					change := extract.PipelineChange{UUID: p.UUID, CreatedOn: p.CreatedOn, Changed: p.SyncedAt}
					found[p.RepositoryUUID] = append(found[p.RepositoryUUID], change)
				}
			}
			for _, changes := range found {
				slices.SortFunc(changes, func(a, b extract.PipelineChange) int {
					return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.UUID, b.UUID))
				})
			}
			ended = found
		}
		changes := ended[repository]
		first, _ := slices.BinarySearchFunc(changes, since, func(c extract.PipelineChange, t time.Time) int {
			return cmp.Or(c.Changed.Compare(t), -1) // after, not at
		})
		return changes[first:], nil
	}
}

// source gives a stream the API and, from the lake, what its objects hang on.
func (s *syncer) source(stream string, purpose extract.Purpose, manifest *load.Manifest, requests *int) extract.Source {
	return extract.Source{
		Client: counted(s.client(stream, leave(purpose)), requests), Workspace: s.workspace, Purpose: purpose, Now: s.now, Every: s.every, Quiet: s.quiet, PerHour: s.perHour, Heads: s.heads(),
		Landed:       func() int64 { return manifest.Live() },
		Repositories: s.repositories,
		Rhythm:       s.rhythm,
		PullRequest:  s.pullRequest,
		PullRequests: s.pullRequestChanges,
		Pipelines:    s.endedPipelines(),
	}
}

// heads reads the branches that have landed, once, and tells the commits that they stand at.
func (s *syncer) heads() func(context.Context, string) ([]string, error) {
	var heads map[string][]string
	return func(ctx context.Context, repository string) ([]string, error) {
		if heads == nil {
			found := map[string][]string{}
			opts := load.ScanOptions{Columns: []string{"repository_uuid", "commit_hash", "deleted_at"}}
			for b, err := range load.Scan[schemas.Branch](ctx, s.lake, schemas.Branches, s.workspace, opts) {
				if err != nil {
					return nil, fmt.Errorf("%w: listing the branches that have landed: %w", errLake, err)
				}
				if b.DeletedAt.IsZero() && b.CommitHash != "" {
					found[b.RepositoryUUID] = append(found[b.RepositoryUUID], b.CommitHash)
				}
			}
			for repository, hashes := range found {
				slices.Sort(hashes)
				found[repository] = slices.Compact(hashes)
			}
			heads = found
		}
		return heads[repository], nil
	}
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bucketlake/extract"
	"bucketlake/load"
	"bucketlake/schemas"
)

// cutOff names the first stream whose position is in the middle of its repositories: a run that was
// killed leaves no word of where it was. A manifest that can't be read is the stream's own matter.
func (s *syncer) cutOff(ctx context.Context, streams []extract.Stream) string {
	for _, st := range streams {
		var position struct {
			Next string `json:"next"`
		}
		table, _ := schemas.Lookup(st.Name)
		if m, err := s.lake.Manifest(ctx, table, s.workspace); err == nil && json.Unmarshal(m.Cursor, &position) == nil && position.Next != "" {
			return st.Name
		}
	}
	return ""
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
	for _, uuid := range repositories {
		live[uuid] = true
	}
	var changes []extract.PullRequestChange
	opts := load.ScanOptions{
		Since:   since,
		Columns: []string{"repository_uuid", "pull_request_id", "created_on", "comment_count", "synced_at", "deleted_at"},
	}
	for pr, err := range load.Scan[schemas.PullRequest](ctx, s.lake, schemas.PullRequests, s.workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("%w: listing the pull requests that changed: %w", errLake, err)
		}
		if pr.DeletedAt.IsZero() && live[pr.RepositoryUUID] {
			changes = append(changes, extract.PullRequestChange{
				Repository: pr.RepositoryUUID, ID: pr.ID, CreatedOn: pr.CreatedOn, Comments: pr.CommentCount, Changed: pr.SyncedAt,
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

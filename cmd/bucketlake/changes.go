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
		Columns: []string{"repository_uuid", "pull_request_id", "created_on", "synced_at", "deleted_at"},
	}
	for pr, err := range load.Scan[schemas.PullRequest](ctx, s.lake, schemas.PullRequests, s.workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("%w: listing the pull requests that changed: %w", errLake, err)
		}
		if pr.DeletedAt.IsZero() && live[pr.RepositoryUUID] {
			changes = append(changes, extract.PullRequestChange{
				Repository: pr.RepositoryUUID, ID: pr.ID, CreatedOn: pr.CreatedOn, Changed: pr.SyncedAt,
			})
		}
	}
	slices.SortFunc(changes, func(a, b extract.PullRequestChange) int {
		return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.ID, b.ID))
	})
	return changes, nil
}

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

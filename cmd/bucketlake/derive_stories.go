package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// storyState is what story_activity was last computed from: its cursor.
type storyState struct {
	Inputs map[string]string `json:"inputs"` // etags, by table and partition
}

// deriveStories brings story_activity up to date with usage_events, whole, where those have changed:
// people work on a story in more than one month, and what is counted once is counted over all.
func deriveStories(ctx context.Context, lake *load.Lake, workspace string, at time.Time, full bool) ([]streamRun, error) {
	start := time.Now()
	var last, next storyState
	manifest, err := lake.Manifest(ctx, schemas.StoryActivities, workspace)
	if err != nil {
		return nil, err
	}
	if len(manifest.Cursor) > 0 {
		if err := json.Unmarshal(manifest.Cursor, &last); err != nil {
			return nil, fmt.Errorf("reading what story_activity was computed from: %w", err)
		}
	}
	if next.Inputs, err = inputs(ctx, lake, workspace, schemas.UsageEvents); err != nil {
		return nil, err
	}
	run := streamRun{Stream: schemas.StoryActivities.Name}
	if !full && maps.Equal(last.Inputs, next.Inputs) {
		return []streamRun{run}, nil
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	var work transform.StoryWork
	opts := load.ScanOptions{Columns: []string{
		"occurred_at", "user_uuid", "user_type", "feature", "repository_uuid", "object_type", "object_id", "pull_request_id", "story_key",
	}}
	for e, err := range load.Scan[schemas.UsageEvent](ctx, lake, schemas.UsageEvents, workspace, opts) {
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", schemas.UsageEvents.Name, err)
		}
		work.Add(e)
	}
	rows := schemas.Rows{Table: schemas.StoryActivities, Rows: work.Rows(), Complete: []schemas.Scope{{}}}
	run.Landed, err = lake.Commit(ctx, load.Commit{Workspace: workspace, Rows: rows, Cursor: cursor, At: at})
	run.Elapsed = time.Since(start)
	return []streamRun{run}, err
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// activityState is what the tables about seats and features were last computed from. It is the cursor
// of user_activity.
type activityState struct {
	Inputs map[string]string `json:"inputs"` // etags, by table and partition
	AsOf   schemas.Date      `json:"as_of"`
}

// activitySources are the tables that are read for it.
func activitySources() []*schemas.Table {
	return []*schemas.Table{
		schemas.FeatureUsageDaily, schemas.Members, schemas.WorkspacePermissions, schemas.Projects, schemas.Repositories,
		schemas.Webhooks, schemas.WorkspaceWebhooks, schemas.BranchRestrictions, schemas.Environments, schemas.DefaultReviewers, schemas.Pipelines,
	}
}

// deriveActivity brings the tables about seats and features up to date with the lake, whole: they are
// small. They are computed anew where one of their sources has changed, or another day has begun. The
// position is committed last.
func deriveActivity(ctx context.Context, lake *load.Lake, workspace string, at time.Time, full bool) ([]streamRun, error) {
	start := time.Now()
	var last activityState
	manifest, err := lake.Manifest(ctx, schemas.UserActivities, workspace)
	if err != nil {
		return nil, err
	}
	if len(manifest.Cursor) > 0 {
		if err := json.Unmarshal(manifest.Cursor, &last); err != nil {
			return nil, fmt.Errorf("reading what user_activity was computed from: %w", err)
		}
	}
	var next activityState
	if next.Inputs, err = inputs(ctx, lake, workspace, activitySources()...); err != nil {
		return nil, err
	}
	runs := []streamRun{
		{Stream: schemas.FeatureConfigurations.Name},
		{Stream: schemas.FeatureAdoptionMonthly.Name},
		{Stream: schemas.SeatUtilizationMonthly.Name},
		{Stream: schemas.UserActivities.Name},
	}
	if !full && maps.Equal(last.Inputs, next.Inputs) && last.AsOf >= schemas.DateOf(at) {
		return runs, nil
	}
	tables, err := computeActivity(ctx, lake, workspace, at, &next)
	if err != nil {
		return nil, err
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	for i, rows := range tables {
		rows.Complete = []schemas.Scope{{}}
		commit := load.Commit{Workspace: workspace, Rows: rows, At: at}
		if i == len(tables)-1 {
			commit.Cursor = cursor
		}
		stats, err := lake.Commit(ctx, commit)
		if err != nil {
			return nil, err
		}
		runs[i].Landed.Add(stats)
	}
	runs[len(runs)-1].Elapsed = time.Since(start)
	return runs, nil
}

// computeActivity computes the tables in the order in which they are committed.
func computeActivity(ctx context.Context, lake *load.Lake, workspace string, at time.Time, next *activityState) ([]schemas.Rows, error) {
	days, err := transform.NewDays(uses(ctx, lake, workspace), at)
	if err != nil {
		return nil, err
	}
	members, err := collect[schemas.Member](ctx, lake, schemas.Members, workspace)
	if err != nil {
		return nil, err
	}
	roles, err := collect[schemas.WorkspacePermission](ctx, lake, schemas.WorkspacePermissions, workspace)
	if err != nil {
		return nil, err
	}
	configuration, err := configurationOf(ctx, lake, workspace)
	if err != nil {
		return nil, err
	}
	next.AsOf = days.AsOf
	return []schemas.Rows{
		{Table: schemas.FeatureConfigurations, Rows: configuration.Rows()},
		{Table: schemas.FeatureAdoptionMonthly, Rows: days.FeatureAdoption()},
		{Table: schemas.SeatUtilizationMonthly, Rows: days.SeatUtilization(members, roles)},
		{Table: schemas.UserActivities, Rows: days.UserActivity(members, roles)},
	}, nil
}

// uses yields what the days of all months say, as columns: they are millions of rows after some years.
func uses(ctx context.Context, lake *load.Lake, workspace string) iter.Seq2[transform.Use, error] {
	return func(yield func(transform.Use, error) bool) {
		for p, err := range lake.Portions(ctx, schemas.FeatureUsageDaily, workspace, nil, []string{"usage_date", "user_type", "user_uuid", "feature", "events"}) {
			if err != nil {
				yield(transform.Use{}, err)
				return
			}
			days, events := p.Days("usage_date"), p.Numbers("events")
			types, typeList := p.Texts("user_type")
			users, userList := p.Texts("user_uuid")
			features, featureList := p.Texts("feature")
			for i := range p.Rows {
				if !yield(transform.Use{Day: days[i], UserType: typeList[types[i]], UserUUID: userList[users[i]], Feature: featureList[features[i]], Events: events[i]}, nil) {
					return
				}
			}
		}
	}
}

// configurationOf counts what is set up without an actor.
func configurationOf(ctx context.Context, lake *load.Lake, workspace string) (*transform.Configuration, error) {
	projects, err := collect[schemas.Project](ctx, lake, schemas.Projects, workspace)
	if err != nil {
		return nil, err
	}
	repositories, err := collect[schemas.Repository](ctx, lake, schemas.Repositories, workspace)
	if err != nil {
		return nil, err
	}
	repositories = slices.DeleteFunc(repositories, func(r *schemas.Repository) bool { return !r.DeletedAt.IsZero() })
	c := transform.NewConfiguration(transform.NewPlaces(projects, repositories, nil))
	for _, err := range []error{
		count(ctx, lake, schemas.Webhooks, workspace, func(h *schemas.Webhook) {
			if h.IsActive == nil || *h.IsActive {
				c.Add(h.RepositoryUUID, "webhooks", h.Synced)
			}
		}),
		count(ctx, lake, schemas.WorkspaceWebhooks, workspace, func(h *schemas.WorkspaceWebhook) {
			if h.IsActive == nil || *h.IsActive {
				c.Add("", "webhooks", h.Synced)
			}
		}),
		count(ctx, lake, schemas.BranchRestrictions, workspace, func(r *schemas.BranchRestriction) { c.Add(r.RepositoryUUID, "branch_restrictions", r.Synced) }),
		count(ctx, lake, schemas.Environments, workspace, func(e *schemas.Environment) { c.Add(e.RepositoryUUID, "environments", e.Synced) }),
		count(ctx, lake, schemas.DefaultReviewers, workspace, func(r *schemas.DefaultReviewer) { c.Add(r.RepositoryUUID, "default_reviewers", r.Synced) }),
		count(ctx, lake, schemas.Pipelines, workspace, func(p *schemas.Pipeline) { c.Add(p.RepositoryUUID, "pipelines", p.Synced) }),
	} {
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// count has each row of a table counted.
func count[R any](ctx context.Context, lake *load.Lake, t *schemas.Table, workspace string, add func(*R)) error {
	for row, err := range load.Scan[R](ctx, lake, t, workspace, load.ScanOptions{}) {
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.Name, err)
		}
		add(row)
	}
	return nil
}

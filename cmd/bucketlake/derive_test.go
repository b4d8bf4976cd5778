package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// failing is a store whose n-th Put fails.
type failing struct {
	load.Store
	n int
}

func (f *failing) Put(ctx context.Context, name string, body io.ReadSeeker, match string) (string, error) {
	if f.n--; f.n == 0 {
		return "", errors.New("cut off")
	}
	return f.Store.Put(ctx, name, body, match)
}

// TestComputingIsCutOffAnywhere lets a task be resolved, cuts the computation of the usage tables off
// at each of its writes, has the task reopened and everything renamed before the next run, and
// compares what that makes with a computation from nothing.
func TestComputingIsCutOffAnywhere(t *testing.T) {
	opened := time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)
	task := func(resolved time.Time) *schemas.PullRequestTask {
		r := &schemas.PullRequestTask{
			RepositoryUUID: "{r}", PullRequestID: 1, ID: 7, State: "UNRESOLVED", Creator: schemas.Account{UUID: "{u}", Type: "user"},
			CreatedOn: opened, UpdatedOn: opened, PullRequestCreatedOn: opened,
		}
		if !resolved.IsZero() {
			r.State, r.ResolvedBy, r.ResolvedOn = "RESOLVED", schemas.Account{UUID: "{u}", Type: "user"}, resolved
		}
		return r
	}
	for n := 1; ; n++ {
		directory, err := load.OpenDirectory(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		lake := load.New(directory, nil)
		commit := func(table *schemas.Table, rows ...any) {
			if _, err := lake.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: schemas.Rows{Table: table, Rows: rows}, At: opened}); err != nil {
				t.Fatal(err)
			}
		}
		derive := func(lake *load.Lake) error {
			_, err := deriveUsage(t.Context(), lake, "acme", transform.Stories{}, opened, false)
			return err
		}
		commit(schemas.Projects, &schemas.Project{UUID: "{p}", Key: "OLD", Name: "Old"})
		commit(schemas.Repositories, &schemas.Repository{UUID: "{r}", Slug: "web", ProjectUUID: "{p}", ProjectKey: "OLD"})
		commit(schemas.PullRequests, &schemas.PullRequest{RepositoryUUID: "{r}", ID: 1, State: "OPEN", Author: schemas.Account{UUID: "{u}", Type: "user"}, CreatedOn: opened, UpdatedOn: opened})
		commit(schemas.PullRequestTasks, task(time.Time{}))
		if err := derive(lake); err != nil {
			t.Fatal(err)
		}
		commit(schemas.PullRequestTasks, task(time.Date(2026, 10, 31, 23, 50, 0, 0, time.UTC)))
		store := &failing{Store: directory, n: n}
		cut := derive(load.New(store, nil)) != nil
		commit(schemas.PullRequestTasks, task(time.Time{}))
		commit(schemas.Projects, &schemas.Project{UUID: "{p}", Key: "NEW", Name: "New"})
		if err := derive(lake); err != nil {
			t.Fatal(err)
		}
		got := usageRows(t, lake)
		if _, err := deriveUsage(t.Context(), lake, "acme", transform.Stories{}, opened, true); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(usageRows(t, lake), got); diff != "" {
			t.Errorf("cut off at write %d (-from nothing +got):\n%s", n, diff)
		}
		if len(got) != 4 { // opened and created, by event and by day
			t.Errorf("cut off at write %d: rows %q", n, got)
		}
		if !cut {
			if n < 5 {
				t.Errorf("only %d writes: is this the whole computation?", n)
			}
			return
		}
	}
}

func usageRows(t *testing.T, lake *load.Lake) []string {
	t.Helper()
	var rows []string
	add := func(row any) {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(text))
	}
	each(t, lake, schemas.UsageEvents, func(r *schemas.UsageEvent) { r.Synced = schemas.Synced{}; add(r) })
	each(t, lake, schemas.FeatureUsageDaily, func(r *schemas.FeatureUsageDay) { r.Synced = schemas.Synced{}; add(r) })
	slices.Sort(rows)
	return rows
}

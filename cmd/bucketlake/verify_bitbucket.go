package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/load"
	"bucketlake/schemas"
)

// verification is one run of verify.
type verification struct {
	removeOrphans, json bool
	requests            int // that may be spent on each workspace; 0: Bitbucket is not asked
	seed                uint64
	connections         []oauth.Connection

	findings []finding
	asked    int      // requests
	compared []string // in words
}

// bitbucket compares numbers of rows with what Bitbucket counts: its lists say their size on a page of one row.
func (v *verification) bitbucket(ctx context.Context, a *app, c oauth.Connection) error {
	client := a.client(c, "verify", nothing)
	spend, left := client.Spend, v.requests
	client.Spend = func(ctx context.Context) error {
		if left == 0 {
			return errEnough
		}
		left--
		v.asked++
		return spend(ctx)
	}
	live, err := liveRows(ctx, a.lake, c.Workspace)
	if err != nil {
		return err
	}
	compare := func(t *schemas.Table, repository, path string, query url.Values) error {
		size, err := sizeOf(ctx, client, path, query)
		if bitbucket.IsStatus(err, http.StatusForbidden, http.StatusNotFound, http.StatusGone) { // the number of repositories tells
			return nil
		}
		if err != nil || size < 0 {
			return err
		}
		landed := live[t.Name][repository]
		where := c.Workspace
		if repository != "" {
			where += "/" + repository
		}
		v.compared = append(v.compared, fmt.Sprintf("%s of %s", t.Name, where))
		if landed != size {
			v.add(c.Workspace, t, different, "", fmt.Sprintf("%d rows of %s have landed, and Bitbucket counts %d", landed, where, size), true)
		}
		return nil
	}
	err = errors.Join(
		compare(schemas.Members, "", bitbucket.Path("/workspaces/%s/members", c.Workspace), nil),
		compare(schemas.Projects, "", bitbucket.Path("/workspaces/%s/projects", c.Workspace), nil),
		compare(schemas.Repositories, "", bitbucket.Path("/repositories/%s", c.Workspace), nil),
	)
	states := url.Values{"state": {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}}
	for _, uuid := range v.draw(live[repositoryList]) {
		if err != nil {
			break
		}
		err = errors.Join(
			compare(schemas.PullRequests, uuid, bitbucket.Path("/repositories/%s/%s/pullrequests", c.Workspace, uuid), states),
			compare(schemas.Branches, uuid, bitbucket.Path("/repositories/%s/%s/refs/branches", c.Workspace, uuid), nil),
		)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// draw puts repositories into an order that the seed decides.
func (v *verification) draw(repositories map[string]int) []string {
	var uuids []string
	for uuid := range repositories {
		uuids = append(uuids, uuid)
	}
	slices.Sort(uuids)
	dice := rand.New(rand.NewPCG(v.seed, 0)) //nolint:gosec // the same ones again are wanted
	dice.Shuffle(len(uuids), func(i, j int) { uuids[i], uuids[j] = uuids[j], uuids[i] })
	return uuids
}

// sizeOf asks how many rows a list has; -1 where it does not say.
func sizeOf(ctx context.Context, client *bitbucket.Client, path string, query url.Values) (int, error) {
	for page, err := range bitbucket.Pages[bitbucket.Ref](ctx, client, path, 1, query) {
		if err != nil || page.Size == nil {
			return -1, err
		}
		return *page.Size, nil
	}
	return -1, nil
}

// repositoryList is where liveRows lists the repositories.
const repositoryList = "(repositories)"

// liveRows counts the rows that are not deleted, by table and, below repositories, by repository.
func liveRows(ctx context.Context, lake *load.Lake, workspace string) (map[string]map[string]int, error) {
	live := map[string]map[string]int{repositoryList: {}}
	count := func(t *schemas.Table, repository string) {
		if live[t.Name] == nil {
			live[t.Name] = map[string]int{}
		}
		live[t.Name][repository]++
	}
	columns := load.ScanOptions{Columns: []string{"deleted_at"}}
	below := load.ScanOptions{Columns: []string{"repository_uuid", "deleted_at"}}
	for r, err := range load.Scan[schemas.Member](ctx, lake, schemas.Members, workspace, columns) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.IsZero() {
			count(schemas.Members, "")
		}
	}
	for r, err := range load.Scan[schemas.Project](ctx, lake, schemas.Projects, workspace, columns) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.IsZero() {
			count(schemas.Projects, "")
		}
	}
	for r, err := range load.Scan[schemas.Repository](ctx, lake, schemas.Repositories, workspace, below) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.IsZero() {
			count(schemas.Repositories, "")
			live[repositoryList][r.UUID]++
		}
	}
	for r, err := range load.Scan[schemas.PullRequest](ctx, lake, schemas.PullRequests, workspace, below) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.IsZero() {
			count(schemas.PullRequests, r.RepositoryUUID)
		}
	}
	for r, err := range load.Scan[schemas.Branch](ctx, lake, schemas.Branches, workspace, below) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.IsZero() {
			count(schemas.Branches, r.RepositoryUUID)
		}
	}
	return live, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// verification is one run of verify.
type verification struct {
	removeOrphans, json bool
	requests            int // that may be spent on each workspace; 0: Bitbucket is not asked
	seed                uint64
	connections         []oauth.Connection

	findings []finding
	asked    int      // requests
	compared []string // lists, in words
	sampled  int      // rows
}

// bitbucket compares numbers of rows with what Bitbucket counts, and rows with what it shows: the first page of a list has
// both.
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
	shown := &comparison{verification: v, client: client, workspace: c.Workspace, live: live, rows: map[*schemas.Table]map[string]any{}}
	all := bitbucket.Parent{Workspace: c.Workspace}
	err = errors.Join(
		compareList[bitbucket.Member](ctx, shown, schemas.Members, all, bitbucket.Path("/workspaces/%s/members", c.Workspace), 100, nil),
		compareList[bitbucket.Project](ctx, shown, schemas.Projects, all, bitbucket.Path("/workspaces/%s/projects", c.Workspace), 100, nil),
		compareList[bitbucket.Repository](ctx, shown, schemas.Repositories, all, bitbucket.Path("/repositories/%s", c.Workspace), 100, nil),
	)
	states := url.Values{"state": {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}}
	for _, uuid := range v.draw(live[repositoryList]) {
		if err != nil {
			break
		}
		in := bitbucket.Parent{Workspace: c.Workspace, Repository: uuid}
		err = errors.Join(
			compareList[bitbucket.PullRequest](ctx, shown, schemas.PullRequests, in, bitbucket.Path("/repositories/%s/%s/pullrequests", c.Workspace, uuid), 50, states),
			compareList[bitbucket.Ref](ctx, shown, schemas.Branches, in, bitbucket.Path("/repositories/%s/%s/refs/branches", c.Workspace, uuid), 100, nil),
		)
	}
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return shown.compareRows(ctx, a.lake)
}

// comparison is what Bitbucket shows, and the lake has.
type comparison struct {
	*verification
	client    *bitbucket.Client
	workspace string
	live      map[string]map[string]int
	rows      map[*schemas.Table]map[string]any // as Bitbucket shows them, by key
}

// compareList asks for the first page of a list, compares how many rows there are, and keeps those that it has.
func compareList[T any](ctx context.Context, c *comparison, t *schemas.Table, parent bitbucket.Parent, path string, pagelen int, query url.Values) error {
	for page, err := range bitbucket.Pages[T](ctx, c.client, path, pagelen, query) {
		if bitbucket.IsStatus(err, http.StatusForbidden, http.StatusNotFound, http.StatusGone) { // the number of repositories tells
			return nil
		}
		if err != nil {
			return err
		}
		where := c.workspace
		if parent.Repository != "" {
			where += "/" + parent.Repository
		}
		c.compared = append(c.compared, fmt.Sprintf("%s of %s", t.Name, where))
		if landed := c.live[t.Name][parent.Repository]; page.Size != nil && landed != *page.Size {
			c.add(c.workspace, t, different, "", fmt.Sprintf("%d rows of %s have landed, and Bitbucket counts %d", landed, where, *page.Size), true)
		}
		var batch transform.Batch
		for _, o := range page.Values {
			if err := batch.Add(t.Name, parent, []any{o}, false); err != nil {
				return err
			}
		}
		for _, row := range batch.Take(t).Rows {
			if c.rows[t] == nil {
				c.rows[t] = map[string]any{}
			}
			c.rows[t][rowKey(t, row)] = row
		}
		return nil
	}
	return nil
}

// compareRows holds what Bitbucket shows against what has landed. Names of people are left out: in rows that nothing
// touches they stay as they were.
func (c *comparison) compareRows(ctx context.Context, lake *load.Lake) error {
	for _, t := range schemas.Tables() {
		shown := c.rows[t]
		if shown == nil {
			continue
		}
		c.sampled += len(shown)
		for row, err := range load.ScanAny(ctx, lake, t, c.workspace, load.ScanOptions{}) {
			if err != nil {
				return err
			}
			key := rowKey(t, row)
			if deleted := reflect.ValueOf(row).Elem().FieldByName("DeletedAt").Interface().(time.Time); shown[key] == nil || !deleted.IsZero() {
				continue
			}
			if columns := differing(t, row, shown[key]); len(columns) > 0 {
				c.add(c.workspace, t, different, "", fmt.Sprintf("row %s has landed with another %s than Bitbucket shows", key, strings.Join(columns, ", ")), true)
			}
			delete(shown, key)
		}
		for _, key := range slices.Sorted(maps.Keys(shown)) {
			c.add(c.workspace, t, different, "", fmt.Sprintf("row %s has not landed, and Bitbucket shows it", key), true)
		}
	}
	return nil
}

// rowKey writes a row's key.
func rowKey(t *schemas.Table, row any) string {
	var parts []string
	for _, i := range t.Key {
		parts = append(parts, cell(row, &t.Columns[i]))
	}
	return strings.Join(parts, " ")
}

// differing lists the columns in which two rows differ.
func differing(t *schemas.Table, a, b any) (columns []string) {
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Personal && c.Field[0] != reflect.ValueOf(a).Elem().NumField()-1 && cell(a, c) != cell(b, c) {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// cell writes a value as it lands: times to the millisecond.
func cell(row any, c *schemas.Column) string {
	v := reflect.ValueOf(row).Elem().FieldByIndex(c.Field)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "null"
		}
		v = v.Elem()
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return fmt.Sprint(v.Interface())
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

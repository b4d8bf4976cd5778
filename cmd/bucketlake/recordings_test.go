package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// shared returns a file of the folder beside the project, which holds what others have published
// about Bitbucket, or skips the test where it is absent.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: %s is not beside the project", name)
	}
	return path
}

// recorded is a kind of object in the recordings: how to tell it, decode it, and find in the raw
// JSON what each column must say. Columns that come of something else than one field are not listed.
type recorded struct {
	table   *schemas.Table
	is      func(raw map[string]any) bool
	decode  func(data []byte) (any, error)
	stream  string
	columns map[string]string
	rows    func(*load.Lake, string) ([]any, error)
}

func TestRecordedAnswersArriveInTheTables(t *testing.T) {
	root := shared(t, "bitbucket/recordings")
	seen := map[string]int{}
	workspaces := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var answer any
		if err := json.Unmarshal(data, &answer); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		objects := []any{answer}
		if page, ok := answer.(map[string]any); ok && page["values"] != nil {
			objects = page["values"].([]any)
		}
		for _, kind := range recordedKinds() {
			for _, o := range objects {
				raw, ok := o.(map[string]any)
				if !ok || !kind.is(raw) {
					continue
				}
				seen[kind.table.Name]++
				workspaces++
				t.Run(fmt.Sprintf("%s/%s/%d", filepath.Base(path), kind.table.Name, workspaces), func(t *testing.T) {
					arrives(t, kind, raw)
				})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for table, least := range map[string]int{
		"workspaces": 5, "repositories": 2, "pull_requests": 10, "pull_request_activity": 2, "pull_request_tasks": 2,
		"pull_request_comments": 2, "branches": 4, "tags": 2, "commits": 5, "webhooks": 1, "issues": 2, "pipeline_steps": 2, "branch_restrictions": 5, "default_reviewers": 1, "pipelines": 1,
	} {
		if seen[table] < least {
			t.Errorf("%d recorded objects for %s, want at least %d: did the recordings move?", seen[table], table, least)
		}
	}
	t.Log("recorded objects:", seen)
}

// arrives takes one recorded object through decoding, transformation and Parquet, and compares what
// is read back with the raw JSON.
func arrives(t *testing.T, kind recorded, raw map[string]any) {
	data, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	object, err := kind.decode(data)
	if err != nil {
		t.Fatalf("decoding: %v", err)
	}
	store, err := load.OpenDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lake := load.New(store, nil)
	parent := bitbucket.Parent{Workspace: "acme", Repository: "{repository}", PullRequest: 1, CreatedOn: time.Date(2020, 3, 19, 0, 0, 0, 0, time.UTC)}
	var batch transform.Batch
	if err := batch.Add(kind.stream, parent, []any{object}, false); err != nil {
		t.Fatalf("transforming: %v", err)
	}
	for _, table := range batch.Tables() {
		commit := load.Commit{Workspace: "acme", Rows: batch.Take(table), At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
		if _, err := lake.Commit(t.Context(), commit); err != nil {
			t.Fatalf("landing %s: %v", table.Name, err)
		}
	}
	rows, err := kind.rows(lake, "acme")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows read back, %v", len(rows), err)
	}
	for column, path := range kind.columns {
		c := kind.table.Columns[kind.table.Column(column)]
		got := reflect.ValueOf(rows[0]).Elem().FieldByIndex(c.Field)
		want := lookup(raw, path)
		if !same(got, want) {
			t.Errorf("%s = %v, want %v (%s)", column, show(got), want, path)
		}
	}
	if kind.table == schemas.PullRequests {
		participantsArrive(t, lake, raw)
	}
}

// participantsArrive compares the participants of a recorded pull request with their rows.
func participantsArrive(t *testing.T, lake *load.Lake, raw map[string]any) {
	t.Helper()
	count := func(of map[string]int, uuid, role, state, approved, on any) {
		of[fmt.Sprint(uuid, role, state, approved, on)]++
	}
	want, got := map[string]int{}, map[string]int{}
	participants, _ := raw["participants"].([]any)
	for _, p := range participants {
		on := ""
		if text, ok := lookup(p, "participated_on").(string); ok {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				t.Fatal(err)
			}
			on = at.UTC().Truncate(time.Millisecond).String()
		}
		uuid, state := lookup(p, "user.uuid"), lookup(p, "state")
		if uuid == nil {
			uuid = ""
		}
		if state == nil {
			state = ""
		}
		count(want, uuid, lookup(p, "role"), state, lookup(p, "approved") == true, on)
	}
	for r, err := range load.Scan[schemas.PullRequestParticipant](t.Context(), lake, schemas.PullRequestParticipants, "acme", load.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		on := ""
		if !r.ParticipatedOn.IsZero() {
			on = r.ParticipatedOn.UTC().String()
		}
		count(got, r.UserUUID, r.Role, r.State, r.Approved, on)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("participants %v, want %v", got, want)
	}
}

func lookup(raw any, path string) any {
	for _, name := range strings.Split(path, ".") {
		m, ok := raw.(map[string]any)
		if !ok {
			return nil
		}
		raw = m[name]
	}
	return raw
}

func show(v reflect.Value) any {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return v.Elem().Interface()
	}
	return v.Interface()
}

// same compares a field of a row with raw JSON. Null is the zero string and the zero time, or nil.
func same(got reflect.Value, want any) bool {
	if want == nil || want == "" {
		return got.IsZero()
	}
	switch v := show(got).(type) {
	case time.Time:
		at, err := time.Parse(time.RFC3339Nano, want.(string))
		return err == nil && v.Equal(at.Truncate(time.Millisecond))
	case int64:
		return float64(v) == want
	default:
		return v == want
	}
}

func kindOf[O, R any](table *schemas.Table, stream string, is func(map[string]any) bool, columns map[string]string) recorded {
	return recorded{
		table: table, stream: stream, is: is, columns: columns,
		decode: func(data []byte) (any, error) {
			var o O
			err := json.Unmarshal(data, &o)
			return o, err
		},
		rows: func(l *load.Lake, workspace string) (rows []any, err error) {
			for r, err := range load.Scan[R](context.Background(), l, table, workspace, load.ScanOptions{}) {
				if err != nil {
					return nil, err
				}
				rows = append(rows, r)
			}
			return rows, nil
		},
	}
}

func recordedKinds() []recorded {
	typed := func(name, also string) func(map[string]any) bool {
		return func(raw map[string]any) bool { return raw["type"] == name && raw[also] != nil }
	}
	comment := kindOf[bitbucket.Comment, schemas.PullRequestActivityEntry](schemas.PullRequestActivity, "pull_request_activity",
		typed("pullrequest_comment", "created_on"), map[string]string{
			"comment_id": "id", "occurred_at": "created_on", "user_uuid": "user.uuid", "account_id": "user.account_id",
			"display_name": "user.display_name", "nickname": "user.nickname", "parent_comment_id": "parent.id",
		})
	decodeComment := comment.decode
	comment.decode = func(data []byte) (any, error) { // as the activity carries it
		o, err := decodeComment(data)
		c := o.(bitbucket.Comment)
		return bitbucket.Activity{Comment: &c}, err
	}
	return []recorded{
		comment,
		kindOf[bitbucket.PullRequestComment, schemas.PullRequestComment](schemas.PullRequestComments, "pull_request_comments",
			typed("pullrequest_comment", "created_on"), map[string]string{
				"comment_id": "id", "author_uuid": "user.uuid", "author_display_name": "user.display_name", "parent_comment_id": "parent.id",
				"file_path": "inline.path", "is_deleted": "deleted", "created_on": "created_on", "updated_on": "updated_on",
			}),
		kindOf[bitbucket.DefaultReviewer, schemas.DefaultReviewer](schemas.DefaultReviewers, "default_reviewers", typed("user", "uuid"), map[string]string{
			"user_uuid": "uuid", "user_account_id": "account_id", "user_display_name": "display_name", "user_nickname": "nickname",
		}),
		kindOf[bitbucket.Ref, schemas.Branch](schemas.Branches, "branches", typed("branch", "target"), map[string]string{
			"branch_name": "name", "commit_hash": "target.hash", "committed_on": "target.date",
			"author_uuid": "target.author.user.uuid", "author_nickname": "target.author.user.nickname",
		}),
		kindOf[bitbucket.Tag, schemas.Tag](schemas.Tags, "tags", typed("tag", "target"), map[string]string{
			"tag_name": "name", "message": "message", "tagged_on": "date", "commit_hash": "target.hash",
			"tagger_uuid": "tagger.user.uuid", "tagger_display_name": "tagger.user.display_name",
		}),
		kindOf[bitbucket.LoggedCommit, schemas.Commit](schemas.Commits, "commits", typed("commit", "parents"), map[string]string{
			"commit_hash": "hash", "committed_on": "date", "author_uuid": "author.user.uuid", "author_account_id": "author.user.account_id",
			"author_display_name": "author.user.display_name",
		}),
		kindOf[bitbucket.Webhook, schemas.Webhook](schemas.Webhooks, "webhooks", typed("webhook_subscription", "url"), map[string]string{
			"webhook_uuid": "uuid", "description": "description", "is_active": "active", "secret_set": "secret_set", "created_on": "created_at",
		}),
		kindOf[bitbucket.PipelineStep, schemas.PipelineStep](schemas.PipelineSteps, "pipeline_steps", typed("pipeline_step", "run_number"), map[string]string{
			"step_uuid": "uuid", "name": "name", "run_number": "run_number", "state": "state.name", "result_name": "state.result.name",
			"started_on": "started_on", "completed_on": "completed_on", "duration_seconds": "duration_in_seconds", "build_seconds": "build_seconds_used",
		}),
		kindOf[bitbucket.Issue, schemas.Issue](schemas.Issues, "issues", typed("issue", "created_on"), map[string]string{
			"issue_id": "id", "title": "title", "state": "state", "issue_kind": "kind", "priority": "priority", "reporter_uuid": "reporter.uuid",
			"assignee_uuid": "assignee.uuid", "created_on": "created_on", "updated_on": "updated_on",
		}),
		kindOf[bitbucket.BranchRestriction, schemas.BranchRestriction](schemas.BranchRestrictions, "branch_restrictions",
			typed("branchrestriction", "kind"), map[string]string{
				"restriction_id": "id", "kind": "kind", "pattern": "pattern", "branch_match_kind": "branch_match_kind", "required_count": "value",
				"branch_type": "branch_type",
			}),
		kindOf[bitbucket.Pipeline, schemas.Pipeline](schemas.Pipelines, "pipelines", typed("pipeline", "build_number"), map[string]string{
			"pipeline_uuid": "uuid", "build_number": "build_number", "creator_uuid": "creator.uuid", "trigger_name": "trigger.name",
			"target_type": "target.type", "ref_type": "target.ref_type", "ref_name": "target.ref_name", "commit_hash": "target.commit.hash",
			"state": "state.name", "result_name": "state.result.name", "stopped_by_uuid": "state.result.terminator.uuid",
			"created_on": "created_on", "completed_on": "completed_on", "duration_seconds": "duration_in_seconds", "build_seconds": "build_seconds_used",
		}),
		kindOf[bitbucket.Workspace, schemas.Workspace](schemas.Workspaces, "workspaces", typed("workspace", "slug"), map[string]string{
			"workspace_uuid": "uuid", "slug": "slug", "name": "name", "is_private": "is_private", "created_on": "created_on", "updated_on": "updated_on",
		}),
		kindOf[bitbucket.Repository, schemas.Repository](schemas.Repositories, "repositories", typed("repository", "created_on"), map[string]string{
			"repository_uuid": "uuid", "full_name": "full_name", "name": "name", "slug": "slug", "description": "description",
			"project_uuid": "project.uuid", "project_key": "project.key", "is_private": "is_private", "main_language": "language",
			"main_branch": "mainbranch.name", "fork_policy": "fork_policy", "parent_uuid": "parent.uuid", "size_bytes": "size",
			"has_issues": "has_issues", "has_wiki": "has_wiki", "created_on": "created_on", "updated_on": "updated_on",
		}),
		kindOf[bitbucket.PullRequest, schemas.PullRequest](schemas.PullRequests, "pull_requests", typed("pullrequest", "created_on"), map[string]string{
			"pull_request_id": "id", "title": "title", "state": "state", "draft": "draft",
			"author_uuid": "author.uuid", "author_account_id": "author.account_id", "author_display_name": "author.display_name", "author_nickname": "author.nickname",
			"closed_by_uuid": "closed_by.uuid", "closed_by_display_name": "closed_by.display_name",
			"source_branch": "source.branch.name", "source_commit": "source.commit.hash",
			"destination_branch": "destination.branch.name", "destination_commit": "destination.commit.hash", "merge_commit": "merge_commit.hash",
			"close_source_branch": "close_source_branch", "decline_reason": "reason",
			"created_on": "created_on", "updated_on": "updated_on", "closed_on": "closed_on",
		}),
		kindOf[bitbucket.Task, schemas.PullRequestTask](schemas.PullRequestTasks, "pull_request_tasks",
			func(raw map[string]any) bool {
				return raw["creator"] != nil && raw["state"] != nil && raw["content"] != nil && raw["build_number"] == nil
			},
			map[string]string{
				"task_id": "id", "state": "state", "creator_uuid": "creator.uuid", "creator_account_id": "creator.account_id",
				"resolved_by_uuid": "resolved_by.uuid", "resolved_by_display_name": "resolved_by.display_name", "comment_id": "comment.id",
				"created_on": "created_on", "updated_on": "updated_on", "resolved_on": "resolved_on",
			}),
	}
}

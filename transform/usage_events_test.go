package transform_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
	"bucketlake/transform"
)

var at = time.Date(2026, 10, 1, 12, 0, 0, 123456000, time.UTC)

func places() transform.Places {
	return transform.NewPlaces(
		[]*schemas.Project{{UUID: "{p}", Key: "SHOP", Name: "Shop"}},
		[]*schemas.Repository{{UUID: "{r}", Slug: "web", ProjectUUID: "{p}", ProjectKey: "SHOP"}},
		[]*schemas.StoryLink{
			{RepositoryUUID: "{r}", ObjectType: "pull_request", ObjectID: "7", StoryKey: "SHOP-2", FoundIn: "title"},
			{RepositoryUUID: "{r}", ObjectType: "pull_request", ObjectID: "7", StoryKey: "SHOP-2", FoundIn: "branch"},
			{RepositoryUUID: "{r}", ObjectType: "pull_request", ObjectID: "7", StoryKey: "SHOP-1", FoundIn: "branch"},
			{RepositoryUUID: "{r}", ObjectType: "pull_request", ObjectID: "7", StoryKey: "SHOP-3", FoundIn: "title", Synced: schemas.Synced{DeletedAt: at}},
		})
}

func say(events []*schemas.UsageEvent) string {
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%s/%s by %s%s on %s for %s", e.Feature, e.Action, e.UserType, e.UserUUID, e.ObjectID, e.StoryKey))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestEventsOfAPullRequest(t *testing.T) {
	p := places()
	merged := &schemas.PullRequest{
		RepositoryUUID: "{r}", ID: 7, State: "MERGED", Author: schemas.Account{UUID: "{a}", Type: "user"},
		ClosedBy: schemas.Account{Type: "deleted"}, CreatedOn: at, UpdatedOn: at.Add(3 * time.Hour), ClosedOn: at.Add(time.Hour),
	}
	want := strings.Join([]string{
		"pull_requests/merged by deleted on 7 for SHOP-1",
		"pull_requests/opened by user{a} on 7 for SHOP-1",
		"stories/worked_on by deleted on 7 for SHOP-1",
		"stories/worked_on by deleted on 7 for SHOP-2",
		"stories/worked_on by user{a} on 7 for SHOP-1",
		"stories/worked_on by user{a} on 7 for SHOP-2",
	}, "\n")
	events := p.PullRequestEvents(merged)
	if got := say(events); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	ids := map[string]bool{}
	for _, e := range events {
		ids[e.ID] = true
		if e.ProjectKey != "SHOP" || e.ProjectName != "Shop" || e.Repository != "web" || *e.PullRequestID != 7 {
			t.Errorf("places: %+v", e)
		}
		if e.Action == "merged" && !e.OccurredAt.Equal(merged.ClosedOn) {
			t.Errorf("merged at %s", e.OccurredAt)
		}
	}
	if len(ids) != len(events) {
		t.Errorf("%d ids for %d events", len(ids), len(events))
	}
	// An answer without closed_on: the last update stands in, and the deed is the same deed.
	old := *merged
	old.ClosedOn = time.Time{}
	for i, e := range p.PullRequestEvents(&old) {
		if e.ID != events[i].ID {
			t.Errorf("%s/%s has another id", e.Feature, e.Action)
		}
	}
}

func TestEventsOfATask(t *testing.T) {
	p := places()
	task := &schemas.PullRequestTask{
		RepositoryUUID: "{r}", PullRequestID: 8, ID: 5, State: "RESOLVED", Creator: schemas.Account{UUID: "{a}", Type: "user"},
		ResolvedBy: schemas.Account{UUID: "{b}", Type: "app_user"}, CreatedOn: at, ResolvedOn: at.Add(time.Hour),
	}
	if got := say(p.TaskEvents(task)); got != "tasks/created by user{a} on 5 for \ntasks/resolved by app_user{b} on 5 for " {
		t.Errorf("got %s", got)
	}
	reopened := *task
	reopened.ResolvedOn = time.Time{}
	if got := say(p.TaskEvents(&reopened)); got != "tasks/created by user{a} on 5 for " {
		t.Errorf("a task that is open again: %s", got)
	}
}

// TestActivity takes entries of each kind from JSON to rows and events: null users, a deleted
// comment, and an entry that says nothing among them.
func TestActivity(t *testing.T) {
	const entries = `[
		{"pull_request":{"id":7},"approval":{"date":"2026-10-01T12:00:00.123456+00:00","user":{"type":"user","uuid":"{a}","account_id":"1:a","display_name":"Ada","nickname":"ada"}}},
		{"pull_request":{"id":8},"changes_requested":{"date":"2026-10-01T12:00:00.123456+00:00","user":null}},
		{"pull_request":{"id":8},"comment":{"id":99,"deleted":true,"content":null,"user":{"type":"app_user","uuid":"{bot}"},"created_on":"2026-10-01T12:00:00.123456+00:00","inline":{"path":"a.go"},"parent":{"id":98}}},
		{"pull_request":{"id":8},"update":{"date":"2026-10-01T12:00:00.123456+00:00","author":{"type":"user","uuid":"{a}"},"state":"MERGED","changes":{"status":{"old":"open","new":"fulfilled"}}}},
		{"pull_request":{"id":8}},
		{"pull_request":{"id":8},"update":{"date":"2026-10-01T13:00:00.123456+00:00","author":null,"state":"OPEN","changes":{"title":{"old":"a","new":"b"}}}},
		{"pull_request":{"id":8},"update":{"date":"2026-10-01T11:00:00.123456+00:00","author":{"type":"user","uuid":"{a}"},"state":"OPEN","changes":{}}}
	]`
	var decoded []bitbucket.Activity
	if err := json.Unmarshal([]byte(entries), &decoded); err != nil {
		t.Fatal(err)
	}
	objects := make([]any, len(decoded))
	for i := range decoded {
		objects[i] = decoded[i]
	}
	var batch transform.Batch
	if err := batch.Add("pull_request_activity", bitbucket.Parent{Repository: "{r}"}, objects, false); err != nil {
		t.Fatal(err)
	}
	rows := batch.Take(schemas.PullRequestActivity).Rows
	var got []string
	ids := map[string]bool{}
	for _, r := range rows {
		row := r.(*schemas.PullRequestActivityEntry)
		ids[row.ID] = true
		got = append(got, fmt.Sprintf("%s %s%s", row.Kind, row.UserType, row.UserUUID)+": "+strings.ReplaceAll(say(places().ActivityEvents(row)), "\n", "; "))
	}
	want := []string{
		"approval user{a}: reviews/approved by user{a} on 7 for SHOP-1; stories/worked_on by user{a} on 7 for SHOP-1; stories/worked_on by user{a} on 7 for SHOP-2",
		"changes_requested deleted: reviews/changes_requested by deleted on 8 for ",
		"comment app_user{bot}: comments/created by app_user{bot} on 99 for ",
		"update user{a}: ",
		"update deleted: pull_requests/updated by deleted on 8 for ",
		"update user{a}: ",
	}
	if !slices.Equal(got, want) || len(ids) != 6 {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestFeatureUsageCounts(t *testing.T) {
	var u transform.FeatureUsage
	day := func(hours int, user, name string) *schemas.UsageEvent {
		return &schemas.UsageEvent{OccurredAt: at.Add(time.Duration(hours) * time.Hour), UserType: "user", UserUUID: user, DisplayName: name, Feature: "tasks", RepositoryUUID: "{r}"}
	}
	for _, e := range []*schemas.UsageEvent{day(0, "{a}", "Ada"), day(1, "{a}", "Ada L."), day(12, "{a}", "Ada L."), day(0, "{b}", "Bo")} {
		u.Add(e)
	}
	var got []string
	for _, r := range u.Rows() {
		d := r.(*schemas.FeatureUsageDay)
		got = append(got, fmt.Sprint(d.Day.Time().Format(time.DateOnly), " ", d.DisplayName, " ", d.Events))
	}
	slices.Sort(got)
	if fmt.Sprint(got) != "[2026-10-01 Ada L. 2 2026-10-01 Bo 1 2026-10-02 Ada L. 1]" {
		t.Errorf("got %v", got)
	}
}

func TestAnObjectWithoutATableIsAnError(t *testing.T) {
	var batch transform.Batch
	if err := batch.Add("members", bitbucket.Parent{}, []any{42}, false); err == nil {
		t.Error("no error")
	}
}

package transform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bucketlake/schemas"
	"bucketlake/transform"
)

// TestStoryActivity counts what is the same once: a person and a commit that come twice, tasks of one
// number in two repositories, a pull request of one number in two.
func TestStoryActivity(t *testing.T) {
	seven, eight := int64(7), int64(8)
	event := func(story, user, kind, repository, object, id string, pr *int64, days int) *schemas.UsageEvent {
		return &schemas.UsageEvent{
			Feature: schemas.FeatureStories, Action: schemas.ActionWorkedOn, StoryKey: story, UserUUID: user, UserType: kind,
			RepositoryUUID: repository, ObjectType: object, ObjectID: id, PullRequestID: pr, OccurredAt: at.AddDate(0, 0, days),
		}
	}
	events := []*schemas.UsageEvent{
		event("A-1", "{a}", "user", "{r}", "pull_request", "7", &seven, 0),
		event("A-1", "{a}", "user", "{r}", "task", "5", &seven, 3),
		event("A-1", "{b}", "user", "{r}", "task", "5", &seven, 40),
		event("A-1", "{b}", "user", "{s}", "task", "5", &seven, -40),
		event("A-1", "", "deleted", "{r}", "comment", "9", &eight, 1),
		event("A-1", "{bot}", "app_user", "{r}", "pull_request", "8", &eight, 2),
		event("A-1", "", "unknown", "{t}", "commit", "beef", nil, 2),
		event("A-1", "", "unknown", "{t}", "commit", "beef", nil, 2),
		event("A-10", "{a}", "user", "{t}", "commit", "cafe", nil, 5),
		{Feature: schemas.FeatureCode, StoryKey: "A-10", UserUUID: "{c}", UserType: "user", ObjectType: "commit", ObjectID: "cafe", OccurredAt: at},
	}
	want := `A-10: 1 people, 0 pull requests, 1 commits, 0 tasks, 1 repositories, 1 events, 120h0m0s to 120h0m0s
A-1: 2 people, 3 pull requests, 1 commits, 2 tasks, 3 repositories, 8 events, -960h0m0s to 960h0m0s`
	for range 2 { // and in the other order
		var work transform.StoryWork
		for _, e := range events {
			work.Add(e)
		}
		var got []string
		for _, row := range work.Rows() {
			r := row.(*schemas.StoryActivity)
			got = append(got, fmt.Sprintf("%s: %d people, %d pull requests, %d commits, %d tasks, %d repositories, %d events, %s to %s",
				r.StoryKey, r.People, r.PullRequests, r.Commits, r.Tasks, r.Repositories, r.Events, r.FirstActivity.Sub(at), r.LastActivity.Sub(at)))
		}
		slices.Sort(got)
		if strings.Join(got, "\n") != want {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
		slices.Reverse(events)
	}
}

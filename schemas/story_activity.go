package schemas

import "time"

// StoryActivity is the work on one story.
type StoryActivity struct {
	StoryKey      string    `col:"story_key,key" doc:"the story's key in Jira, such as ABC-12" from:"usage_events.story_key"`
	People        int64     `col:"people,repeats" doc:"people who worked on it; deleted accounts, apps and authors of whom no account is known do not count" from:"(usage_events.user_uuid where user_type is user, counted)"`
	PullRequests  int64     `col:"pull_requests,repeats" doc:"pull requests that name it now and in which something was done" from:"(usage_events.repository_uuid and pull_request_id, counted)"`
	Commits       int64     `col:"commits,repeats" doc:"commits that name it; the same commit in a fork counts once" from:"(usage_events.object_id where object_type is commit, counted)"`
	Tasks         int64     `col:"tasks,repeats" doc:"tasks on those pull requests" from:"(usage_events.object_id where object_type is task, counted)"`
	Repositories  int64     `col:"repositories,repeats" doc:"repositories in which it was worked on" from:"(usage_events.repository_uuid, counted)"`
	Events        int64     `col:"events" doc:"usage events that say that the story was worked on, whoever did it" from:"(usage_events where feature is stories, counted)"`
	FirstActivity time.Time `col:"first_activity" doc:"when it was first worked on; a commit bears the date that its author's clock had" from:"(the first usage_events.occurred_at)"`
	LastActivity  time.Time `col:"last_activity" doc:"when it was last worked on; a commit's date may be ahead" from:"(the last usage_events.occurred_at)"`
	Synced
}

// StoryActivities is the table of StoryActivity.
var StoryActivities = derived(table[StoryActivity]("story_activity", 1, "",
	"The work on one story: who, and in what. Work is what was done with a pull request that names the story in its title or source branch, and each commit that names it.")).
	from("usage_events")

package schemas

import "time"

// UsageEvent is one thing that somebody did.
type UsageEvent struct {
	OccurredAt     time.Time `col:"occurred_at,key" doc:"when it was done" from:"(when the row says that it was done)"`
	ID             string    `col:"event_id,key" doc:"made from what the event says, so that the same deed is the same row for ever" from:"(a hash of what the event says)"`
	UserUUID       string    `col:"user_uuid,null,repeats,lookup" doc:"who did it; null for a deleted account" from:"(who the row says did it)"`
	AccountID      string    `col:"account_id,null,repeats" doc:"the account's id across Atlassian products; joins Jira" from:"(who the row says did it)"`
	DisplayName    string    `col:"display_name,null,repeats,pii" doc:"the account's name" from:"(who the row says did it)"`
	Nickname       string    `col:"nickname,null,repeats,pii" doc:"the account's short name" from:"(who the row says did it)"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team, deleted, or unknown: an author of commits whose e-mail address belongs to no account" from:"(who the row says did it)"`
	Feature        string    `col:"feature,repeats" doc:"the feature of Bitbucket that was used: code, tags, pull_requests, reviews, comments, tasks, pipelines, deployments, snippets, downloads or stories" from:"(the table, and what the row says)"`
	Action         string    `col:"action,repeats" doc:"what was done with it: opened, updated, merged, declined, superseded, approved, changes_requested, created, resolved, committed, uploaded, run, stopped, deployed or worked_on" from:"(the table, and what the row says)"`
	ProjectKey     string    `col:"project_key,null,repeats" doc:"the project of the repository, as it is now" from:"projects.project_key"`
	ProjectName    string    `col:"project_name,null,repeats" doc:"that project's name" from:"projects.name"`
	RepositoryUUID string    `col:"repository_uuid,repeats" doc:"the repository; empty for snippets" from:"(the row)"`
	Repository     string    `col:"repository,null,repeats" doc:"the repository's slug, as it is now" from:"repositories.slug"`
	ObjectType     string    `col:"object_type,repeats" doc:"what it was done to: pull_request, comment, task, commit, tag, pipeline, deployment, download or snippet" from:"(the table)"`
	ObjectID       string    `col:"object_id,lookup" doc:"that object's number, hash or name" from:"(the row)"`
	PullRequestID  *int64    `col:"pull_request_id" doc:"the pull request that the object belongs to" from:"(the row)"`
	StoryKey       string    `col:"story_key,null,repeats,lookup" doc:"the story; for other features than stories the first of those that the pull request or the commit names" from:"(story_links of the pull request, commits.message)"`
	Synced
}

// The features and actions of usage events.
const (
	FeaturePullRequests = "pull_requests"
	FeatureReviews      = "reviews"
	FeatureComments     = "comments"
	FeatureTasks        = "tasks"
	FeatureStories      = "stories"
	FeatureCode         = "code"
	FeatureTags         = "tags"
	FeatureDownloads    = "downloads"
	FeatureSnippets     = "snippets"
	FeaturePipelines    = "pipelines"
	FeatureDeployments  = "deployments"

	ActionOpened           = "opened"
	ActionMerged           = "merged"
	ActionDeclined         = "declined"
	ActionSuperseded       = "superseded"
	ActionApproved         = "approved"
	ActionChangesRequested = "changes_requested"
	ActionCreated          = "created"
	ActionResolved         = "resolved"
	ActionWorkedOn         = "worked_on"
	ActionCommitted        = "committed"
	ActionUploaded         = "uploaded"
	ActionRun              = "run"
	ActionStopped          = "stopped"
	ActionUpdated          = "updated"
	ActionDeployed         = "deployed"
)

// UsageEvents is the table of UsageEvent.
var UsageEvents = derived(table[UsageEvent]("usage_events", 1, "occurred_at",
	"One thing that one account did with one feature. Month: when it was done.")).
	from("pull_requests, pull_request_activity, pull_request_comments, pull_request_tasks, commits, tags, pipelines, deployments, downloads, snippets")

package schemas

import "time"

// UsageEvent is one thing that somebody did.
type UsageEvent struct {
	OccurredAt     time.Time `col:"occurred_at,key" doc:"when it was done"`
	ID             string    `col:"event_id,key" doc:"made from what the event says, so that the same deed is the same row for ever"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who did it; null for a deleted account"`
	AccountID      string    `col:"account_id,null,repeats" doc:"the account's id across Atlassian products; joins Jira"`
	DisplayName    string    `col:"display_name,null,repeats,pii" doc:"the account's name"`
	Nickname       string    `col:"nickname,null,repeats,pii" doc:"the account's short name"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team, deleted, or unknown: an author of commits whose e-mail address belongs to no account"`
	Feature        string    `col:"feature,repeats" doc:"the feature of Bitbucket that was used: code, tags, pull_requests, reviews, comments, tasks, pipelines, deployments, snippets, downloads or stories"`
	Action         string    `col:"action,repeats" doc:"what was done with it: opened, updated, merged, declined, superseded, approved, changes_requested, created, resolved, committed, uploaded, run, stopped, deployed or worked_on"`
	ProjectKey     string    `col:"project_key,null,repeats" doc:"the project of the repository, as it is now"`
	ProjectName    string    `col:"project_name,null,repeats" doc:"that project's name"`
	RepositoryUUID string    `col:"repository_uuid,repeats" doc:"the repository; empty for snippets"`
	Repository     string    `col:"repository,null,repeats" doc:"the repository's slug, as it is now"`
	ObjectType     string    `col:"object_type,repeats" doc:"what it was done to: pull_request, comment, task, commit, tag, pipeline, deployment, download or snippet"`
	ObjectID       string    `col:"object_id" doc:"that object's number, hash or name"`
	PullRequestID  *int64    `col:"pull_request_id" doc:"the pull request that the object belongs to"`
	StoryKey       string    `col:"story_key,null,repeats" doc:"the story; for other features than stories the first of those that the pull request or the commit names"`
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
	"One thing that one account did with one feature. Month: when it was done."))

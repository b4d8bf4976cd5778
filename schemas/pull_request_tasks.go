package schemas

import "time"

// PullRequestTask is one task on a pull request.
type PullRequestTask struct {
	RepositoryUUID        string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository"`
	PullRequestID         int64     `col:"pull_request_id,key" doc:"the pull request's number"`
	ID                    int64     `col:"task_id,key" doc:"the task's number"`
	State                 string    `col:"state,repeats" doc:"UNRESOLVED or RESOLVED"`
	CreatorUUID           string    `col:"creator_uuid,null,repeats" doc:"who wrote the task; null for a deleted account"`
	CreatorAccountID      string    `col:"creator_account_id,null,repeats" doc:"the creator's id across Atlassian products"`
	CreatorDisplayName    string    `col:"creator_display_name,null,repeats" doc:"the creator's name"`
	CreatorNickname       string    `col:"creator_nickname,null,repeats" doc:"the creator's short name"`
	CreatorType           string    `col:"creator_type,repeats" doc:"user, app_user, team or deleted"`
	ResolvedByUUID        string    `col:"resolved_by_uuid,null,repeats" doc:"who resolved it; null while it is not, or for a deleted account"`
	ResolvedByAccountID   string    `col:"resolved_by_account_id,null,repeats" doc:"that account's id across Atlassian products"`
	ResolvedByDisplayName string    `col:"resolved_by_display_name,null,repeats" doc:"that account's name"`
	ResolvedByNickname    string    `col:"resolved_by_nickname,null,repeats" doc:"that account's short name"`
	ResolvedByType        string    `col:"resolved_by_type,null,repeats" doc:"user, app_user, team or deleted; null while it is not resolved"`
	CommentID             *int64    `col:"comment_id" doc:"the comment that the task stands on"`
	CreatedOn             time.Time `col:"created_on" doc:"when it was written"`
	UpdatedOn             time.Time `col:"updated_on,null" doc:"when it was last changed"`
	ResolvedOn            time.Time `col:"resolved_on,null" doc:"when it was resolved; null while it is not"`
	PullRequestCreatedOn  time.Time `col:"pull_request_created_on" doc:"when the pull request was opened"`
	Synced
}

// PullRequestTasks is the table of PullRequestTask.
var PullRequestTasks = table[PullRequestTask]("pull_request_tasks", 1, "pull_request_created_on",
	"One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.")

package schemas

import "time"

// PullRequestTask is one task on a pull request.
type PullRequestTask struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number"`
	ID                   int64     `col:"task_id,key" doc:"the task's number"`
	State                string    `col:"state,repeats" doc:"UNRESOLVED or RESOLVED"`
	Creator              Account   `col:"creator" doc:"who wrote the task"`
	ResolvedBy           Account   `col:"resolved_by,null" doc:"who resolved it, null while it is not"`
	CommentID            *int64    `col:"comment_id" doc:"the comment that the task stands on"`
	CreatedOn            time.Time `col:"created_on" doc:"when it was written"`
	UpdatedOn            time.Time `col:"updated_on,null" doc:"when it was last changed"`
	ResolvedOn           time.Time `col:"resolved_on,null" doc:"when it was resolved; null while it is not"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened"`
	Synced
}

// PullRequestTasks is the table of PullRequestTask.
var PullRequestTasks = table[PullRequestTask]("pull_request_tasks", 1, "pull_request_created_on",
	"One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.")

package schemas

import "time"

// PullRequestTask is one task on a pull request.
type PullRequestTask struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository" from:"(the repository that is asked)"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number" from:"(the pull request that is asked)"`
	ID                   int64     `col:"task_id,key" doc:"the task's number" from:"id"`
	State                string    `col:"state,repeats" doc:"UNRESOLVED or RESOLVED" from:"state"`
	Creator              Account   `col:"creator" doc:"who wrote the task" from:"creator"`
	ResolvedBy           Account   `col:"resolved_by,null" doc:"who resolved it, null while it is not" from:"resolved_by"`
	CommentID            *int64    `col:"comment_id" doc:"the comment that the task stands on" from:"comment.id"`
	CreatedOn            time.Time `col:"created_on" doc:"when it was written" from:"created_on"`
	UpdatedOn            time.Time `col:"updated_on,null" doc:"when it was last changed" from:"updated_on"`
	ResolvedOn           time.Time `col:"resolved_on,null" doc:"when it was resolved; null while it is not" from:"resolved_on"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened" from:"(created_on of the pull request)"`
	Synced
}

// PullRequestTasks is the table of PullRequestTask.
var PullRequestTasks = table[PullRequestTask]("pull_request_tasks", 1, "pull_request_created_on",
	"One task on a pull request. Month: when the pull request was opened, so that the tasks of one pull request stand together.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks")

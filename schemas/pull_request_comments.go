package schemas

import "time"

// PullRequestComment is one comment on a pull request.
type PullRequestComment struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository" from:"(the repository that is asked)"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number" from:"(the pull request that is asked)"`
	ID                   int64     `col:"comment_id,key" doc:"the comment's number" from:"id"`
	Author               Account   `col:"author" doc:"who wrote it" from:"user"`
	ParentID             *int64    `col:"parent_comment_id" doc:"the comment that it replies to" from:"parent.id" refers:"pull_request_comments"`
	FilePath             string    `col:"file_path,null,repeats" doc:"for a comment on a line of code: the file" from:"inline.path"`
	IsDeleted            bool      `col:"is_deleted" doc:"whether it was deleted: it stays in its place, without its text" from:"deleted"`
	Resolver             Account   `col:"resolved_by,null" doc:"who resolved the discussion, null while nobody has" from:"resolution.user"`
	ResolvedOn           time.Time `col:"resolved_on,null" doc:"when the discussion was resolved; null while it is not" from:"resolution.created_on"`
	CreatedOn            time.Time `col:"created_on" doc:"when it was written" from:"created_on"`
	UpdatedOn            time.Time `col:"updated_on,null" doc:"when it was last changed" from:"updated_on"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened" from:"(created_on of the pull request)"`
	Synced
}

// PullRequestComments is the table of PullRequestComment.
var PullRequestComments = table[PullRequestComment]("pull_request_comments", 1, "pull_request_created_on",
	"One comment on a pull request that has any which are not deleted; what it says is not kept. Month: when the pull request was opened.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments")

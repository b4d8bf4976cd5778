package schemas

import "time"

// IssueComment is one comment on an issue.
type IssueComment struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	IssueID        int64     `col:"issue_id,key" doc:"the issue's number in the repository" from:"(the issue that is asked)"`
	ID             int64     `col:"comment_id,key" doc:"the comment's number" from:"id"`
	Author         Account   `col:"author" doc:"who wrote it" from:"user"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was written" from:"created_on"`
	UpdatedOn      time.Time `col:"updated_on,null" doc:"when it was last changed; mostly null" from:"updated_on"`
	Synced
}

// IssueComments is the table of IssueComment.
var IssueComments = table[IssueComment]("issue_comments", 1, "", "One comment on an issue; what it says is not kept. Retired as issues is.").
	from("/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments")

package schemas

import "time"

// IssueComment is one comment on an issue.
type IssueComment struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	IssueID        int64     `col:"issue_id,key" doc:"the issue's number in the repository"`
	ID             int64     `col:"comment_id,key" doc:"the comment's number"`
	Author         Account   `col:"author" doc:"who wrote it"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was written"`
	UpdatedOn      time.Time `col:"updated_on,null" doc:"when it was last changed; mostly null"`
	Synced
}

// IssueComments is the table of IssueComment.
var IssueComments = table[IssueComment]("issue_comments", 1, "", "One comment on an issue; what it says is not kept. Retired as issues is.")

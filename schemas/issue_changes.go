package schemas

import "time"

// IssueChange is one change of an issue.
type IssueChange struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	IssueID        int64     `col:"issue_id,key" doc:"the issue's number in the repository" from:"(the issue that is asked)"`
	ID             int64     `col:"change_id,key" doc:"the change's number" from:"id"`
	Author         Account   `col:"author" doc:"who changed it" from:"user"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was changed" from:"created_on"`
	Changes        string    `col:"changes,null" doc:"the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names" from:"changes"`
	Synced
}

// IssueChanges is the table of IssueChange.
var IssueChanges = table[IssueChange]("issue_changes", 1, "", "One change of an issue's fields. Retired as issues is.").
	from("/repositories/{workspace}/{repo_slug}/issues/{issue_id}/changes")

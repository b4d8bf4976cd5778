package schemas

import "time"

// Issue is one issue.
type Issue struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	IssueID        int64     `col:"issue_id,key" doc:"the issue's number in the repository"`
	Title          string    `col:"title,null" doc:"its title"`
	State          string    `col:"state,null,repeats" doc:"new, open, resolved, on hold, invalid, duplicate, wontfix or closed"`
	Kind           string    `col:"issue_kind,null,repeats" doc:"bug, enhancement, proposal or task"`
	Priority       string    `col:"priority,null,repeats" doc:"trivial, minor, major, critical or blocker"`
	Reporter       Account   `col:"reporter" doc:"who reported it"`
	Assignee       Account   `col:"assignee,null" doc:"whose it is, null where nobody's"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was reported"`
	UpdatedOn      time.Time `col:"updated_on,null" doc:"when it was last changed"`
	Synced
}

// Issues is the table of Issue.
var Issues = table[Issue]("issues", 1, "", "One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.")

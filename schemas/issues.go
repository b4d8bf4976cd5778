package schemas

import "time"

// Issue is one issue.
type Issue struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	IssueID        int64     `col:"issue_id,key" doc:"the issue's number in the repository" from:"id"`
	Title          string    `col:"title,null" doc:"its title" from:"title"`
	State          string    `col:"state,null,repeats" doc:"new, open, resolved, on hold, invalid, duplicate, wontfix or closed" from:"state"`
	Kind           string    `col:"issue_kind,null,repeats" doc:"bug, enhancement, proposal or task" from:"kind"`
	Priority       string    `col:"priority,null,repeats" doc:"trivial, minor, major, critical or blocker" from:"priority"`
	Reporter       Account   `col:"reporter" doc:"who reported it" from:"reporter"`
	Assignee       Account   `col:"assignee,null" doc:"whose it is, null where nobody's" from:"assignee"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was reported" from:"created_on"`
	UpdatedOn      time.Time `col:"updated_on,null" doc:"when it was last changed" from:"updated_on"`
	Synced
}

// Issues is the table of Issue.
var Issues = table[Issue]("issues", 1, "", "One issue. Bitbucket removed its tracker on 2026-08-20: there are rows only where it answers yet.").
	from("/repositories/{workspace}/{repo_slug}/issues")

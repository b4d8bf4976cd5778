package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).issue)

func (b *Batch) issue(parent bitbucket.Parent, i bitbucket.Issue) {
	row := &schemas.Issue{
		RepositoryUUID: parent.Repository, IssueID: i.ID, Title: i.Title, State: i.State, Kind: i.Kind, Priority: i.Priority,
		Reporter: who(i.Reporter), CreatedOn: i.CreatedOn, UpdatedOn: i.UpdatedOn,
	}
	if i.Assignee != nil { // null is nobody as well as an account that was deleted
		row.Assignee = who(i.Assignee)
	}
	b.add(schemas.Issues, row)
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).issueChange)

func (b *Batch) issueChange(parent bitbucket.Parent, c bitbucket.IssueChange) {
	row := &schemas.IssueChange{RepositoryUUID: parent.Repository, IssueID: c.Issue, ID: c.ID, Author: who(c.User), CreatedOn: c.CreatedOn}
	if text := string(c.Changes); text != "null" && text != "{}" {
		row.Changes = text
	}
	b.add(schemas.IssueChanges, row)
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).issueChange)

func (b *Batch) issueChange(parent bitbucket.Parent, c bitbucket.IssueChange) {
	b.add(schemas.IssueChanges, &schemas.IssueChange{
		RepositoryUUID: parent.Repository, IssueID: c.Issue, ID: c.ID, Author: who(c.User), CreatedOn: c.CreatedOn, Changes: changes(c.Changes),
	})
}

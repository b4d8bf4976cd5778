package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).issueComment)

func (b *Batch) issueComment(parent bitbucket.Parent, c bitbucket.IssueComment) {
	b.add(schemas.IssueComments, &schemas.IssueComment{
		RepositoryUUID: parent.Repository, IssueID: c.Issue, ID: c.ID, Author: who(c.User), CreatedOn: c.CreatedOn, UpdatedOn: c.UpdatedOn,
	})
}

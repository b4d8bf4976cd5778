package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pullRequestComment)

func (b *Batch) pullRequestComment(parent bitbucket.Parent, c bitbucket.PullRequestComment) {
	row := &schemas.PullRequestComment{
		RepositoryUUID: parent.Repository, PullRequestID: parent.PullRequest, ID: c.ID, Author: who(c.User), IsDeleted: c.Deleted,
		CreatedOn: c.CreatedOn, UpdatedOn: c.UpdatedOn, PullRequestCreatedOn: parent.CreatedOn,
	}
	if c.Inline != nil {
		row.FilePath = c.Inline.Path
	}
	if c.Parent != nil {
		row.ParentID = &c.Parent.ID
	}
	if c.Resolution != nil {
		row.Resolver, row.ResolvedOn = who(c.Resolution.User), c.Resolution.CreatedOn
	}
	b.add(schemas.PullRequestComments, row)
}

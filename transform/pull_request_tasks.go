package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pullRequestTask)

func (b *Batch) pullRequestTask(parent bitbucket.Parent, t bitbucket.Task) {
	row := &schemas.PullRequestTask{
		RepositoryUUID: parent.Repository, PullRequestID: parent.PullRequest, ID: t.ID, State: t.State,
		Creator:   who(t.Creator),
		CreatedOn: t.CreatedOn, UpdatedOn: t.UpdatedOn, PullRequestCreatedOn: parent.CreatedOn,
	}
	if t.State == "RESOLVED" {
		row.ResolvedBy, row.ResolvedOn = who(t.ResolvedBy), t.ResolvedOn
	}
	if t.Comment != nil {
		row.CommentID = &t.Comment.ID
	}
	b.add(schemas.PullRequestTasks, row)
}

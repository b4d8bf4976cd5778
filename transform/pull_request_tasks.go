package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

func (b *Batch) pullRequestTask(parent bitbucket.Parent, t bitbucket.Task) {
	creator := who(t.Creator)
	row := &schemas.PullRequestTask{
		RepositoryUUID: parent.Repository, PullRequestID: parent.PullRequest, ID: t.ID, State: t.State,
		CreatorUUID: creator.uuid, CreatorAccountID: creator.accountID, CreatorDisplayName: creator.displayName,
		CreatorNickname: creator.nickname, CreatorType: creator.kind,
		CreatedOn: t.CreatedOn, UpdatedOn: t.UpdatedOn, PullRequestCreatedOn: parent.CreatedOn,
	}
	if t.State == "RESOLVED" {
		by := who(t.ResolvedBy)
		row.ResolvedByUUID, row.ResolvedByAccountID, row.ResolvedByDisplayName = by.uuid, by.accountID, by.displayName
		row.ResolvedByNickname, row.ResolvedByType, row.ResolvedOn = by.nickname, by.kind, t.ResolvedOn
	}
	if t.Comment != nil {
		row.CommentID = &t.Comment.ID
	}
	b.add(schemas.PullRequestTasks, row)
}

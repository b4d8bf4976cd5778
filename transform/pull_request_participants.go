package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

func (b *Batch) participants(parent bitbucket.Parent, pr bitbucket.PullRequest) {
	deleted := int64(0) // accounts: null each, told apart by their order
	for _, p := range pr.Participants {
		user := who(p.User)
		row := &schemas.PullRequestParticipant{
			RepositoryUUID: parent.Repository, PullRequestID: pr.ID,
			UserUUID: user.UUID, AccountID: user.AccountID, DisplayName: user.DisplayName, Nickname: user.Nickname, UserType: user.Type,
			Role: p.Role, Approved: p.Approved, State: p.State, ParticipatedOn: p.ParticipatedOn,
			PullRequestCreatedOn: pr.CreatedOn,
		}
		if user.Type == schemas.UserTypeDeleted {
			row.Occurrence = deleted
			deleted++
		}
		b.add(schemas.PullRequestParticipants, row)
	}
	b.complete(schemas.PullRequestParticipants, parent)
}

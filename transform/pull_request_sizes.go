package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pullRequestSize)

func (b *Batch) pullRequestSize(parent bitbucket.Parent, s bitbucket.PullRequestSize) {
	b.add(schemas.PullRequestSizes, &schemas.PullRequestSize{
		RepositoryUUID: parent.Repository, PullRequestID: parent.PullRequest, Files: s.Files, LinesAdded: s.LinesAdded, LinesRemoved: s.LinesRemoved,
		PullRequestCreatedOn: parent.CreatedOn,
	})
}

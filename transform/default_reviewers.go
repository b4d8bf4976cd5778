package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).defaultReviewer)

// defaultReviewer makes the row of a reviewer. A deleted account has no row: nothing could tell it from another one.
func (b *Batch) defaultReviewer(parent bitbucket.Parent, r bitbucket.DefaultReviewer) {
	if account := bitbucket.Account(r); account.UUID != "" {
		b.add(schemas.DefaultReviewers, &schemas.DefaultReviewer{RepositoryUUID: parent.Repository, User: who(&account)})
	}
}

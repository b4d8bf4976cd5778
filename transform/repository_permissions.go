package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).repositoryPermission)

// repositoryPermission makes the row of a right. A deleted account has no row: nothing could tell it from another one.
func (b *Batch) repositoryPermission(_ bitbucket.Parent, p bitbucket.RepositoryPermission) {
	if p.User != nil && p.User.UUID != "" {
		b.add(schemas.RepositoryPermissions, &schemas.RepositoryPermission{RepositoryUUID: p.Repository.UUID, User: who(p.User), Permission: p.Permission})
	}
}

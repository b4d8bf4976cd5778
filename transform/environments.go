package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).environment)

func (b *Batch) environment(parent bitbucket.Parent, e bitbucket.Environment) {
	row := &schemas.Environment{RepositoryUUID: parent.Repository, UUID: e.UUID, Name: e.Name, Slug: e.Slug, Rank: e.Rank, IsHidden: e.Hidden}
	if e.Type != nil {
		row.Type = e.Type.Name
	}
	if e.Lock != nil {
		row.Lock = e.Lock.Name
	}
	if e.Restrictions != nil {
		row.IsAdminOnly = e.Restrictions.AdminOnly
	}
	b.add(schemas.Environments, row)
}

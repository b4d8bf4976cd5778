package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).workspace)

func (b *Batch) workspace(_ bitbucket.Parent, w bitbucket.Workspace) {
	b.add(schemas.Workspaces, &schemas.Workspace{
		UUID: w.UUID, Slug: w.Slug, Name: w.Name, IsPrivate: w.IsPrivate,
		CreatedOn: w.CreatedOn, UpdatedOn: w.UpdatedOn,
	})
}

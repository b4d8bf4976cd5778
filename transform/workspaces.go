package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

func (b *Batch) workspace(w bitbucket.Workspace) {
	b.add(schemas.Workspaces, &schemas.Workspace{
		UUID: w.UUID, Slug: w.Slug, Name: w.Name, IsPrivate: w.IsPrivate,
		CreatedOn: w.CreatedOn, UpdatedOn: w.UpdatedOn,
	})
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

func (b *Batch) project(p bitbucket.Project) {
	b.add(schemas.Projects, &schemas.Project{
		UUID: p.UUID, Key: p.Key, Name: p.Name, Description: p.Description, IsPrivate: p.IsPrivate,
		CreatedOn: p.CreatedOn, UpdatedOn: p.UpdatedOn,
	})
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).project)

func (b *Batch) project(_ bitbucket.Parent, p bitbucket.Project) {
	b.add(schemas.Projects, &schemas.Project{
		UUID: p.UUID, Key: p.Key, Name: p.Name, Description: p.Description, IsPrivate: p.IsPrivate,
		CreatedOn: p.CreatedOn, UpdatedOn: p.UpdatedOn,
	})
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).repository)

func (b *Batch) repository(_ bitbucket.Parent, r bitbucket.Repository) {
	row := &schemas.Repository{
		UUID: r.UUID, Slug: r.Slug, FullName: r.FullName, Name: r.Name, Description: r.Description,
		IsPrivate: r.IsPrivate, Language: r.Language, ForkPolicy: r.ForkPolicy, SizeBytes: r.Size,
		HasIssues: r.HasIssues, HasWiki: r.HasWiki, CreatedOn: r.CreatedOn, UpdatedOn: r.UpdatedOn,
	}
	if r.Project != nil {
		row.ProjectUUID, row.ProjectKey = r.Project.UUID, r.Project.Key
	}
	if r.MainBranch != nil {
		row.MainBranch = r.MainBranch.Name
	}
	if r.Parent != nil {
		row.ParentUUID = r.Parent.UUID
	}
	b.add(schemas.Repositories, row)
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).snippet)

func (b *Batch) snippet(_ bitbucket.Parent, s bitbucket.Snippet) {
	b.add(schemas.Snippets, &schemas.Snippet{
		ID: string(s.ID), Title: s.Title, IsPrivate: s.IsPrivate, Creator: who(s.Creator), CreatedOn: s.CreatedOn, UpdatedOn: s.UpdatedOn,
	})
}

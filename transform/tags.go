package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).tag)

func (b *Batch) tag(parent bitbucket.Parent, t bitbucket.Tag) {
	row := &schemas.Tag{RepositoryUUID: parent.Repository, Name: t.Name, Message: t.Message, TaggedOn: t.Date}
	if t.Tagger != nil {
		row.Tagger, _ = author(t.Tagger)
	}
	if t.Target != nil {
		row.CommitHash = t.Target.Hash
	}
	b.add(schemas.Tags, row)
}

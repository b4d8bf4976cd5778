package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).branch)

func (b *Batch) branch(parent bitbucket.Parent, r bitbucket.Ref) {
	row := &schemas.Branch{RepositoryUUID: parent.Repository, Name: r.Name, StoryKeys: texts(b.Stories.Keys(r.Name))}
	if head := r.Target; head != nil {
		row.CommitHash, row.CommittedOn = head.Hash, head.Date
		row.Author, _ = author(head.Author)
	}
	b.add(schemas.Branches, row)
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).download)

func (b *Batch) download(parent bitbucket.Parent, d bitbucket.Download) {
	b.add(schemas.Downloads, &schemas.Download{
		RepositoryUUID: parent.Repository, Name: d.Name, SizeBytes: d.Size, Downloads: d.Downloads, Uploader: who(d.User), CreatedOn: d.CreatedOn,
	})
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).workspaceWebhook)

func (b *Batch) workspaceWebhook(_ bitbucket.Parent, h bitbucket.WorkspaceWebhook) {
	b.add(schemas.WorkspaceWebhooks, &schemas.WorkspaceWebhook{
		UUID: h.UUID, Description: h.Description, Host: host(h.URL), IsActive: h.Active, Events: texts(h.Events), SecretSet: h.SecretSet, CreatedOn: h.CreatedAt,
	})
}

package transform

import (
	"net/url"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).webhook)

func (b *Batch) webhook(parent bitbucket.Parent, h bitbucket.Webhook) {
	b.add(schemas.Webhooks, &schemas.Webhook{
		RepositoryUUID: parent.Repository, UUID: h.UUID, Description: h.Description, Host: host(h.URL), IsActive: h.Active,
		Events: texts(h.Events), SecretSet: h.SecretSet, CreatedOn: h.CreatedAt,
	})
}

// host is what is kept of an address: its path or its query may be a secret.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

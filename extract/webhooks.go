package extract

import (
	"time"

	"bucketlake/extract/bitbucket"
)

// Webhooks reads the webhooks of each repository. Only its administrators see them.
var Webhooks = Stream{
	Name: "webhooks", Scopes: []string{"webhook"},
	Reader: list[bitbucket.Webhook]{
		path: "/repositories/%s/%s/hooks", pace: slow, optional: true, id: func(h bitbucket.Webhook) string { return h.UUID },
		when: func(h bitbucket.Webhook) time.Time { return h.CreatedAt },
	}.repositories(),
}

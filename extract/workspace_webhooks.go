package extract

import "bucketlake/extract/bitbucket"

// WorkspaceWebhooks reads the webhooks of the workspace. Only its administrators see them.
var WorkspaceWebhooks = Stream{
	Name: "workspace_webhooks", Scopes: []string{"webhook"},
	Reader: list[bitbucket.WorkspaceWebhook]{
		path: "/workspaces/%s/hooks", pace: slow, optional: true, id: func(h bitbucket.WorkspaceWebhook) string { return h.UUID },
	}.workspace(),
}

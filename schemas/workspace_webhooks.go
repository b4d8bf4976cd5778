package schemas

import "time"

// WorkspaceWebhook is one webhook of the workspace.
type WorkspaceWebhook struct {
	UUID        string    `col:"workspace_webhook_uuid,key" doc:"the webhook's uuid, in braces" from:"uuid"`
	Description string    `col:"description,null" doc:"its description" from:"description"`
	Host        string    `col:"url_host,null,repeats" doc:"the host that is called; the rest of the address may be a secret and is not kept" from:"url"`
	IsActive    *bool     `col:"is_active" doc:"whether it is called" from:"active"`
	Events      string    `col:"events,null,repeats" doc:"what it is called for, such as repo:push, as a JSON list in order" from:"events"`
	SecretSet   *bool     `col:"secret_set" doc:"whether calls are signed" from:"secret_set"`
	CreatedOn   time.Time `col:"created_on,null" doc:"when it was made" from:"created_at"`
	Synced
}

// WorkspaceWebhooks is the table of WorkspaceWebhook.
var WorkspaceWebhooks = table[WorkspaceWebhook]("workspace_webhooks", 1, "", "One webhook of the whole workspace. Bitbucket shows them to its administrators only.").
	from("/workspaces/{workspace}/hooks")

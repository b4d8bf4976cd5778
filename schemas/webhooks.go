package schemas

import "time"

// Webhook is one webhook of a repository.
type Webhook struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	UUID           string    `col:"webhook_uuid,key" doc:"the webhook's uuid, in braces" from:"uuid" refers:"-"`
	Description    string    `col:"description,null" doc:"its description" from:"description"`
	Host           string    `col:"url_host,null,repeats" doc:"the host that is called; the rest of the address may be a secret and is not kept" from:"url"`
	IsActive       *bool     `col:"is_active" doc:"whether it is called" from:"active"`
	Events         string    `col:"events,null,repeats" doc:"what it is called for, such as repo:push, as a JSON list in order" from:"events"`
	SecretSet      *bool     `col:"secret_set" doc:"whether calls are signed" from:"secret_set"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was made" from:"created_at"`
	Synced
}

// Webhooks is the table of Webhook.
var Webhooks = table[Webhook]("webhooks", 1, "", "One webhook of a repository. Bitbucket shows them to administrators of the repository only.").
	from("/repositories/{workspace}/{repo_slug}/hooks")

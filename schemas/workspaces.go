package schemas

import "time"

// Workspace is one workspace that is connected.
type Workspace struct {
	UUID      string    `col:"workspace_uuid,key" doc:"the workspace's uuid, in braces" from:"uuid"`
	Slug      string    `col:"slug" doc:"the workspace's id in addresses" from:"slug"`
	Name      string    `col:"name" doc:"the workspace's display name" from:"name"`
	IsPrivate *bool     `col:"is_private" doc:"whether only members see the workspace" from:"is_private"`
	CreatedOn time.Time `col:"created_on,null" doc:"when the workspace was created" from:"created_on"`
	UpdatedOn time.Time `col:"updated_on,null" doc:"when the workspace was last changed" from:"updated_on"`
	Synced
}

// Workspaces is the table of Workspace.
var Workspaces = table[Workspace]("workspaces", 1, "", "One connected workspace.").
	from("/workspaces/{workspace}")

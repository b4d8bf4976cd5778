package schemas

import "time"

// Workspace is one workspace that is connected.
type Workspace struct {
	UUID      string    `col:"workspace_uuid,key" doc:"the workspace's uuid, in braces"`
	Slug      string    `col:"slug" doc:"the workspace's id in addresses"`
	Name      string    `col:"name" doc:"the workspace's display name"`
	IsPrivate *bool     `col:"is_private" doc:"whether only members see the workspace"`
	CreatedOn time.Time `col:"created_on,null" doc:"when the workspace was created"`
	UpdatedOn time.Time `col:"updated_on,null" doc:"when the workspace was last changed"`
	Synced
}

// Workspaces is the table of Workspace.
var Workspaces = table[Workspace]("workspaces", 1, "", "One connected workspace.")

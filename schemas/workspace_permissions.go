package schemas

import "time"

// WorkspacePermission is one account's role in the workspace.
type WorkspacePermission struct {
	User           Account   `col:"user,key" doc:"the account" from:"user"`
	Permission     string    `col:"permission,repeats" doc:"owner, collaborator or member" from:"permission"`
	AddedOn        time.Time `col:"added_on,null" doc:"when it was added; null in workspaces that an organisation administers" from:"added_on"`
	LastAccessedOn time.Time `col:"last_accessed_on,null" doc:"when it last used the workspace, as Bitbucket says; null where it does not say" from:"last_accessed"`
	Synced
}

// WorkspacePermissions is the table of WorkspacePermission.
var WorkspacePermissions = table[WorkspacePermission]("workspace_permissions", 1, "", "One account's role in the workspace. Bitbucket shows them to its administrators only.").
	from("/workspaces/{workspace}/permissions")

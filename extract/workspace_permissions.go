package extract

import "bucketlake/extract/bitbucket"

// WorkspacePermissions reads the members' roles in the workspace.
var WorkspacePermissions = Stream{
	Name: "workspace_permissions", Scopes: []string{"account"},
	Reader: list[bitbucket.WorkspacePermission]{
		path: "/workspaces/%s/permissions", pace: slow, optional: true, id: func(p bitbucket.WorkspacePermission) string {
			if p.User == nil {
				return ""
			}
			return p.User.UUID
		},
	}.workspace(),
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).workspacePermission)

// workspacePermission makes the row of a role. A deleted account has no row: nothing could tell it from another one.
func (b *Batch) workspacePermission(_ bitbucket.Parent, p bitbucket.WorkspacePermission) {
	if p.User != nil && p.User.UUID != "" {
		b.add(schemas.WorkspacePermissions, &schemas.WorkspacePermission{
			User: who(p.User), Permission: p.Permission, AddedOn: p.AddedOn, LastAccessedOn: p.LastAccessed,
		})
	}
}

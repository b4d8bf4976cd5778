package extract

import "bucketlake/extract/bitbucket"

// RepositoryPermissions reads who may do what in the repositories, with one list of the whole workspace. Only
// its administrators see it.
var RepositoryPermissions = Stream{
	Name: "repository_permissions", Scopes: []string{"account"},
	Reader: list[bitbucket.RepositoryPermission]{
		path: "/workspaces/%s/permissions/repositories", pace: slow, optional: true, id: func(p bitbucket.RepositoryPermission) string {
			if p.User == nil || p.User.UUID == "" {
				return ""
			}
			return p.Repository.UUID + p.User.UUID
		},
	}.workspace(),
}

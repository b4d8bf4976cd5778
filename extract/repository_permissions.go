package extract

import "bucketlake/extract/bitbucket"

// MostRepositoryPermissions is how many there may be: each member has one for each repository, so that a thousand of both
// would take ten thousand requests.
const MostRepositoryPermissions = 100 * longest

// RepositoryPermissions reads who may do what in the repositories, with one list of the whole workspace. Only
// its administrators see it.
var RepositoryPermissions = Stream{
	Name: "repository_permissions", Scopes: []string{"account"},
	Reader: list[bitbucket.RepositoryPermission]{
		path: "/workspaces/%s/permissions/repositories", pace: slow, optional: true, most: MostRepositoryPermissions, id: func(p bitbucket.RepositoryPermission) string {
			if p.User == nil || p.User.UUID == "" {
				return ""
			}
			return p.Repository.UUID + p.User.UUID
		},
	}.workspace(),
}

package schemas

// RepositoryPermission is what one account may do in one repository.
type RepositoryPermission struct {
	RepositoryUUID string  `col:"repository_uuid,key,repeats" doc:"the repository" from:"repository.uuid"`
	User           Account `col:"user,key" doc:"the account" from:"user"`
	Permission     string  `col:"permission,repeats" doc:"admin, write or read: the greatest right that the account has, by itself or through a group" from:"permission"`
	Synced
}

// RepositoryPermissions is the table of RepositoryPermission.
var RepositoryPermissions = table[RepositoryPermission]("repository_permissions", 1, "", "What one account may do in one repository. Bitbucket shows it to administrators of the workspace only; where there are more than 10,000 it is not read.").
	from("/workspaces/{workspace}/permissions/repositories")

package schemas

// RepositoryPermission is what one account may do in one repository.
type RepositoryPermission struct {
	RepositoryUUID string  `col:"repository_uuid,key,repeats" doc:"the repository"`
	User           Account `col:"user,key" doc:"the account"`
	Permission     string  `col:"permission,repeats" doc:"admin, write or read: the greatest right that the account has, by itself or through a group"`
	Synced
}

// RepositoryPermissions is the table of RepositoryPermission.
var RepositoryPermissions = table[RepositoryPermission]("repository_permissions", 1, "", "What one account may do in one repository. Bitbucket shows it to administrators of the workspace only.")

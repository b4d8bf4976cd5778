package schemas

// The kinds of account that user_type columns tell apart.
const (
	UserTypeUser    = "user"     // a person
	UserTypeApp     = "app_user" // an app, a token or a client-credentials consumer
	UserTypeTeam    = "team"     // a workspace acting as an account
	UserTypeDeleted = "deleted"  // an account that was deleted: Bitbucket answers null
)

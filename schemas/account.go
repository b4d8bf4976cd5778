package schemas

// The kinds of account that type columns tell apart.
const (
	UserTypeUser    = "user"     // a person
	UserTypeApp     = "app_user" // an app, a token or a client-credentials consumer
	UserTypeTeam    = "team"     // a workspace acting as an account
	UserTypeDeleted = "deleted"  // an account that was deleted: Bitbucket answers null
	UserTypeUnknown = "unknown"  // the author of a commit whose e-mail address belongs to no account
)

// Account is who did something, as rows name it. The zero value is nobody: the thing was not done.
type Account struct {
	UUID        string `col:"uuid,null,repeats" doc:"null for a deleted account" from:"uuid"`
	AccountID   string `col:"account_id,null,repeats" doc:"that account's id across Atlassian products; joins Jira" from:"account_id"`
	DisplayName string `col:"display_name,null,repeats,pii" doc:"that account's name" from:"display_name"`
	Nickname    string `col:"nickname,null,repeats,pii" doc:"that account's short name" from:"nickname"`
	Type        string `col:"type,repeats" doc:"user, app_user, team, deleted, or unknown, where git names somebody and the address belongs to no account" from:"type"`
}

package schemas

// Member is one seat: an account that belongs to the workspace.
type Member struct {
	UserUUID    string `col:"user_uuid,key" doc:"the account's uuid, in braces" from:"user.uuid"`
	AccountID   string `col:"account_id,null" doc:"the account's id across Atlassian products; joins Jira" from:"user.account_id"`
	DisplayName string `col:"display_name,null,pii" doc:"the account's name as people see it" from:"user.display_name"`
	Nickname    string `col:"nickname,null,pii" doc:"the account's short name; not unique" from:"user.nickname"`
	UserType    string `col:"user_type,repeats" doc:"user, app_user or team" from:"user.type"`
	Synced
}

// Members is the table of Member.
var Members = table[Member]("members", 1, "", "One member of the workspace: a seat. A member who left keeps the row, with deleted_at.").
	from("/workspaces/{workspace}/members")

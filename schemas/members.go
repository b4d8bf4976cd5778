package schemas

// Member is one seat: an account that belongs to the workspace.
type Member struct {
	UserUUID    string `col:"user_uuid,key" doc:"the account's uuid, in braces"`
	AccountID   string `col:"account_id,null" doc:"the account's id across Atlassian products; joins Jira"`
	DisplayName string `col:"display_name,null,pii" doc:"the account's name as people see it"`
	Nickname    string `col:"nickname,null,pii" doc:"the account's short name; not unique"`
	UserType    string `col:"user_type,repeats" doc:"user, app_user or team"`
	Synced
}

// Members is the table of Member.
var Members = table[Member]("members", 1, "", "One member of the workspace: a seat. A member who left keeps the row, with deleted_at.")

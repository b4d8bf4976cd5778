package schemas

// FeatureUsageDay counts what one account did with one feature in one repository on one day.
type FeatureUsageDay struct {
	Day            Date   `col:"usage_date,key,repeats" doc:"the day, in UTC" from:"usage_events.occurred_at"`
	UserType       string `col:"user_type,key,repeats" doc:"user, app_user, team, deleted or unknown" from:"usage_events.user_type"`
	UserUUID       string `col:"user_uuid,key,null,repeats" doc:"who; null for deleted accounts, which Bitbucket does not tell apart" from:"usage_events.user_uuid"`
	Feature        string `col:"feature,key,repeats" doc:"the feature, as in usage_events" from:"usage_events.feature"`
	RepositoryUUID string `col:"repository_uuid,key,repeats" doc:"the repository; empty for snippets" from:"usage_events.repository_uuid"`
	AccountID      string `col:"account_id,null,repeats" doc:"the account's id across Atlassian products; joins Jira" from:"usage_events.account_id"`
	DisplayName    string `col:"display_name,null,repeats,pii" doc:"the account's name" from:"usage_events.display_name"`
	Nickname       string `col:"nickname,null,repeats,pii" doc:"the account's short name" from:"usage_events.nickname"`
	ProjectKey     string `col:"project_key,null,repeats" doc:"the project of the repository, as it is now" from:"usage_events.project_key"`
	ProjectName    string `col:"project_name,null,repeats" doc:"that project's name" from:"usage_events.project_name"`
	Repository     string `col:"repository,null,repeats" doc:"the repository's slug, as it is now" from:"usage_events.repository"`
	Events         int64  `col:"events,repeats" doc:"usage events of that day" from:"(events, counted)"`
	Synced
}

// FeatureUsageDaily is the table of FeatureUsageDay.
var FeatureUsageDaily = derived(table[FeatureUsageDay]("feature_usage_daily", 1, "usage_date",
	"What one account did with one feature in one repository on one day, counted. Month: of the day.")).
	from("usage_events")

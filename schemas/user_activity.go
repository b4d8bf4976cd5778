package schemas

import "time"

// UserActivity is what one seat did, up to a day.
type UserActivity struct {
	User           Account   `col:"user,key" doc:"who holds the seat" from:"(the row of members)"`
	AsOf           Date      `col:"as_of" doc:"the day up to which was counted: that of the sync, in UTC" from:"(the day of the sync)"`
	Status         string    `col:"status,repeats" doc:"active: did something in the last 30 days; idle: before that; never: nothing that is known" from:"(last_seen)"`
	FirstSeen      *Date     `col:"first_seen" doc:"the first day on which the account did something" from:"(the first usage_date of the account in feature_usage_daily)"`
	LastSeen       *Date     `col:"last_seen" doc:"the last such day" from:"(the last usage_date of the account in feature_usage_daily)"`
	ActiveDays7    int64     `col:"active_days_7,repeats" doc:"days of the last 7 on which the account did something, the day as_of among them" from:"(days of the account in feature_usage_daily, counted)"`
	ActiveDays30   int64     `col:"active_days_30,repeats" doc:"days of the last 30" from:"(days of the account in feature_usage_daily, counted)"`
	ActiveDays90   int64     `col:"active_days_90,repeats" doc:"days of the last 90" from:"(days of the account in feature_usage_daily, counted)"`
	Features       string    `col:"features_90,null,repeats" doc:"features used in the last 90 days, as a JSON list in order" from:"feature_usage_daily.feature"`
	Events90       int64     `col:"events_90" doc:"usage events of the last 90 days, without those that say on which story the others worked" from:"feature_usage_daily.events"`
	LastAccessedOn time.Time `col:"last_accessed_on,null" doc:"when the account last used the workspace, as Bitbucket says: reading counts there; null where it does not say" from:"workspace_permissions.last_accessed_on"`
	Synced
}

// UserActivities is the table of UserActivity.
var UserActivities = derived(table[UserActivity]("user_activity", 1, "",
	"What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use.")).
	from("members, workspace_permissions, feature_usage_daily")

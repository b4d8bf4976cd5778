package schemas

import "time"

// UserActivity is what one seat did, up to a day.
type UserActivity struct {
	User           Account   `col:"user,key" doc:"who holds the seat"`
	AsOf           Date      `col:"as_of" doc:"the day up to which was counted: that of the sync, in UTC"`
	Status         string    `col:"status,repeats" doc:"active: did something in the last 30 days; idle: before that; never: nothing that is known"`
	FirstSeen      *Date     `col:"first_seen" doc:"the first day on which the account did something"`
	LastSeen       *Date     `col:"last_seen" doc:"the last such day"`
	ActiveDays7    int64     `col:"active_days_7,repeats" doc:"days of the last 7 on which the account did something, the day as_of among them"`
	ActiveDays30   int64     `col:"active_days_30,repeats" doc:"days of the last 30"`
	ActiveDays90   int64     `col:"active_days_90,repeats" doc:"days of the last 90"`
	Features       string    `col:"features_90,null,repeats" doc:"features used in the last 90 days, as a JSON list in order"`
	Events90       int64     `col:"events_90" doc:"usage events of the last 90 days, without those that say on which story the others worked"`
	LastAccessedOn time.Time `col:"last_accessed_on,null" doc:"when the account last used the workspace, as Bitbucket says: reading counts there; null where it does not say"`
	Synced
}

// UserActivities is the table of UserActivity.
var UserActivities = derived(table[UserActivity]("user_activity", 1, "",
	"What the holder of one seat did, as of the last sync. Active means did something: reading is not told, and being listed as a reviewer is not use."))

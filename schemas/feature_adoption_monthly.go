package schemas

// FeatureAdoption counts the people who used one feature in one month.
type FeatureAdoption struct {
	Month         Date    `col:"month_start,key" doc:"the first day of the month" from:"feature_usage_daily.usage_date"`
	Feature       string  `col:"feature,key,repeats" doc:"the feature, as in usage_events" from:"feature_usage_daily.feature"`
	Users         int64   `col:"users" doc:"people who used it in the month" from:"(accounts of people, counted)"`
	ShareOfActive float64 `col:"share_of_active" doc:"users as a part of the people who did anything in the month, from 0 to 1" from:"(users divided by the accounts of people with any event in the month)"`
	New           int64   `col:"new_users" doc:"those who had never used it before" from:"(accounts without an earlier month, counted)"`
	Returning     int64   `col:"returning_users" doc:"those who had used it in an earlier month" from:"(users less new_users)"`
	Lapsed        int64   `col:"lapsed_users" doc:"people who used it in the month before, and not in this one" from:"(accounts of the month before that are missing, counted)"`
	Events        int64   `col:"events" doc:"usage events of the month by people" from:"feature_usage_daily.events"`
	Synced
}

// FeatureAdoptionMonthly is the table of FeatureAdoption.
var FeatureAdoptionMonthly = derived(table[FeatureAdoption]("feature_adoption_monthly", 1, "",
	"How many people used one feature in one month: from the month of its first use on, months without any use too. Apps and deleted accounts are not people. The last month is not over.")).
	from("feature_usage_daily")

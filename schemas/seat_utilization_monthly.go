package schemas

// SeatUtilization counts the seats of one month.
type SeatUtilization struct {
	Month       Date    `col:"month_start,key" doc:"the first day of the month" from:"(each month since the first with use)"`
	Seats       int64   `col:"seats" doc:"seats that were held on a day of the month: of people who joined or left in it, too" from:"(members, counted)"`
	Active      int64   `col:"active_seats" doc:"those whose holder did something in the month" from:"(members with an event in the month, counted)"`
	Idle        int64   `col:"idle_seats" doc:"those whose holder did nothing in the month, and something before" from:"(members whose last event lies before the month, counted)"`
	Never       int64   `col:"never_used_seats" doc:"those whose holder had done nothing up to the month's end" from:"(the other members, counted)"`
	Utilization float64 `col:"utilization" doc:"active_seats as a part of seats, from 0 to 1" from:"(active_seats divided by seats)"`
	Synced
}

// SeatUtilizationMonthly is the table of SeatUtilization.
var SeatUtilizationMonthly = derived(table[SeatUtilization]("seat_utilization_monthly", 1, "",
	"The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over.")).
	from("members, workspace_permissions, feature_usage_daily")

package schemas

// SeatUtilization counts the seats of one month.
type SeatUtilization struct {
	Month       Date    `col:"month_start,key" doc:"the first day of the month"`
	Seats       int64   `col:"seats" doc:"seats that were held on a day of the month: of people who joined or left in it, too"`
	Active      int64   `col:"active_seats" doc:"those whose holder did something in the month"`
	Idle        int64   `col:"idle_seats" doc:"those whose holder did nothing in the month, and something before"`
	Never       int64   `col:"never_used_seats" doc:"those whose holder had done nothing up to the month's end"`
	Utilization float64 `col:"utilization" doc:"active_seats as a part of seats, from 0 to 1"`
	Synced
}

// SeatUtilizationMonthly is the table of SeatUtilization.
var SeatUtilizationMonthly = derived(table[SeatUtilization]("seat_utilization_monthly", 1, "",
	"The seats of one month and how many were used. A seat is held from the day on which Bitbucket says it was added, or the first deed where that is earlier, or from ever where neither is known, to the day on which a sync found it gone. The last month is not over."))

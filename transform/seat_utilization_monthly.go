package transform

import "bucketlake/schemas"

// SeatUtilization counts the seats of each month, from the first of which use is known. The roles
// tell when seats were added.
func (d *Days) SeatUtilization(members []*schemas.Member, roles []*schemas.WorkspacePermission) []any {
	added := map[string]schemas.Date{}
	for _, r := range roles {
		if !r.AddedOn.IsZero() {
			added[r.User.UUID] = schemas.DateOf(r.AddedOn)
		}
	}
	begin := d.AsOf
	for _, p := range d.people {
		begin = min(begin, p.first)
	}
	var rows []any
	for m := month(begin); m <= d.AsOf; m = nextMonth(m) {
		row := &schemas.SeatUtilization{Month: m}
		for _, member := range members {
			if member.UserType == schemas.UserTypeUser {
				d.seat(row, member, added)
			}
		}
		if row.Seats > 0 {
			row.Utilization = float64(row.Active) / float64(row.Seats)
			rows = append(rows, row)
		}
	}
	return rows
}

// seat counts one seat in the month of row.
func (d *Days) seat(row *schemas.SeatUtilization, m *schemas.Member, added map[string]schemas.Date) {
	end := nextMonth(row.Month)
	p := d.people[m.UserUUID]
	since, known := added[m.UserUUID]
	if p != nil && (!known || p.first < since) {
		since, known = p.first, true
	}
	if known && since >= end || !m.DeletedAt.IsZero() && schemas.DateOf(m.DeletedAt) < row.Month {
		return
	}
	row.Seats++
	switch {
	case p != nil && p.months[row.Month] != nil:
		row.Active++
	case p != nil && p.first < end:
		row.Idle++
	default:
		row.Never++
	}
}

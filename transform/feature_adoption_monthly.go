package transform

import "bucketlake/schemas"

// FeatureAdoption counts the people who used each feature in each month, from its first use on.
func (d *Days) FeatureAdoption() []any {
	type use struct {
		months map[schemas.Date]bool // in which somebody used it
		first  schemas.Date
	}
	uses := map[string]map[string]*use{} // by feature and account
	events := map[string]map[schemas.Date]int64{}
	active := map[schemas.Date]int64{}
	for user, p := range d.people {
		for m, used := range p.months {
			active[m]++
			for feature, n := range used {
				if uses[feature] == nil {
					uses[feature], events[feature] = map[string]*use{}, map[schemas.Date]int64{}
				}
				u := uses[feature][user]
				if u == nil {
					u = &use{months: map[schemas.Date]bool{}, first: m}
					uses[feature][user] = u
				}
				u.months[m], u.first = true, min(u.first, m)
				events[feature][m] += n
			}
		}
	}
	var rows []any
	for feature, users := range uses {
		begin := d.AsOf
		for _, u := range users {
			begin = min(begin, u.first)
		}
		for before, m := schemas.Date(0), month(begin); m <= d.AsOf; before, m = m, nextMonth(m) {
			row := &schemas.FeatureAdoption{Month: m, Feature: feature, Events: events[feature][m]}
			for _, u := range users {
				switch {
				case u.months[m] && u.first == m:
					row.Users++
					row.New++
				case u.months[m]:
					row.Users++
					row.Returning++
				case before != 0 && u.months[before]:
					row.Lapsed++
				}
			}
			if active[m] > 0 {
				row.ShareOfActive = float64(row.Users) / float64(active[m])
			}
			rows = append(rows, row)
		}
	}
	return rows
}

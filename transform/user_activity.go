package transform

import (
	"encoding/json"
	"slices"
	"time"

	"bucketlake/schemas"
)

// Days are the days of a workspace's use, as far as people and their accounts are concerned.
type Days struct {
	AsOf schemas.Date
	used map[string]map[schemas.Date]map[string]int64 // events by account, day and feature
}

// gitDated are features whose events bear the date that somebody's clock had, which may lie in the
// future.
var gitDated = []string{schemas.FeatureCode, schemas.FeatureTags, schemas.FeatureStories}

// NewDays counts up to the day of at, or up to the newest day of which Bitbucket's own clock tells
// use, where that is later.
func NewDays(rows []*schemas.FeatureUsageDay, at time.Time) *Days {
	d := &Days{AsOf: schemas.DateOf(at), used: map[string]map[schemas.Date]map[string]int64{}}
	for _, r := range rows {
		if !slices.Contains(gitDated, r.Feature) {
			d.AsOf = max(d.AsOf, r.Day)
		}
	}
	for _, r := range rows {
		if r.UserType != schemas.UserTypeUser || r.UserUUID == "" || r.Day > d.AsOf {
			continue
		}
		days := d.used[r.UserUUID]
		if days == nil {
			days = map[schemas.Date]map[string]int64{}
			d.used[r.UserUUID] = days
		}
		if days[r.Day] == nil {
			days[r.Day] = map[string]int64{}
		}
		days[r.Day][r.Feature] += r.Events
	}
	return d
}

// first returns the day of an account's first deed; ok is false if there is none.
func (d *Days) first(user string) (first schemas.Date, ok bool) {
	for day := range d.used[user] {
		if !ok || day < first {
			first, ok = day, true
		}
	}
	return first, ok
}

// month returns the first day of the month in which a day falls.
func month(d schemas.Date) schemas.Date {
	t := d.Time()
	return schemas.DateOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// nextMonth returns the first day of the month after that of a day.
func nextMonth(d schemas.Date) schemas.Date { return month(month(d) + 31) }

// The days that a seat is judged by.
const (
	week, thirty, ninety = 7, 30, 90

	StatusActive = "active"
	StatusIdle   = "idle"
	StatusNever  = "never"
)

// UserActivity makes the row of each seat that is held. The roles tell when Bitbucket last saw an
// account.
func (d *Days) UserActivity(members []*schemas.Member, roles []*schemas.WorkspacePermission) []any {
	accessed := map[string]time.Time{}
	for _, r := range roles {
		accessed[r.User.UUID] = r.LastAccessedOn
	}
	var rows []any
	for _, m := range members {
		if !m.DeletedAt.IsZero() || m.UserType != schemas.UserTypeUser {
			continue
		}
		row := &schemas.UserActivity{
			User: schemas.Account{UUID: m.UserUUID, AccountID: m.AccountID, DisplayName: m.DisplayName, Nickname: m.Nickname, Type: m.UserType},
			AsOf: d.AsOf, Status: StatusNever, LastAccessedOn: accessed[m.UserUUID],
		}
		d.judge(row)
		rows = append(rows, row)
	}
	return rows
}

func (d *Days) judge(row *schemas.UserActivity) {
	var features []string
	for day, used := range d.used[row.User.UUID] {
		if row.FirstSeen == nil || day < *row.FirstSeen {
			row.FirstSeen = &day
		}
		if row.LastSeen == nil || day > *row.LastSeen {
			row.LastSeen = &day
		}
		ago := d.AsOf - day
		for _, count := range []struct {
			days schemas.Date
			in   *int64
		}{{week, &row.ActiveDays7}, {thirty, &row.ActiveDays30}, {ninety, &row.ActiveDays90}} {
			if ago < count.days {
				*count.in++
			}
		}
		if ago >= ninety {
			continue
		}
		for feature, events := range used {
			features = append(features, feature)
			if feature != schemas.FeatureStories {
				row.Events90 += events
			}
		}
	}
	slices.Sort(features)
	if features = slices.Compact(features); len(features) > 0 {
		text, _ := json.Marshal(features) // texts can always be encoded
		row.Features = string(text)
	}
	switch {
	case row.ActiveDays30 > 0:
		row.Status = StatusActive
	case row.LastSeen != nil:
		row.Status = StatusIdle
	}
}

package transform

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"bucketlake/schemas"
)

// A Use is what one account did with one feature on one day, somewhere.
type Use struct {
	Day                         schemas.Date
	UserType, UserUUID, Feature string
	Events                      int64
}

// Days are the days of a workspace's use, as far as people and their accounts are concerned. What they take grows with the
// months and the people, not with the days.
type Days struct {
	AsOf   schemas.Date
	people map[string]*person // by account
}

// person is what one account did.
type person struct {
	first, last schemas.Date
	months      map[schemas.Date]map[string]int64 // events by month and feature
	days        map[schemas.Date]map[string]int64 // of the days that count one by one: those that a seat is judged by
}

func (p *person) did(day, month schemas.Date, feature string, events int64) {
	if p.months == nil {
		p.first, p.last, p.months = day, day, map[schemas.Date]map[string]int64{}
	}
	p.first, p.last = min(p.first, day), max(p.last, day)
	add(p.months, month, feature, events)
}

func add(to map[schemas.Date]map[string]int64, at schemas.Date, feature string, events int64) {
	if to[at] == nil {
		to[at] = map[string]int64{}
	}
	to[at][feature] += events
}

// gitDated are features whose events bear the date that somebody's clock had, which may lie in the
// future.
var gitDated = []string{schemas.FeatureCode, schemas.FeatureTags, schemas.FeatureStories}

// NewDays counts up to the day of at, or up to the newest day of which Bitbucket's own clock tells
// use, where that is later. The texts of a use may lie in a buffer that is used again.
func NewDays(uses iter.Seq2[Use, error], at time.Time) (*Days, error) {
	d := &Days{AsOf: schemas.DateOf(at), people: map[string]*person{}}
	single := d.AsOf - ninety // the days after it count one by one
	features := map[string]string{}
	var today, thisMonth schemas.Date // most uses are of the day of the one before
	for u, err := range uses {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(gitDated, u.Feature) {
			d.AsOf = max(d.AsOf, u.Day)
		}
		if u.UserType != schemas.UserTypeUser || u.UserUUID == "" {
			continue
		}
		p := d.people[u.UserUUID]
		if p == nil {
			p = &person{days: map[schemas.Date]map[string]int64{}}
			d.people[strings.Clone(u.UserUUID)] = p
		}
		feature, ok := features[u.Feature]
		if !ok {
			feature = strings.Clone(u.Feature)
			features[feature] = feature
		}
		if u.Day > single {
			add(p.days, u.Day, feature, u.Events)
		} else {
			if u.Day != today {
				today, thisMonth = u.Day, month(u.Day)
			}
			p.did(u.Day, thisMonth, feature, u.Events)
		}
	}
	for uuid, p := range d.people {
		for day, used := range p.days {
			for feature, events := range used {
				if day <= d.AsOf {
					p.did(day, month(day), feature, events)
				}
			}
		}
		if p.months == nil { // what it did lies in the future
			delete(d.people, uuid)
		}
	}
	return d, nil
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
	p := d.people[row.User.UUID]
	if p == nil {
		return
	}
	row.FirstSeen, row.LastSeen = &p.first, &p.last
	var features []string
	for day, used := range p.days {
		ago := d.AsOf - day
		if ago < 0 || ago >= ninety {
			continue
		}
		for _, count := range []struct {
			days schemas.Date
			in   *int64
		}{{week, &row.ActiveDays7}, {thirty, &row.ActiveDays30}, {ninety, &row.ActiveDays90}} {
			if ago < count.days {
				*count.in++
			}
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
	row.Status = StatusIdle
	if row.ActiveDays30 > 0 {
		row.Status = StatusActive
	}
}

package main

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/schemas"
)

// equalSeats compares what the tables say of seats and of the adoption of features with what the
// simulation knows that people did.
func (w truth) equalSeats(t tester) {
	t.Helper()
	asOf := map[schemas.Date]bool{}
	got := map[string]string{}
	each(t, w.lake, schemas.UserActivities, func(r *schemas.UserActivity) {
		asOf[r.AsOf] = true
		first, last := "", ""
		if r.FirstSeen != nil {
			first, last = r.FirstSeen.Time().Format(time.DateOnly), r.LastSeen.Time().Format(time.DateOnly)
		}
		got[r.User.UUID] = fmt.Sprintf("%s from %s to %s, days %d", r.Status, first, last, r.ActiveDays90)
	})
	if len(asOf) != 1 {
		t.Fatalf("user_activity is as of %v", asOf)
	}
	var today time.Time
	for d := range asOf {
		today = d.Time()
	}
	days := map[string]map[string]bool{}  // of each person
	users := map[string]map[string]bool{} // people by month and feature
	for _, d := range w.bitbucket.Ledger() {
		if d.UserType != "user" || d.Time.After(today.AddDate(0, 0, 1)) {
			continue
		}
		if days[d.User] == nil {
			days[d.User] = map[string]bool{}
		}
		days[d.User][d.Time.UTC().Format(time.DateOnly)] = true
		key := d.Time.UTC().Format("2006-01 ") + d.Feature
		if users[key] == nil {
			users[key] = map[string]bool{}
		}
		users[key][d.User] = true
	}
	want := map[string]string{}
	for _, m := range w.bitbucket.Members() {
		first, last, status, recent := "", "", "never", 0
		for day := range days[m.UUID] {
			if first == "" || day < first {
				first = day
			}
			last = max(last, day)
			if day > today.AddDate(0, 0, -90).Format(time.DateOnly) {
				recent++
			}
		}
		switch {
		case last > today.AddDate(0, 0, -30).Format(time.DateOnly):
			status = "active"
		case last != "":
			status = "idle"
		}
		want[m.UUID] = fmt.Sprintf("%s from %s to %s, days %d", status, first, last, recent)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user_activity differs from the ledger (-ledger +table):\n%s", first(diff, 2000))
	}
	wantUsers, gotUsers := map[string]int{}, map[string]int{}
	for key, people := range users {
		wantUsers[key] = len(people)
	}
	each(t, w.lake, schemas.FeatureAdoptionMonthly, func(r *schemas.FeatureAdoption) {
		if r.Users > 0 {
			gotUsers[r.Month.Time().Format("2006-01 ")+r.Feature] = int(r.Users)
		}
		if r.Users != r.New+r.Returning {
			t.Errorf("%s in %s: %d users, %d new and %d returning", r.Feature, r.Month.Time(), r.Users, r.New, r.Returning)
		}
	})
	if diff := cmp.Diff(wantUsers, gotUsers); diff != "" {
		t.Errorf("feature_adoption_monthly differs from the ledger (-ledger +table):\n%s", first(diff, 2000))
	}
}

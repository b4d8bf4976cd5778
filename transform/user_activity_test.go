package transform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/schemas"
	"bucketlake/transform"
)

func day(text string) schemas.Date {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return schemas.DateOf(t)
}

// use is a day of an account, with a feature and a number of events.
func use(user, on, feature string, events int64) transform.Use {
	return transform.Use{Day: day(on), UserType: "user", UserUUID: user, Feature: feature, Events: events}
}

func daysOf(t *testing.T, uses []transform.Use) *transform.Days {
	t.Helper()
	days, err := transform.NewDays(func(yield func(transform.Use, error) bool) {
		for _, u := range uses {
			if !yield(u, nil) {
				return
			}
		}
	}, asOf)
	if err != nil {
		t.Fatal(err)
	}
	return days
}

var asOf = time.Date(2026, 10, 15, 8, 0, 0, 0, time.UTC)

func member(uuid string) *schemas.Member { return &schemas.Member{UserUUID: uuid, UserType: "user"} }

func TestUserActivity(t *testing.T) {
	used := []transform.Use{
		use("{a}", "2026-10-15", "tasks", 2), use("{a}", "2026-10-15", "stories", 9), use("{a}", "2026-10-09", "code", 1),
		use("{a}", "2026-10-08", "code", 1), use("{a}", "2026-07-18", "snippets", 1), use("{a}", "2026-07-17", "pipelines", 1),
		use("{b}", "2026-09-15", "reviews", 1), use("{c}", "2026-09-16", "reviews", 1),
		use("{future}", "2027-01-01", "code", 1), // a clock that is wrong
		{Day: day("2026-10-15"), UserType: "deleted", Feature: "tasks", Events: 5},
		{Day: day("2026-10-15"), UserType: "unknown", Feature: "code", Events: 5},
	}
	gone := member("{gone}")
	gone.DeletedAt = asOf
	members := []*schemas.Member{member("{a}"), member("{b}"), member("{c}"), member("{future}"), gone, {UserUUID: "{bot}", UserType: "app_user"}}
	var got []string
	for _, r := range daysOf(t, used).UserActivity(members, nil) {
		row := r.(*schemas.UserActivity)
		got = append(got, fmt.Sprintf("%s %s %d/%d/%d %s %d", row.User.UUID, row.Status, row.ActiveDays7, row.ActiveDays30, row.ActiveDays90, row.Features, row.Events90))
	}
	want := []string{
		`{a} active 2/3/4 ["code","snippets","stories","tasks"] 5`,
		`{b} idle 0/0/1 ["reviews"] 1`, `{c} active 0/1/1 ["reviews"] 1`, `{future} never 0/0/0  0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// Where Bitbucket's own clock is ahead, its days count.
	if days := daysOf(t, append(used, use("{a}", "2026-10-20", "reviews", 1))); days.AsOf != day("2026-10-20") {
		t.Errorf("as of %s", days.AsOf.Time())
	}
}

func TestSeatUtilization(t *testing.T) {
	left := member("{left}")
	left.DeletedAt = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC) // a seat that was held for a day of the month
	members := []*schemas.Member{member("{a}"), member("{late}"), member("{never}"), left, {UserUUID: "{bot}", UserType: "app_user"}}
	roles := []*schemas.WorkspacePermission{
		{User: schemas.Account{UUID: "{late}"}, AddedOn: time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)},
		{User: schemas.Account{UUID: "{a}"}, AddedOn: time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)}, // and yet it was there before
	}
	used := []transform.Use{use("{a}", "2026-08-31", "code", 1), use("{left}", "2026-08-01", "code", 1), use("{late}", "2026-10-01", "tasks", 1)}
	var got []string
	for _, r := range daysOf(t, used).SeatUtilization(members, roles) {
		row := r.(*schemas.SeatUtilization)
		got = append(got, fmt.Sprintf("%s %d: %d %d %d %.2f", row.Month.Time().Format("2006-01"), row.Seats, row.Active, row.Idle, row.Never, row.Utilization))
	}
	want := []string{"2026-08 3: 2 0 1 0.67", "2026-09 4: 0 2 2 0.00", "2026-10 3: 1 1 1 0.33"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestFeatureAdoption(t *testing.T) {
	used := []transform.Use{
		use("{a}", "2026-07-01", "tasks", 1), use("{a}", "2026-07-31", "tasks", 2), use("{b}", "2026-07-02", "tasks", 1),
		use("{a}", "2026-08-01", "tasks", 1), use("{a}", "2026-10-01", "tasks", 1), use("{c}", "2026-10-02", "tasks", 1), use("{d}", "2026-10-02", "code", 1), use("{a}", "2026-10-02", "code", 1),
		{Day: day("2026-10-15"), UserType: "app_user", UserUUID: "{bot}", Feature: "tasks", Events: 5},
	}
	var got []string
	for _, r := range daysOf(t, used).FeatureAdoption() {
		row := r.(*schemas.FeatureAdoption)
		got = append(got, fmt.Sprintf("%s %s: %d = %d new + %d, %d lapsed, %.2f of the active, %d events",
			row.Feature, row.Month.Time().Format("2006-01"), row.Users, row.New, row.Returning, row.Lapsed, row.ShareOfActive, row.Events))
	}
	slices.Sort(got)
	want := `code 2026-10: 2 = 2 new + 0, 0 lapsed, 0.67 of the active, 2 events
tasks 2026-07: 2 = 2 new + 0, 0 lapsed, 1.00 of the active, 4 events
tasks 2026-08: 1 = 0 new + 1, 1 lapsed, 1.00 of the active, 1 events
tasks 2026-09: 0 = 0 new + 0, 1 lapsed, 0.00 of the active, 0 events
tasks 2026-10: 2 = 1 new + 1, 0 lapsed, 0.67 of the active, 2 events`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestConfiguration(t *testing.T) {
	c := transform.NewConfiguration(places())
	c.Add("{r}", "webhooks", schemas.Synced{})
	c.Add("{r}", "webhooks", schemas.Synced{})
	c.Add("{r}", "webhooks", schemas.Synced{DeletedAt: at})
	c.Add("{no more}", "webhooks", schemas.Synced{})
	c.Add("", "webhooks", schemas.Synced{})
	var got []string
	for _, r := range c.Rows() {
		row := r.(*schemas.FeatureConfiguration)
		got = append(got, fmt.Sprintf("%s %s %s: %d", row.RepositoryUUID, row.Repository, row.ProjectKey, row.Items))
	}
	slices.Sort(got)
	if strings.Join(got, ", ") != "  : 1, {r} web SHOP: 2" {
		t.Errorf("got %q", got)
	}
}

// BenchmarkDays counts what a thousand people did in five years.
func BenchmarkDays(b *testing.B) {
	features := []string{"code", "comments", "pull_requests", "reviews", "stories", "tasks"}
	last := schemas.DateOf(asOf)
	for b.Loop() {
		uses := 0
		days, err := transform.NewDays(func(yield func(transform.Use, error) bool) {
			for d := last - 5*365; d <= last; d++ {
				for person := range 1000 {
					for k := range 2 {
						uses++
						u := transform.Use{Day: d, UserType: "user", UserUUID: people[person], Feature: features[(person+int(d)+k)%len(features)], Events: 3}
						if !yield(u, nil) {
							return
						}
					}
				}
			}
		}, asOf)
		if err != nil {
			b.Fatal(err)
		}
		var members []*schemas.Member
		for _, uuid := range people {
			members = append(members, member(uuid))
		}
		rows := len(days.FeatureAdoption()) + len(days.SeatUtilization(members, nil)) + len(days.UserActivity(members, nil))
		b.ReportMetric(float64(uses), "uses/op")
		b.ReportMetric(float64(rows), "rows/op")
	}
}

var people = func() (all []string) {
	for i := range 1000 {
		all = append(all, fmt.Sprintf("{%036d}", i))
	}
	return all
}()

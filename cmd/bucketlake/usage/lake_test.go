package usage_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// lastDay is the day of the last sync.
var lastDay = schemas.DateOf(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))

var features = []string{
	schemas.FeatureCode, schemas.FeaturePullRequests, schemas.FeatureComments, schemas.FeatureReviews, schemas.FeatureStories,
	schemas.FeaturePipelines, schemas.FeatureTasks, schemas.FeatureTags, schemas.FeatureDeployments, schemas.FeatureDownloads, schemas.FeatureSnippets,
}

// company is a workspace as it lands: the rows that the usage tables are made of.
type company struct {
	people, repositories, months int
	rarely                       int // each person works on one of so many days
}

func user(i int) string       { return fmt.Sprintf("{%08d-aaaa-bbbb-cccc-ddddeeeeffff}", i) }
func repository(i int) string { return fmt.Sprintf("{%08d-1111-2222-3333-444455556666}", i) }

// days makes the rows of feature_usage_daily. The last people of each hundred never do anything, and of the others some
// have stopped.
func (c company) days() []*schemas.FeatureUsageDay {
	random := rand.New(rand.NewPCG(7, 7))
	first := schemas.DateOf(lastDay.Time().AddDate(0, -c.months, 0))
	var rows []*schemas.FeatureUsageDay
	for i := range c.people {
		end := lastDay
		if i%100 >= 90 {
			continue
		}
		if i%100 >= 80 {
			end -= schemas.Date(random.IntN(int(lastDay - first)))
		}
		habit := features[:2+random.IntN(len(features)-2)]
		for d := first; d <= end; d++ {
			if weekday := d.Time().Weekday(); weekday == time.Saturday || weekday == time.Sunday || random.IntN(c.rarely) > 0 {
				continue
			}
			for range 1 + random.IntN(3) {
				at := (i + random.IntN(5)) % c.repositories
				rows = append(rows, c.day(random, d, i, habit[random.IntN(len(habit))], at))
			}
		}
	}
	return once(rows)
}

func (c company) day(random *rand.Rand, d schemas.Date, person int, feature string, at int) *schemas.FeatureUsageDay {
	row := &schemas.FeatureUsageDay{
		Day: d, UserType: schemas.UserTypeUser, UserUUID: user(person), Feature: feature, RepositoryUUID: repository(at),
		DisplayName: fmt.Sprintf("Person %d", person), Events: 1 + random.Int64N(9),
		Repository: fmt.Sprintf("repo-%d", at), ProjectKey: fmt.Sprintf("P%d", at%7), ProjectName: fmt.Sprintf("Project %d", at%7),
	}
	switch {
	case feature == schemas.FeatureSnippets:
		row.RepositoryUUID, row.Repository, row.ProjectKey, row.ProjectName = "", "", "", ""
	case random.IntN(40) == 0:
		row.UserType, row.UserUUID = schemas.UserTypeApp, "{app}"
	case random.IntN(60) == 0:
		row.UserType, row.UserUUID = schemas.UserTypeDeleted, ""
	}
	return row
}

// once leaves one row of each key.
func once(rows []*schemas.FeatureUsageDay) []*schemas.FeatureUsageDay {
	seen := map[[5]string]bool{}
	var out []*schemas.FeatureUsageDay
	for _, r := range rows {
		key := [5]string{fmt.Sprint(r.Day), r.UserType, r.UserUUID, r.Feature, r.RepositoryUUID}
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

// land commits everything that a sync would, from these days on.
func (c company) land(t testing.TB, lake *load.Lake, days []*schemas.FeatureUsageDay) {
	t.Helper()
	var members []*schemas.Member
	var repositories []*schemas.Repository
	var projects []*schemas.Project
	for i := range c.people - c.people/50 { // the first have left
		members = append(members, &schemas.Member{UserUUID: user(i + c.people/50), UserType: schemas.UserTypeUser, DisplayName: fmt.Sprintf("Person %d", i+c.people/50)})
	}
	for i := range c.repositories {
		repositories = append(repositories, &schemas.Repository{UUID: repository(i), Slug: fmt.Sprintf("repo-%d", i), ProjectUUID: fmt.Sprintf("{p%d}", i%7)})
	}
	for i := range 7 {
		projects = append(projects, &schemas.Project{UUID: fmt.Sprintf("{p%d}", i), Key: fmt.Sprintf("P%d", i), Name: fmt.Sprintf("Project %d", i)})
	}
	known, err := transform.NewDays(func(yield func(transform.Use, error) bool) {
		for _, d := range days {
			if !yield(transform.Use{Day: d.Day, UserType: d.UserType, UserUUID: d.UserUUID, Feature: d.Feature, Events: d.Events}, nil) {
				return
			}
		}
	}, lastDay.Time())
	if err != nil {
		t.Fatal(err)
	}
	put(t, lake, schemas.Repositories, anys(repositories))
	put(t, lake, schemas.Projects, anys(projects))
	put(t, lake, schemas.FeatureUsageDaily, anys(days))
	put(t, lake, schemas.UserActivities, known.UserActivity(members, nil))
	put(t, lake, schemas.SeatUtilizationMonthly, known.SeatUtilization(members, nil))
	put(t, lake, schemas.FeatureAdoptionMonthly, known.FeatureAdoption())
	put(t, lake, schemas.StoryActivities, c.stories())
}

func (c company) stories() []any {
	random := rand.New(rand.NewPCG(8, 8))
	var rows []any
	for i := range 20 * c.months {
		first := lastDay.Time().AddDate(0, 0, -random.IntN(c.months*30))
		rows = append(rows, &schemas.StoryActivity{
			StoryKey: fmt.Sprintf("ABC-%d", i), People: 1 + random.Int64N(9), PullRequests: random.Int64N(5), Commits: random.Int64N(20), Tasks: random.Int64N(4),
			Repositories: 1, Events: 1 + random.Int64N(50), FirstActivity: first, LastActivity: first.Add(time.Duration(random.IntN(1000)) * time.Hour),
		})
	}
	return rows
}

func anys[R any](rows []*R) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}

func put(t testing.TB, lake *load.Lake, table *schemas.Table, rows []any) {
	t.Helper()
	_, err := lake.Commit(t.Context(), load.Commit{Workspace: "acme", Rows: schemas.Rows{Table: table, Rows: rows}, At: lastDay.Time()})
	if err != nil {
		t.Fatal(err)
	}
}

func newLake(t testing.TB) *load.Lake {
	t.Helper()
	d, err := load.OpenDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return load.New(d, nil)
}

func plain() (transform.Privacy, error) { return transform.Privacy{}, nil }

func open(t testing.TB, r *usage.Reader, c usage.Choice) *usage.Report {
	t.Helper()
	report, err := r.Open(t.Context(), "acme", c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

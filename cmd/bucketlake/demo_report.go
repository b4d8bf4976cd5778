package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// bitbucketLimit is how many requests Bitbucket allows in an hour.
const bitbucketLimit = 1000

// report prints what landed, what it cost, what it says, and what to try next.
func (d *demo) report(ctx context.Context, a *app, c oauth.Connection, run *workspaceRun, again bool) error {
	fmt.Fprintf(d.stdout, "\nConnected to workspace %s as %s. Pulled, by stream:\n\n", c.Workspace, c.AccountName)
	printRun(d.stdout, run)
	requests := 0
	for _, r := range run.Streams {
		requests += r.Requests
	}
	fmt.Fprintf(d.stdout, "\nIt took %d requests and %s. ", requests, run.Elapsed.Round(100*time.Millisecond))
	if hours := float64(requests) / bitbucketLimit; hours > 1 {
		fmt.Fprintf(d.stdout, "The simulation sets no hourly limit; Bitbucket's %d an hour\nwould spread these over %.1f hours.\n", bitbucketLimit, hours)
	} else {
		fmt.Fprintf(d.stdout, "Bitbucket allows %d an hour.\n", bitbucketLimit)
	}
	fmt.Fprintf(d.stdout, "\nLanded as Parquet in %s:\n\n", a.config.lake.Directory)
	if err := printLanded(d.stdout, status.Tables(ctx, a.lake, c.Workspace)); err != nil {
		return err
	}
	answer, err := answerOf(ctx, a.lake, c.Workspace)
	if err != nil {
		return err
	}
	fmt.Fprintln(d.stdout)
	answer.print(d)
	d.printNext(again)
	return nil
}

func (d *demo) printNext(again bool) {
	first := "Run the same command again: the workspace lives on in between, and only what changed is pulled."
	if again {
		first = "Run it again and compare the requests."
	}
	see := fmt.Sprintf("See it: %s demo --dir '%s' --serve, then open http://%s/usage", calledAs(), d.dir, demoPage)
	if d.serve {
		see = "See it: the page comes up in a moment, at the address below: under Usage what people do, under Sync what was read."
	}
	fmt.Fprintf(d.stdout, `
Three things to try:

  1. %[1]s
  2. %[2]s
  3. Ask the tables, for instance with DuckDB:
       duckdb -c "select feature, count(distinct user_uuid) people, sum(events) events
                  from '%[3]s/lake/feature_usage_daily/*/*/*.parquet' where user_type = 'user'
                  group by feature order by people desc, events desc"
`, see, first, d.dir)
}

// calledAs is how whoever reads this runs bucketlake: go run leaves no program behind that could be called by its name.
func calledAs() string {
	if program, err := os.Executable(); err == nil && strings.Contains(filepath.ToSlash(program), "/go-build") {
		return "go run ./cmd/bucketlake"
	}
	return "bucketlake"
}

// answer is what the tables say to the question that they are for.
type answer struct {
	seats       int
	active      int              // seats whose holders did something in the last 30 days
	idle, never []string         // names of the holders of the others
	features    []featureUse     // by people, most first
	configured  map[string]int64 // repositories in which something is set up, by feature
}

type featureUse struct {
	feature string
	people  int
	events  int64
}

func answerOf(ctx context.Context, lake *load.Lake, workspace string) (*answer, error) {
	seats, err := collect[schemas.UserActivity](ctx, lake, schemas.UserActivities, workspace)
	if err != nil {
		return nil, err
	}
	days, err := collect[schemas.FeatureUsageDay](ctx, lake, schemas.FeatureUsageDaily, workspace)
	if err != nil {
		return nil, err
	}
	configured, err := collect[schemas.FeatureConfiguration](ctx, lake, schemas.FeatureConfigurations, workspace)
	if err != nil {
		return nil, err
	}
	a := &answer{seats: len(seats), configured: map[string]int64{}}
	for _, s := range seats {
		switch s.Status {
		case transform.StatusActive:
			a.active++
		case transform.StatusIdle:
			a.idle = append(a.idle, s.User.DisplayName)
		default:
			a.never = append(a.never, s.User.DisplayName)
		}
	}
	slices.Sort(a.idle)
	slices.Sort(a.never)
	for _, c := range configured {
		if c.RepositoryUUID != "" {
			a.configured[c.Feature]++
		}
	}
	a.features = usedFeatures(days)
	return a, nil
}

// usedFeatures counts people and events by feature, most people first.
func usedFeatures(days []*schemas.FeatureUsageDay) []featureUse {
	people, events := map[string]map[string]bool{}, map[string]int64{}
	for _, day := range days {
		if people[day.Feature] == nil {
			people[day.Feature] = map[string]bool{}
		}
		if day.UserType == schemas.UserTypeUser {
			people[day.Feature][day.UserUUID] = true
		}
		events[day.Feature] += day.Events
	}
	var features []featureUse
	for feature, n := range events {
		features = append(features, featureUse{feature, len(people[feature]), n})
	}
	slices.SortFunc(features, func(x, y featureUse) int {
		return cmp.Or(cmp.Compare(y.people, x.people), cmp.Compare(y.events, x.events), cmp.Compare(x.feature, y.feature))
	})
	return features
}

func (a *answer) print(d *demo) {
	fmt.Fprintf(d.stdout, "What they say: of %d seats, %d were used in the last 30 days, %d were used before that, %d never.\n", a.seats, a.active, len(a.idle), len(a.never))
	for _, l := range []struct {
		what  string
		names []string
	}{{"Idle", a.idle}, {"Never used", a.never}} {
		if len(l.names) > 0 {
			fmt.Fprintf(d.stdout, "  %s: %s.\n", l.what, strings.Join(l.names, ", "))
		}
	}
	if n := len(a.features); n >= 6 {
		fmt.Fprintf(d.stdout, "Most people use %s; fewest use %s.\n", namesOf(a.features[:3]), namesOf(a.features[n-3:]))
	}
	var configured []string
	for _, feature := range slices.Sorted(maps.Keys(a.configured)) {
		configured = append(configured, fmt.Sprintf("%s in %d", strings.ReplaceAll(feature, "_", " "), a.configured[feature]))
	}
	if len(configured) > 0 {
		fmt.Fprintf(d.stdout, "Repositories with something set up: %s.\n", strings.Join(configured, ", "))
	}
	fmt.Fprintln(d.stdout)
	tw := tabwriter.NewWriter(d.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "feature\tpeople\tevents\t")
	for _, f := range a.features {
		fmt.Fprintf(tw, "%s\t%d\t%d\t\n", f.feature, f.people, f.events)
	}
	_ = tw.Flush()
}

// namesOf lists features in words.
func namesOf(features []featureUse) string {
	var names []string
	for _, f := range features {
		names = append(names, strings.ReplaceAll(f.feature, "_", " "))
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

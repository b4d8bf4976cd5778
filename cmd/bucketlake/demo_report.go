package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
	"bucketlake/load"
	"bucketlake/schemas"
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
	fmt.Fprintf(d.stdout, "\nLanded as Parquet in %s:\n\n", a.config.lake)
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
	fmt.Fprintf(d.stdout, `
Three things to try:

  1. %s
  2. Ask the tables, for instance with DuckDB:
       duckdb -c "select feature, count(distinct user_uuid) people, sum(events) events
                  from '%s/lake/feature_usage_daily/*/*/*.parquet' where user_type = 'user'
                  group by feature order by people desc, events desc"
  3. See what a table holds (go run ./cmd/bucketlake, where bucketlake is not installed):
       bucketlake tables describe usage_events
`, first, d.dir)
}

// answer is what the tables say to the question that they are for.
type answer struct {
	seats    int
	never    []string // names of members who did nothing
	active   int      // members who did something in the last 30 days of the data
	features []featureUse
}

type featureUse struct {
	feature string
	people  int
	events  int64
}

func answerOf(ctx context.Context, lake *load.Lake, workspace string) (*answer, error) {
	members, err := collect[schemas.Member](ctx, lake, schemas.Members, workspace)
	if err != nil {
		return nil, err
	}
	days, err := collect[schemas.FeatureUsageDay](ctx, lake, schemas.FeatureUsageDaily, workspace)
	if err != nil {
		return nil, err
	}
	var newest schemas.Date
	last := map[string]schemas.Date{} // day of the last use, by account
	people := map[string]map[string]bool{}
	events := map[string]int64{}
	for _, day := range days {
		newest = max(newest, day.Day)
		last[day.UserUUID] = max(last[day.UserUUID], day.Day)
		if people[day.Feature] == nil {
			people[day.Feature] = map[string]bool{}
		}
		if day.UserType == schemas.UserTypeUser {
			people[day.Feature][day.UserUUID] = true
		}
		events[day.Feature] += day.Events
	}
	a := &answer{}
	for _, m := range members {
		if !m.DeletedAt.IsZero() {
			continue
		}
		a.seats++
		switch used, ok := last[m.UserUUID]; {
		case !ok:
			a.never = append(a.never, m.DisplayName)
		case used > newest-30:
			a.active++
		}
	}
	slices.Sort(a.never)
	for feature := range maps.Keys(events) {
		a.features = append(a.features, featureUse{feature, len(people[feature]), events[feature]})
	}
	slices.SortFunc(a.features, func(x, y featureUse) int {
		return cmp.Or(cmp.Compare(y.people, x.people), cmp.Compare(y.events, x.events))
	})
	return a, nil
}

func (a *answer) print(d *demo) {
	fmt.Fprintf(d.stdout, "What they say: %d seats, %d of them active in the last 30 days, %d never used", a.seats, a.active, len(a.never))
	if len(a.never) > 0 {
		fmt.Fprintf(d.stdout, ":\n  %s", strings.Join(a.never, ", "))
	}
	fmt.Fprint(d.stdout, ".\n\n")
	tw := tabwriter.NewWriter(d.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "feature\tpeople\tevents\t")
	for _, f := range a.features {
		fmt.Fprintf(tw, "%s\t%d\t%d\t\n", f.feature, f.people, f.events)
	}
	_ = tw.Flush()
}

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/schemas"
)

const (
	// planRequests is how many requests plan spends at most, unless somebody says otherwise.
	planRequests = 200
	// perChange is how many requests a change of a repository takes in the next run, about: its pull requests, activity,
	// branches, commits and pipelines, and the tasks and comments of what changed there. perRun is what each run takes.
	perChange, perRun = 8, 6
	// awake is how long an hour from Monday to Friday is on the average by a workspace's clock.
	awake = 0.6
)

func planCommand() *cobra.Command {
	var workspace string
	var requests int
	var seed uint64
	var asJSON bool
	cmd := &cobra.Command{
		Use: "plan", Short: "Forecast what the first reading of a workspace takes", Args: cobra.NoArgs,
		Long: `Ask Bitbucket for a few numbers, and forecast what reading everything for the first time takes: requests, hours
under the limit, rows and bytes. Nothing is landed. Few repositories are asked, those that changed last all, the others
drawn at random, so the forecast has an error, which is told.

The forecast is kept, and bucketlake status compares it with what the reading takes.`,
		RunE: withApp(needs{consumer: true}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			if requests < leastPlanRequests {
				return fmt.Errorf("--requests %d is too few to forecast anything: use at least %d", requests, leastPlanRequests)
			}
			connections, err := a.connections(ctx, workspace)
			if err != nil {
				return err
			}
			plans := []plan{}
			for _, c := range connections {
				p, err := a.plan(ctx, c, requests, seed)
				if err != nil {
					return fmt.Errorf("planning %s: %w%s", c.Workspace, err, hint(err))
				}
				plans = append(plans, p)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), plans)
			}
			for i := range plans {
				plans[i].show(cmd.OutOrStdout())
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "plan this workspace only (slug)")
	cmd.Flags().IntVar(&requests, "requests", planRequests, "spend so many requests at most on each workspace")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "draws the repositories that are asked: the same ones again for the same seed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// leastPlanRequests are needed for the lists of the workspace and two repositories.
const leastPlanRequests = 40

// plan is a forecast, as --json prints it.
type plan struct {
	Workspace    string       `json:"workspace"`
	Asked        int          `json:"asked"` // requests that the forecast took
	Repositories int          `json:"repositories"`
	Sampled      int          `json:"sampled"` // repositories that were asked
	Requests     int          `json:"requests"`
	Error        int          `json:"error"`             // standard error of the requests
	Rows         int          `json:"rows"`              // of the streams that tell
	Bytes        int64        `json:"bytes"`             // of these rows
	PerHour      int          `json:"requests_per_hour"` // 0: no limit
	NewsPerHour  int          `json:"news_per_hour"`     // requests that go to what changes meanwhile, on working days
	Hours        float64      `json:"hours"`             // 0: no limit
	HoursError   float64      `json:"hours_error"`
	Streams      []planStream `json:"streams"`
}

type planStream struct {
	Stream   string `json:"stream"`
	Requests int    `json:"requests"`
	Rows     *int   `json:"rows"`  // null: nobody knows before
	Bytes    *int64 `json:"bytes"` // in the stream's own table
}

// plan forecasts what reading a workspace for the first time takes, and keeps that.
func (a *app) plan(ctx context.Context, c oauth.Connection, requests int, seed uint64) (plan, error) {
	p := plan{Workspace: c.Workspace}
	streams, _ := permitted(a.config.streams, c.Scopes)
	now := time.Now()
	f, err := extract.Predict(ctx, extract.Source{Client: counted(a.client(c, "plan", nothing), &p.Asked), Workspace: c.Workspace, Now: now}, streams, requests, seed)
	if err != nil {
		return p, err
	}
	if p.PerHour, err = status.PerHour(ctx, a.db, &c, a.config.requestsPerHour); err != nil {
		return p, err
	}
	p.fill(now, &f, bytesPerRow(ctx, a.lake, c.Workspace))
	b := state.Backfill{WorkspaceUUID: c.WorkspaceUUID, Forecast: now, Duration: p.duration(), Error: p.Error}
	for _, s := range p.Streams {
		b.Streams = append(b.Streams, state.BackfillStream{Stream: s.Stream, Forecast: s.Requests})
	}
	return p, a.db.SaveForecast(ctx, b)
}

func (p *plan) fill(now time.Time, f *extract.Forecast, perRow map[string]float64) {
	p.Repositories, p.Sampled = f.Repositories, f.Sampled
	p.Requests, p.Error = whole(f.Requests()), whole(f.Error)
	for _, s := range f.Streams {
		one := planStream{Stream: s.Stream, Requests: whole(s.Requests)}
		if s.Rows >= 0 {
			rows, bytes := whole(s.Rows), int64(s.Rows*perRow[s.Stream])
			one.Rows, one.Bytes = &rows, &bytes
			p.Rows, p.Bytes = p.Rows+rows, p.Bytes+bytes
		}
		p.Streams = append(p.Streams, one)
	}
	if p.PerHour == 0 {
		return
	}
	open := min(f.Open, float64(p.PerHour)/extract.OpenShare)
	p.NewsPerHour = min(whole(perRun+open*awake+perChange*f.Changing), p.PerHour/2)
	for left := float64(p.Requests); left > 0; {
		news := p.NewsPerHour
		if !extract.Working(now.Add(time.Duration(p.Hours * float64(time.Hour)))) {
			news = min(whole(perRun+open*extract.Asleep), news)
		}
		rate := pastPerHour(p.PerHour, news)
		p.Hours += min(1, left/rate)
		left -= rate
	}
	if p.Requests > 0 {
		p.HoursError = p.Hours * f.Error / float64(p.Requests)
	}
}

// pastPerHour is how many requests an hour has for the past: what is kept for news is not, and neither is what the news
// take beyond that. The hour in which a request counts has up to a minute more than sixty.
func pastPerHour(perHour, news int) float64 {
	return float64(perHour-perHour/keptForNews-news) * 60 / 61
}

func (p *plan) duration() time.Duration { return time.Duration(p.Hours * float64(time.Hour)) }

func whole(x float64) int { return int(math.Round(x)) }

// usualBytes are the bytes that a row takes in the demo's tables, where there is nothing better to go by.
var usualBytes = map[string]float64{
	"commits": 77, "members": 87, "pipelines": 148, "projects": 328, "pull_request_activity": 41, "pull_request_comments": 59,
	"pull_request_tasks": 220, "pull_requests": 154, "pull_request_sizes": 40, "repositories": 193, "repository_permissions": 3, "snippets": 149,
	"workspace_permissions": 117, "workspaces": 1708,
}

// bytesPerRow tells how many bytes a row of each table takes: as those that have landed do, or as usual.
func bytesPerRow(ctx context.Context, lake *load.Lake, workspace string) map[string]float64 {
	perRow := map[string]float64{}
	for _, t := range status.Tables(ctx, lake, workspace) {
		perRow[t.Table] = usualBytes[t.Table]
		if rows := t.Rows + t.Deleted; rows > 1000 {
			perRow[t.Table] = float64(t.Bytes) / float64(rows)
		}
	}
	return perRow
}

func (p *plan) show(w io.Writer) {
	fmt.Fprintf(w, "%s: %d repositories, of which %d were asked, in %d requests\n", p.Workspace, p.Repositories, p.Sampled, p.Asked)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "stream\trequests\trows\tsize\t")
	for _, s := range p.Streams {
		if s.Rows == nil {
			fmt.Fprintf(tw, "%s\t%d\t?\t\t\n", s.Stream, s.Requests)
			continue
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\t\n", s.Stream, s.Requests, *s.Rows, size(*s.Bytes))
	}
	fmt.Fprintf(tw, "together\t%d\t%d\t%s\t\n", p.Requests, p.Rows, size(p.Bytes))
	_ = tw.Flush()
	if p.Error > 0 {
		fmt.Fprintf(w, "The requests are within %d of that, most likely.\n", 2*p.Error)
	}
	if p.PerHour == 0 {
		fmt.Fprintln(w, "There is no limit of requests.")
		return
	}
	fmt.Fprintf(w, "At %d requests an hour, of which %d are kept for news and some %d on working days go to what changes meanwhile: %s", p.PerHour, p.PerHour/keptForNews, p.NewsPerHour, status.Hours(p.Hours))
	if p.HoursError > 0 {
		fmt.Fprintf(w, ", from %s to %s", status.Hours(max(0, p.Hours-2*p.HoursError)), status.Hours(p.Hours+2*p.HoursError))
	}
	fmt.Fprintln(w, ".\nWhat changes is in the tables from the first run on; the past fills in from today backwards.")
}

// predictFirst makes a forecast at the beginning of a first reading that the hour will not be enough for, so that status
// can say when it ends. That it can't be had keeps nothing else from being read.
func (a *app) predictFirst(ctx context.Context, c oauth.Connection, streams []extract.Stream) {
	perHour, err := status.PerHour(ctx, a.db, &c, a.config.requestsPerHour)
	if err != nil || perHour == 0 {
		return
	}
	known, err := a.db.Backfill(ctx, c.WorkspaceUUID)
	if err != nil || known != nil {
		return
	}
	if m, err := a.lake.Manifest(ctx, schemas.Repositories, c.Workspace); err != nil || m.Cursor != nil { // it has been read before
		return
	}
	asked := 0
	n, err := sizeOf(ctx, counted(a.client(c, "plan", nothing), &asked), bitbucket.Path("/repositories/%s", c.Workspace), nil)
	if most := min(planRequests, max(leastPlanRequests, n/5), perHour/5); err == nil && n*len(streams) > perHour && most >= leastPlanRequests {
		_, err = a.plan(ctx, c, most, 1)
	}
	if err != nil {
		a.log.WarnContext(ctx, "no forecast could be made", "workspace", c.Workspace, "error", err)
	}
}

// spentOnThePast is what a run has spent on what had never been read.
func spentOnThePast(c oauth.Connection, start time.Time, run *workspaceRun) state.Backfill {
	b := state.Backfill{WorkspaceUUID: c.WorkspaceUUID, Started: start}
	if run.done(extract.Backfill) {
		b.Ended = time.Now()
	}
	for _, s := range run.Streams {
		if s.Past > 0 {
			b.Streams = append(b.Streams, state.BackfillStream{Stream: s.Stream, Spent: s.Past})
		}
	}
	return b
}

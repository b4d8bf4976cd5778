package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/state"
	"bucketlake/schemas"
)

func statusCommand() *cobra.Command {
	var asJSON bool
	var runs int
	cmd := &cobra.Command{
		Use: "status", Short: "Show the connections and what has landed", Args: cobra.NoArgs,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			reader := a.status()
			reader.Lake, reader.Runs = a.lake, runs
			connections, err := reader.Read(ctx, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), statusJSON{connections})
			}
			return printStatus(cmd.OutOrStdout(), connections)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&runs, "runs", 0, fmt.Sprintf("list so many of the last runs, %d at most", state.KeptRuns))
	return cmd
}

// statusJSON is the status as --json prints it.
type statusJSON struct {
	Connections []status.Connection `json:"connections"`
}

// status reads how the connections are, without what has landed.
func (a *app) status() *status.Reader {
	return &status.Reader{DB: a.db, Store: a.store, Streams: a.config.streams, PerHour: a.config.requestsPerHour}
}

func printStatus(w io.Writer, connections []status.Connection) error {
	if len(connections) == 0 {
		fmt.Fprintln(w, "No workspace is connected. Run bucketlake connect.")
		return nil
	}
	for i := range connections {
		c := &connections[i]
		if i > 0 {
			fmt.Fprintln(w)
		}
		printConnection(w, c)
		if err := printRuns(w, c.Runs); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if err := printLanded(w, c.Tables); err != nil {
			return err
		}
	}
	return nil
}

func printConnection(w io.Writer, c *status.Connection) {
	fmt.Fprintf(w, "%s  %s (%s), by %s on %s\n", c.Workspace, c.State, c.Health, c.Account, c.ConnectedAt.Format(time.DateOnly))
	for line := range strings.Lines(c.Reason) {
		fmt.Fprintf(w, "  %s\n", strings.TrimSpace(line))
	}
	if c.Remedy != "" {
		fmt.Fprintf(w, "  %s\n", c.Remedy)
	}
	if c.GrantDaysLeft != nil {
		fmt.Fprintf(w, "  unused, the grant ends in %d days; each refresh renews it\n", *c.GrantDaysLeft)
	}
	if c.RequestsLimit > 0 {
		fmt.Fprintf(w, "  requests in the last hour: %d of %d\n", c.RequestsSpent, c.RequestsLimit)
	} else {
		fmt.Fprintf(w, "  requests in the last hour: %d (no limit)\n", c.RequestsSpent)
	}
	if c.Running != nil {
		fmt.Fprintf(w, "  a sync is under way since %s: %d requests", status.Clock(c.Running.Started), c.Running.Requests)
		if c.Running.Stream != "" {
			fmt.Fprintf(w, "; %s, %d of %d", c.Running.Stream, c.Running.Done, c.Running.Total)
		}
		fmt.Fprintln(w)
	}
	switch {
	case c.LastRun == nil:
		fmt.Fprintln(w, "  never synced: run bucketlake sync")
	case c.LastComplete == nil:
		fmt.Fprintln(w, "  not yet synced completely")
	default:
		fmt.Fprintf(w, "  complete as of %s\n", status.Clock(*c.LastComplete))
	}
	if past := c.Backfill.String(); past != "" {
		fmt.Fprintf(w, "  %s\n", past)
	}
}

func printRuns(w io.Writer, runs []status.Run) error {
	if len(runs) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "run\toutcome\trequests\trows changed\ttime\t")
	for _, r := range runs {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%s\t\n", status.Clock(r.Started), r.Outcome, r.Requests, r.Changed, r.Ended.Sub(r.Started).Round(time.Millisecond))
	}
	return tw.Flush()
}

func printLanded(w io.Writer, tables []status.Table) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "table\trows\tdeleted\tobjects\tsize\tlast change\t")
	var problems []string
	for _, t := range tables {
		if t.Problem != "" {
			problems = append(problems, t.Problem)
			continue
		}
		changed := "never"
		if !t.SyncedAt.IsZero() {
			changed = status.Clock(t.SyncedAt)
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%s\t%s\t\n", t.Table, t.Rows, t.Deleted, t.Objects, size(t.Bytes), changed)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
	printNames(w, tables)
	return nil
}

// printNames says in what form names of people have landed, unless all are plain.
func printNames(w io.Writer, tables []status.Table) {
	forms := map[string][]string{}
	for _, t := range tables {
		for _, form := range t.Names {
			forms[form] = append(forms[form], t.Table)
		}
	}
	if len(forms) == 0 || len(forms) == 1 && forms[schemas.PlainNames] != nil {
		return
	}
	fmt.Fprintln(w, "names of people:")
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		says := "as hashes, by the key " + strings.TrimPrefix(form, "h1:")
		if form == schemas.PlainNames {
			says = "as they are"
		}
		fmt.Fprintf(w, "  %s, in %s\n", says, strings.Join(forms[form], ", "))
	}
	if len(forms) > 1 {
		fmt.Fprintln(w, "  Names in several forms do not join: bucketlake sync --full brings them over")
	}
}

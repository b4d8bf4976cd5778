package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/extract/oauth"
	"bucketlake/schemas"
)

// grantLife is how long Bitbucket keeps a grant that nobody uses.
const grantLife = 90 * 24 * time.Hour

func statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show the connections and what has landed", Args: cobra.NoArgs,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			st, err := a.status(ctx, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), st)
			}
			return printStatus(cmd.OutOrStdout(), st)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// statusJSON is the status as --json prints it.
type statusJSON struct {
	Connections []connectionJSON `json:"connections"`
}

type connectionJSON struct {
	Workspace     string      `json:"workspace"`
	State         oauth.State `json:"state"`
	Reason        string      `json:"reason,omitempty"`
	Account       string      `json:"account"`
	Scopes        []string    `json:"scopes"`
	ConnectedAt   time.Time   `json:"connected_at"`
	RefreshedAt   time.Time   `json:"refreshed_at,omitzero"`
	GrantDaysLeft int         `json:"grant_days_left"` // until Bitbucket forgets a grant that is not used
	RequestsSpent int         `json:"requests_spent"`  // in the last hour, by the consumer
	RequestsLimit int         `json:"requests_limit"`  // 0: none
	LastRun       *runStatus  `json:"last_run"`        // null before the first
	LastComplete  *time.Time  `json:"last_complete"`   // end of the last run that brought everything
	Tables        []landed    `json:"tables"`
}

// runStatus is a run that has ended.
type runStatus struct {
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	Requests int       `json:"requests"`
	Problem  string    `json:"problem,omitempty"` // why it is not complete
}

// landed is what the lake has of one table.
type landed struct {
	Table    string    `json:"table"`
	Rows     int64     `json:"rows"` // that are not deleted
	Deleted  int64     `json:"deleted"`
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	SyncedAt time.Time `json:"synced_at,omitzero"` // last change of a row
	Names    []string  `json:"names,omitempty"`    // forms that names of people have: plain, or h1: and a key's id
	Problem  string    `json:"problem,omitempty"`  // why nothing can be said of the table
}

func (a *app) status(ctx context.Context, now time.Time) (statusJSON, error) {
	st := statusJSON{Connections: []connectionJSON{}}
	connections, err := a.store.List(ctx)
	if err != nil {
		return st, err
	}
	for _, c := range connections {
		spent, err := a.db.Spent(ctx, c.ClientID)
		if err != nil {
			return st, err
		}
		last, err := a.db.LastRun(ctx, c.WorkspaceUUID, false)
		if err != nil {
			return st, err
		}
		complete, err := a.db.LastRun(ctx, c.WorkspaceUUID, true)
		if err != nil {
			return st, err
		}
		used := c.RefreshedAt
		if used.IsZero() {
			used = c.ConnectedAt
		}
		status := connectionJSON{
			Workspace: c.Workspace, State: c.State, Reason: c.Reason, Account: c.AccountName, Scopes: c.Scopes,
			ConnectedAt: c.ConnectedAt, RefreshedAt: c.RefreshedAt,
			GrantDaysLeft: max(0, int(math.Ceil(used.Add(grantLife).Sub(now).Hours()/24))),
			RequestsSpent: spent, RequestsLimit: a.config.requestsPerHour, Tables: a.landed(ctx, c.Workspace),
		}
		if last != nil {
			status.LastRun = &runStatus{last.Started, last.Ended, last.Requests, last.Problem}
		}
		if complete != nil {
			status.LastComplete = &complete.Ended
		}
		st.Connections = append(st.Connections, status)
	}
	return st, nil
}

// landed reads what has landed of each table of a workspace.
func (a *app) landed(ctx context.Context, workspace string) []landed {
	var all []landed
	for _, t := range schemas.Tables() {
		m, err := a.lake.Manifest(ctx, t, workspace)
		if err != nil {
			all = append(all, landed{Table: t.Name, Problem: err.Error()})
			continue
		}
		l := landed{Table: t.Name, Objects: len(m.Objects), Names: m.Names()}
		for _, o := range m.Objects {
			l.Rows += o.Rows - o.Deleted
			l.Deleted += o.Deleted
			l.Bytes += o.Bytes
			if o.SyncedAt.After(l.SyncedAt) {
				l.SyncedAt = o.SyncedAt
			}
		}
		all = append(all, l)
	}
	return all
}

func printStatus(w io.Writer, st statusJSON) error {
	if len(st.Connections) == 0 {
		fmt.Fprintln(w, "No workspace is connected. Run bucketlake connect.")
		return nil
	}
	for i, c := range st.Connections {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s  %s, by %s on %s\n", c.Workspace, c.State, c.Account, c.ConnectedAt.Format(time.DateOnly))
		if c.Reason != "" {
			fmt.Fprintf(w, "  %s. Run bucketlake connect --workspace %s\n", c.Reason, c.Workspace)
		}
		if c.State == oauth.Connected {
			fmt.Fprintf(w, "  unused, the grant ends in %d days; each refresh renews it\n", c.GrantDaysLeft)
		}
		limit := "no limit"
		if c.RequestsLimit > 0 {
			limit = fmt.Sprintf("of %d", c.RequestsLimit)
		}
		fmt.Fprintf(w, "  requests in the last hour: %d (%s)\n", c.RequestsSpent, limit)
		printRuns(w, &c)
		fmt.Fprintln(w)
		if err := printLanded(w, c.Tables); err != nil {
			return err
		}
	}
	return nil
}

// printRuns says when the tables were last up to date, and what is the matter since.
func printRuns(w io.Writer, c *connectionJSON) {
	switch {
	case c.LastRun == nil:
		fmt.Fprintln(w, "  never synced: run bucketlake sync")
		return
	case c.LastComplete == nil:
		fmt.Fprintln(w, "  not yet synced completely")
	default:
		fmt.Fprintf(w, "  complete as of %s\n", clock(*c.LastComplete))
	}
	if c.LastRun.Problem != "" {
		fmt.Fprintf(w, "  the run that ended %s is not complete: %s\n", clock(c.LastRun.Ended), c.LastRun.Problem)
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func printLanded(w io.Writer, tables []landed) error {
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
			changed = clock(t.SyncedAt)
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
func printNames(w io.Writer, tables []landed) {
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

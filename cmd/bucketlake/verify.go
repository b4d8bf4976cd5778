package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/load"
	"bucketlake/schemas"
)

func verifyCommand() *cobra.Command {
	var workspace string
	var tables []string
	var v verification
	cmd := &cobra.Command{
		Use: "verify", Short: "Compare the lake with its manifests, and with Bitbucket", Args: cobra.NoArgs,
		Long: `Compare what lies in the lake with what was committed: every object is there, is the one that was committed, can be read,
has its rows in the order of unique keys and in their partition. Nothing is changed, and nothing asked of Bitbucket.

With --requests, so many requests are spent to compare numbers and rows with Bitbucket: members, projects and repositories,
and in repositories drawn at random the pull requests and the branches, of each list the first page. What changed since the
last sync shows as a difference, too.

Exit code 0: all agrees. 1: something needs you; each finding says what to do.`,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			selected, err := selectTables(tables)
			if err != nil {
				return err
			}
			workspaces := []string{workspace}
			if workspace == "" || v.requests > 0 {
				connections, err := a.connections(ctx, workspace)
				if err != nil {
					return err
				}
				workspaces = nil
				for _, c := range connections {
					workspaces = append(workspaces, c.Workspace)
				}
				v.connections = connections
			}
			return v.run(ctx, cmd.OutOrStdout(), a, workspaces, selected)
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "verify this workspace only (slug)")
	cmd.Flags().StringSliceVar(&tables, "table", nil, "verify these tables only")
	cmd.Flags().BoolVar(&v.removeOrphans, "remove-orphans", false, "remove objects that no table has, and parts of uploads that were begun a day ago or earlier and never ended")
	cmd.Flags().IntVar(&v.requests, "requests", 0, "compare numbers and rows with Bitbucket, with so many requests at most")
	cmd.Flags().Uint64Var(&v.seed, "seed", 1, "draws the repositories that are asked: the same ones again for the same seed")
	cmd.Flags().BoolVar(&v.json, "json", false, "print the findings as JSON")
	return cmd
}

// finding is what verify found, as --json prints it.
type finding struct {
	Workspace string `json:"workspace"`
	Table     string `json:"table"`
	Object    string `json:"object,omitempty"`
	Kind      string `json:"kind"`
	Detail    string `json:"detail"`
	Remedy    string `json:"remedy"`
	Fault     bool   `json:"fault"` // whether it needs a person
}

// remedies say what to do about each kind of finding.
var remedies = map[load.FindingKind]string{
	load.Missing:    "restore the object from a backup; or remove the table's manifest as well and run bucketlake sync --full",
	load.Ahead:      "nothing: the next sync goes on from there",
	load.Orphan:     "look at it, then run bucketlake verify --remove-orphans",
	load.Unfinished: "run bucketlake verify --remove-orphans, or let a rule of the bucket's life cycle do it (deploy/README.md)",
	load.Damaged:    "restore the object from a backup; or move it and the table's manifest away and run bucketlake sync --full",
	load.Miscounted: "run bucketlake sync --full: another program wrote the object",
	load.Misplaced:  "move the object away and run bucketlake sync --full: another program wrote it",
	load.Unreadable: "restore the manifest from a backup; or remove it and run bucketlake sync --full",
	load.Versioned:  "run the bucketlake that wrote it, or a newer one; or have this one make a lake beside it (deploy/OPERATIONS.md)",
	different:       "run bucketlake sync, then verify again; if it stays, run bucketlake sync --full",
}

// different is the kind of a number that is another at Bitbucket.
const different load.FindingKind = "different"

func (v *verification) run(ctx context.Context, w io.Writer, a *app, workspaces []string, tables []*schemas.Table) error {
	for _, workspace := range workspaces {
		for _, t := range tables {
			if err := v.table(ctx, a, workspace, t); err != nil {
				return fmt.Errorf("verifying %s of %s: %w", t.Name, workspace, err)
			}
		}
	}
	if v.requests > 0 {
		for _, c := range v.connections {
			if err := v.bitbucket(ctx, a, c); err != nil {
				return fmt.Errorf("comparing %s with Bitbucket: %w", c.Workspace, err)
			}
		}
	}
	if v.json {
		if err := printJSON(w, append([]finding{}, v.findings...)); err != nil {
			return err
		}
	} else {
		v.print(w, len(workspaces), len(tables))
	}
	if faults := v.faults(); faults > 0 {
		return fmt.Errorf("%d findings need you", faults)
	}
	return nil
}

// longestUpload is how long an upload may be under way before it is taken for one whose process was killed.
const longestUpload = 24 * time.Hour

// table verifies one table of a workspace.
func (v *verification) table(ctx context.Context, a *app, workspace string, t *schemas.Table) error {
	left := time.Now().Add(-longestUpload)
	for f, err := range a.lake.Verify(ctx, t, workspace, left) {
		if err != nil {
			return err
		}
		v.add(workspace, t, f.Kind, f.Object, f.Detail, f.Fault())
	}
	if !v.removeOrphans {
		return nil
	}
	removed, err := a.lake.RemoveOrphans(ctx, t, workspace, left)
	for i := range v.findings {
		if f := &v.findings[i]; slices.Contains(removed, f.Object) && (f.Kind == string(load.Orphan) || f.Kind == string(load.Unfinished)) {
			f.Remedy = "removed"
		}
	}
	return err
}

func (v *verification) add(workspace string, t *schemas.Table, kind load.FindingKind, object, detail string, fault bool) {
	v.findings = append(v.findings, finding{workspace, t.Name, object, string(kind), detail, remedies[kind], fault})
}

func (v *verification) faults() (n int) {
	for _, f := range v.findings {
		if f.Fault {
			n++
		}
	}
	return n
}

func (v *verification) print(w io.Writer, workspaces, tables int) {
	fmt.Fprintf(w, "%d tables of %d workspaces: %d findings, of which %d need you.\n", tables, workspaces, len(v.findings), v.faults())
	if v.asked > 0 {
		fmt.Fprintf(w, "Compared with Bitbucket in %d requests, %d rows and how many there are: %s.\n", v.asked, v.sampled, strings.Join(v.compared, ", "))
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range v.findings {
		where := f.Object
		if where == "" {
			where = f.Table + " of " + f.Workspace
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n\t\t-> %s\n", f.Kind, where, f.Detail, f.Remedy)
	}
	_ = tw.Flush()
}

var errEnough = errors.New("the requests are spent")

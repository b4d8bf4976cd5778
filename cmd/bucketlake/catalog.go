package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/load"
	"bucketlake/schemas"
)

// registerWithin is how long a run may take to register what it has landed. The next run does what is left.
const registerWithin = 5 * time.Minute

// openCatalog opens the database of the catalogue in which tables are registered. It sends no request.
func (c *config) openCatalog(ctx context.Context, dryRun, replace bool) (*load.Catalog, error) {
	catalog, err := load.OpenCatalog(ctx, load.CatalogOptions{Database: c.glueDatabase, Lake: c.lake, Writer: userAgent(), DryRun: dryRun, Replace: replace})
	if err != nil {
		return nil, fmt.Errorf("opening the catalogue (GLUE_DATABASE): %w", err)
	}
	return catalog, nil
}

// register registers what a run of a workspace has landed. It comes after the commits: what the catalogue names is there. A crash
// before, or amid, leaves it behind the lake, until the next run.
func (a *app) register(ctx context.Context, run *workspaceRun, tables []*schemas.Table) {
	if a.config.glueDatabase == "" || ctx.Err() != nil {
		return
	}
	if run.Catalogue == nil {
		run.Catalogue = &status.Catalogue{Database: a.config.glueDatabase}
	} else if run.Catalogue.Problem != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, registerWithin)
	defer cancel()
	ctx, span := a.tracer.Start(ctx, "register")
	catalog, err := a.config.openCatalog(ctx, false, false)
	var all []load.Registration
	if err == nil {
		all, err = catalog.Register(ctx, a.lake, tables, []string{run.Workspace})
	}
	run.Catalogue.Add(all)
	end(span, err, attribute.Int("bucketlake.tables", run.Catalogue.Tables), attribute.Int("bucketlake.partitions", run.Catalogue.Partitions))
	for _, r := range all {
		for _, note := range r.Notes {
			a.log.WarnContext(ctx, "in the catalogue", "workspace", run.Workspace, "table", r.Table, "note", note)
		}
	}
	if err != nil {
		run.Catalogue.Problem = err.Error()
		a.log.WarnContext(ctx, "not everything is registered in the catalogue; all has landed, and the next run tries again", "workspace", run.Workspace, "error", err)
	}
}

// tablesOfRuns are those that a run lands, but for what became of the run itself, which lands at last.
func tablesOfRuns() []*schemas.Table {
	var tables []*schemas.Table
	for _, t := range schemas.Tables() {
		if t != schemas.SyncRuns {
			tables = append(tables, t)
		}
	}
	return tables
}

// checkCatalog tries the catalogue, and whether the tables agree with what it has.
func (c *checks) checkCatalog(ctx context.Context, config *config, lake *load.Lake) {
	const name = "catalogue"
	catalog, err := config.openCatalog(ctx, true, false)
	note := ""
	if err == nil {
		note, err = catalog.Check(ctx)
	}
	var all []load.Registration
	if err == nil && note == "" {
		all, err = catalog.Register(ctx, lake, schemas.Tables(), nil)
	}
	missing := 0
	for _, r := range all {
		if r.Created {
			missing++
		}
	}
	switch c.add(name, err, "the Glue database %s can be read and written", config.glueDatabase); {
	case note != "":
		c.note(name, "%s", note)
	case missing > 0:
		c.note(name, "%d of %d tables are not registered yet: the next run does it, or bucketlake tables register", missing, len(all))
	}
}

func registerCommand() *cobra.Command {
	var tables []string
	var dryRun, replace, asJSON bool
	cmd := &cobra.Command{
		Use: "register", Short: "Register the tables and their partitions in AWS Glue's catalogue", Args: cobra.NoArgs,
		Long: `Register all tables, and the partitions of all workspaces that have landed, in the database GLUE_DATABASE of AWS Glue's
catalogue, as each run does for its workspace: what is missing is made, what differs is corrected, and partitions that the
manifests do not have any more are removed. Columns are only ever added; columns, properties, comments and owners that others
have set stay. It needs the rights in deploy/iam-worker-glue.json, and nothing of Bitbucket.

An entry that is one of another lake, or has a column of another type, is left alone. With --replace it becomes one of this lake:
its location, its columns and its partitions, of which none that lies elsewhere is left. What people have said of it stays, and no file
is touched. That is how readers are switched to a lake that was made beside another one (deploy/OPERATIONS.md).

Exit code 0: all is registered. 1: something is not, and why.`,
		Example: `  GLUE_DATABASE=bucketlake LAKE_URL=s3://bucket/lake bucketlake tables register --dry-run`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			selected, err := selectTables(tables)
			if err != nil {
				return err
			}
			c, err := readConfig()
			if err != nil {
				return err
			}
			if c.glueDatabase == "" {
				return errors.New("GLUE_DATABASE is not set: set it to the database of AWS Glue's catalogue in which the tables are to be registered, such as bucketlake")
			}
			return c.registerAll(cmd.Context(), cmd.OutOrStdout(), selected, dryRun, replace, asJSON)
		},
	}
	cmd.Flags().StringSliceVar(&tables, "table", nil, "register these tables only")
	cmd.Flags().BoolVar(&replace, "replace", false, "take over entries that contradict the tables: those of a lake whose place this one takes")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what there is to do, and do nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// registrationsJSON is what tables register found, and did, as --json prints it.
type registrationsJSON struct {
	Database string              `json:"database"`
	DryRun   bool                `json:"dry_run"`
	Tables   []load.Registration `json:"tables"`
	Problem  string              `json:"problem,omitempty"`
}

func (c *config) registerAll(ctx context.Context, w io.Writer, tables []*schemas.Table, dryRun, replace, asJSON bool) error {
	store, err := c.lake.Open(ctx)
	if err != nil {
		return fmt.Errorf("opening the lake (LAKE_URL): %w", err)
	}
	lake := load.New(store, nil)
	workspaces, err := lake.Workspaces(ctx)
	if err != nil {
		return fmt.Errorf("listing the workspaces that have landed: %w", err)
	}
	catalog, err := c.openCatalog(ctx, dryRun, replace)
	if err != nil {
		return err
	}
	all, err := catalog.Register(ctx, lake, tables, workspaces)
	if asJSON {
		return errors.Join(printJSON(w, registrationsJSON{c.glueDatabase, dryRun, append([]load.Registration{}, all...), text(err)}), err)
	}
	printRegistrations(w, c.glueDatabase, all, len(workspaces), dryRun)
	return err
}

func printRegistrations(w io.Writer, database string, all []load.Registration, workspaces int, dryRun bool) {
	idle := 0
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range all {
		if r.Idle() && len(r.Notes) == 0 {
			idle++
			continue
		}
		var did []string
		did = some(did, "made", r.Created)
		did = some(did, "replaced", r.Replaced)
		did = some(did, "corrected", r.Updated && !r.Replaced && len(r.Columns) == 0)
		did = some(did, "columns added: "+strings.Join(r.Columns, ", "), len(r.Columns) > 0)
		for _, of := range []struct {
			what       string
			partitions []string
		}{{"added", r.Added}, {"corrected", r.Changed}, {"removed", r.Removed}} {
			did = some(did, fmt.Sprintf("%d partitions %s", len(of.partitions), of.what), len(of.partitions) > 0)
		}
		fmt.Fprintf(tw, "%s\t%s\n", r.Table, strings.Join(append(did, r.Notes...), "; "))
	}
	_ = tw.Flush()
	end := ""
	if dryRun {
		end = " This is what there is to do: nothing was done (--dry-run)."
	}
	fmt.Fprintf(w, "The Glue database %s: %d of %d tables were as they should be, with the partitions of %d workspaces.%s\n", database, idle, len(all), workspaces, end)
}

func some(list []string, text string, is bool) []string {
	if is {
		return append(list, text)
	}
	return list
}

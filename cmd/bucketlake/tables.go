package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"bucketlake/schemas"
)

func tablesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tables", Short: "Describe the tables of the lake"}
	var asJSON bool
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the tables", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return printTables(cmd.OutOrStdout(), schemas.Tables(), asJSON)
		},
	}, &cobra.Command{
		Use: "describe TABLE", Short: "Show a table's columns",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("which table? Name one of %s", strings.Join(tableNames(), ", "))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return tableNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			t, ok := schemas.Lookup(args[0])
			if !ok {
				return fmt.Errorf("no table %q: the tables are %s", args[0], strings.Join(tableNames(), ", "))
			}
			return describeTable(cmd.OutOrStdout(), t, asJSON)
		},
	})
	var dialect, location string
	ddl := &cobra.Command{
		Use: "ddl", Short: "Print the statements that make an engine know the tables", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, t := range schemas.Tables() {
				text, err := t.DDL(dialect, location)
				if err != nil {
					return err
				}
				if dialect == "duckdb" && nothingIn(location, t) {
					text = fmt.Sprintf("-- No row has landed in %s yet: DuckDB knows no table without files.\n", t.Name)
				}
				fmt.Fprintln(cmd.OutOrStdout(), text)
			}
			return nil
		},
	}
	ddl.Flags().StringVar(&dialect, "dialect", "athena", strings.Join(schemas.Dialects(), ", "))
	ddl.Flags().StringVar(&location, "location", "s3://YOUR-BUCKET/YOUR-PREFIX", "address of the lake as the engine takes it; for snowflake a stage, such as @lake")
	cmd.AddCommand(ddl, &cobra.Command{
		Use: "docs", Short: "Print the documentation of the tables in Markdown", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), schemas.Docs())
			return err
		},
	})
	return cmd
}

// nothingIn reports whether a lake on this machine has no file of a table.
func nothingIn(location string, t *schemas.Table) bool {
	if _, err := os.Stat(location); err != nil { // elsewhere, then
		return false
	}
	_, err := os.Stat(filepath.Join(location, t.Name))
	return errors.Is(err, fs.ErrNotExist)
}

func tableNames() []string {
	var names []string
	for _, t := range schemas.Tables() {
		names = append(names, t.Name)
	}
	return names
}

func printTables(w io.Writer, tables []*schemas.Table, asJSON bool) error {
	if asJSON {
		var all []tableJSON
		for _, t := range tables {
			all = append(all, tableOf(t))
		}
		return printJSON(w, all)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range tables {
		fmt.Fprintf(tw, "%s\t%s\n", t.Name, t.Doc)
	}
	return tw.Flush()
}

func describeTable(w io.Writer, t *schemas.Table, asJSON bool) error {
	if asJSON {
		return printJSON(w, tableOf(t))
	}
	fmt.Fprintf(w, "%s, version %d\n%s\n\n", t.Name, t.Version, t.Doc)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "COLUMN\tTYPE\tNULL\tKEY\tWHAT IT IS")
	for _, c := range tableOf(t).Columns {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Type, yes(c.Nullable), yes(c.Key), c.Doc)
	}
	return tw.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// tableJSON is a table as --json prints it.
type tableJSON struct {
	Name       string       `json:"name"`
	Version    int          `json:"version"`
	Doc        string       `json:"doc"`
	Partitions []string     `json:"partitions"`
	Columns    []columnJSON `json:"columns"`
}

type columnJSON struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Nullable  bool   `json:"nullable"`
	Key       bool   `json:"key"`
	Partition bool   `json:"partition,omitempty"`
	Doc       string `json:"doc"`
}

func tableOf(t *schemas.Table) tableJSON {
	out := tableJSON{Name: t.Name, Version: t.Version, Doc: t.Doc, Partitions: []string{"workspace"}}
	out.Columns = append(out.Columns, columnJSON{Name: "workspace", Type: "string", Partition: true, Doc: "the workspace's slug; in the path"})
	if t.Partition >= 0 {
		out.Partitions = append(out.Partitions, "month")
		out.Columns = append(out.Columns, columnJSON{Name: "month", Type: "string", Partition: true, Doc: "of " + t.Columns[t.Partition].Name + ", such as 2026-10; in the path"})
	}
	keys := map[int]bool{}
	for _, k := range t.Key {
		keys[k] = true
	}
	for i, c := range t.Columns {
		out.Columns = append(out.Columns, columnJSON{Name: c.Name, Type: c.Type.String(), Nullable: c.Nullable, Key: keys[i], Doc: c.Doc})
	}
	return out
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

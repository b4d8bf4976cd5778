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
			tables, err := selectTables(args)
			if err != nil {
				return err
			}
			return describeTable(cmd.OutOrStdout(), tables[0], asJSON)
		},
	}, docsCommand(), ddlCommand(), registerCommand())
	return cmd
}

func docsCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "docs", Short: "Print the documentation of all tables, as Markdown", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				_, err := io.WriteString(cmd.OutOrStdout(), schemas.Docs())
				return err
			}
			if err := os.WriteFile(file, []byte(schemas.Docs()), 0o644); err != nil {
				return fmt.Errorf("writing the documentation: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "write", "", "write it to this file")
	return cmd
}

func ddlCommand() *cobra.Command {
	var d schemas.DDL
	cmd := &cobra.Command{
		Use: "ddl [TABLE...]", Short: "Print statements that declare tables to an engine",
		Long: `Print statements that declare tables, all of them or those named, to an engine.

athena     CREATE EXTERNAL TABLE; with --projection, the partitions of these workspaces are computed, not looked up
glue       a line of JSON a table: what aws glue create-table --table-input takes
redshift   external tables for Redshift Spectrum
snowflake  external tables over a stage
bigquery   external tables over Cloud Storage, or over S3 with --connection
duckdb     views of the files`,
		Example: `  bucketlake tables ddl --dialect athena --location s3://bucket/lake --projection acme
  bucketlake tables ddl --dialect duckdb --location data/demo/lake | duckdb demo.duckdb`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return tableNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			tables, err := selectTables(args)
			if err != nil {
				return err
			}
			var empty []string
			if d.Dialect == "duckdb" {
				tables, empty = withFiles(d.Location, tables)
			}
			text, err := d.Write(tables)
			if err != nil {
				return fmt.Errorf("declaring tables: %w", err)
			}
			if len(empty) > 0 {
				text += fmt.Sprintf("\n-- No row has landed yet in %s.\n", strings.Join(empty, ", "))
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().StringVar(&d.Dialect, "dialect", "", "engine: "+strings.Join(schemas.Dialects(), ", "))
	cmd.Flags().StringVar(&d.Location, "location", "", "where the lake is: s3://bucket/prefix, or for duckdb a directory")
	cmd.Flags().StringSliceVar(&d.Projection, "projection", nil, "for athena and glue: compute the partitions of these workspaces (slugs)")
	cmd.Flags().StringVar(&d.Connection, "connection", "", "for bigquery: the connection to S3, such as aws-us-east-1.lake")
	return cmd
}

// withFiles returns the tables that a lake in a directory has files of, and the names of the others, which
// DuckDB would refuse. Of a lake elsewhere nothing is known.
func withFiles(directory string, tables []*schemas.Table) (landed []*schemas.Table, empty []string) {
	if _, err := os.Stat(directory); err != nil {
		return tables, nil
	}
	for _, t := range tables {
		if _, err := os.Stat(filepath.Join(directory, t.Name)); errors.Is(err, fs.ErrNotExist) {
			empty = append(empty, t.Name)
			continue
		}
		landed = append(landed, t)
	}
	return landed, empty
}

// selectTables returns the named tables, or without names all.
func selectTables(names []string) ([]*schemas.Table, error) {
	if len(names) == 0 {
		return schemas.Tables(), nil
	}
	var tables []*schemas.Table
	for _, name := range names {
		t, ok := schemas.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("no table %q: the tables are %s", name, strings.Join(tableNames(), ", "))
		}
		tables = append(tables, t)
	}
	return tables, nil
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
	From       string       `json:"from"`
	Partitions []string     `json:"partitions"`
	Columns    []columnJSON `json:"columns"`
}

type columnJSON struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Nullable  bool   `json:"nullable"`
	Key       bool   `json:"key"`
	Partition bool   `json:"partition,omitempty"`
	Personal  bool   `json:"personal,omitempty"` // names a person
	Doc       string `json:"doc"`
	From      string `json:"from,omitempty"`
}

func tableOf(t *schemas.Table) tableJSON {
	out := tableJSON{Name: t.Name, Version: t.Version, Doc: t.Doc, From: t.From}
	for _, c := range t.Partitions() {
		out.Partitions = append(out.Partitions, c.Name)
		out.Columns = append(out.Columns, columnJSON{Name: c.Name, Type: c.Type.String(), Partition: true, Doc: c.Doc})
	}
	for i, c := range t.Columns {
		out.Columns = append(out.Columns, columnJSON{
			Name: c.Name, Type: c.Type.String(), Nullable: c.Nullable, Key: t.IsKey(i), Personal: c.Personal, Doc: c.Doc, From: c.From,
		})
	}
	return out
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

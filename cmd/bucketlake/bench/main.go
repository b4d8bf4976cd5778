//go:build linux

// Bench lands pull requests from pages in memory, through the code that a sync runs, and says what it cost.
// make bench runs it, and DuckDB beside it: see cmd/bucketlake/interop.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	var o options
	flags.StringVar(&o.pages, "pages", "", "file of pages: see make")
	flags.IntVar(&o.make, "make", 0, "make the file, with this many pull requests, and end")
	flags.BoolVar(&o.full, "full", false, "make pages as they are without fields=, with all that no column needs")
	flags.StringVar(&o.lake, "lake", "", "folder to land in")
	flags.BoolVar(&o.news, "news", false, "the pages are those of the newest hundredth, which has changed since")
	flags.StringVar(&o.tables, "tables", "pull_requests", "pull_requests, or all that a pull request makes rows of")
	flags.IntVar(&o.batch, "batch", 0, "rows after which they are committed; 0: all in one commit")
	flags.StringVar(&o.compression, "compression", "zstd", "as PARQUET_COMPRESSION")
	flags.StringVar(&o.profile, "profile", "", "file for a CPU profile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.make > 0 {
		return makePages(ctx, o)
	}
	result, err := land(ctx, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}

type options struct {
	pages, lake, tables, compression, profile string
	make, batch                               int
	full, news                                bool
}

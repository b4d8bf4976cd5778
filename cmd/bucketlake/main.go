// Command bucketlake keeps Parquet tables of who uses which Bitbucket feature when.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker; a build without it is one of a developer's.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

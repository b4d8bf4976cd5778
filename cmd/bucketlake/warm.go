package main

import (
	"context"
	"errors"
	"time"

	reports "bucketlake/cmd/bucketlake/usage"
)

// warmEvery is how often a worker with a page looks whether a run has ended, here or in another process.
const warmEvery = 5 * time.Second

// startWarming reads what the page of usage shows at first, at the start and after each run, so that no visitor waits for that.
// What did not change since is not read again.
func (a *app) startWarming(ctx context.Context, tables *reports.Reader) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		warmed := map[string]time.Time{} // end of the run after which it was read, by the workspace's uuid
		for {
			if err := a.warm(ctx, tables, warmed); err != nil && ctx.Err() == nil {
				a.log.DebugContext(ctx, "reading the usage before somebody asks", "error", err) // who asks is told
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(warmEvery):
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (a *app) warm(ctx context.Context, tables *reports.Reader, warmed map[string]time.Time) error {
	connections, err := a.store.List(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range connections {
		last, err := a.db.LastRun(ctx, c.WorkspaceUUID, false)
		if err != nil {
			return err
		}
		if last == nil || last.Ended.Equal(warmed[c.WorkspaceUUID]) {
			continue
		}
		// One that can't be read is not tried again before its next run, and keeps no other one from being read.
		warmed[c.WorkspaceUUID] = last.Ended
		_, err = tables.Open(ctx, c.Workspace, reports.Choice{Last: reports.Last90})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/riverqueue/river/rivertype"

	"bucketlake/cmd/bucketlake/metrics"
	"bucketlake/cmd/bucketlake/status"
	reports "bucketlake/cmd/bucketlake/usage"
	"bucketlake/cmd/bucketlake/web"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// servePages serves a worker's page, and its health checks, until stop is called.
func (a *app) servePages(ctx context.Context, insert insertFunc) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	if !a.config.noPage {
		page, err := listen(ctx, a.config.httpAddr)
		if err != nil {
			return nil, fmt.Errorf("serving the page at HTTP_ADDR=%s: %w: set it to a free address, or to - for none", a.config.httpAddr, err)
		}
		tables := reports.New(a.lake, a.shownNames)
		handler, address := a.page(page.Addr().String(), insert, tables)
		if a.config.webhookSecret != "" {
			hooks := &hookReceiver{secret: a.config.webhookSecret, store: a.store, db: a.db, log: a.log, soon: a.afterHook(insert)}
			mux := http.NewServeMux()
			mux.Handle("/", handler)
			mux.Handle(hooksPath, hooks) // the signature is what guards it
			handler = mux
			a.log.Info("webhooks are received", "address", address+hooksPath)
		}
		stops = append(stops, serve(page, handler), a.startWarming(ctx, tables))
		a.log.Info("the page is up", "address", address)
	}
	if a.config.opsAddr != "" {
		ops, err := listen(ctx, a.config.opsAddr)
		if err != nil {
			stop()
			return nil, fmt.Errorf("serving OPS_ADDR=%s: %w: set it to a free address, or to - for none", a.config.opsAddr, err)
		}
		a.metrics.Watch(metrics.Standing{
			Connections: func(ctx context.Context) ([]status.Connection, error) { return a.status().Read(ctx, time.Now()) },
			Queue:       a.waiting,
		})
		stops = append(stops, serve(ops, opsHandler(a)))
	}
	return stop, nil
}

// page is the page of a worker that listens at an address, and how browsers reach it.
func (a *app) page(listening string, insert insertFunc, tables *reports.Reader) (page http.Handler, public string) {
	started := time.Now()
	// Where the system chose the port, it is part of the address that browsers see.
	public = a.config.at(listening)
	consumers := slices.Clone(a.config.consumers)
	for i := range consumers {
		consumers[i].RedirectURL = public + oauth.CallbackPath
	}
	page = web.Handler(web.Options{
		Status: func(ctx context.Context, runs int) ([]status.Connection, error) {
			reader := a.status()
			reader.Schedule, reader.Started, reader.Queue, reader.Runs = a.config.schedule, started, a.queued, runs
			return reader.Read(ctx, time.Now())
		},
		Anew: func(ctx context.Context, c *status.Connection, streams []string) (string, error) {
			return a.readAnew(ctx, insert, c, streams)
		},
		Sync: func(ctx context.Context, workspaceUUID string) (string, error) {
			return a.syncSoon(ctx, insert, workspaceUUID)
		},
		Disconnect: func(ctx context.Context, id string) error { return a.store.Disconnect(ctx, id, "somebody on the page") },
		Maker:      a.maker(), Consumers: consumers,
		Usage: tables, Workspaces: a.workspaces, Lake: a.config.lake.String(),
		PublicURL: public, Listening: listening, Password: a.config.webPassword, Log: a.log,
	})
	return page, public
}

// workspaces lists those that are, or were, connected.
func (a *app) workspaces(ctx context.Context) ([]string, error) {
	connections, err := a.store.List(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range connections {
		names = append(names, c.Workspace)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// readAnew has streams of a workspace read from the beginning, or, without names, all of them, and says when that begins.
// The order is: note it, then queue a sync. A crash in between leaves it to the next run.
func (a *app) readAnew(ctx context.Context, insert insertFunc, c *status.Connection, streams []string) (string, error) {
	all, name := len(streams) == 0, ""
	if all {
		for _, st := range a.config.streams {
			streams = append(streams, st.Name)
		}
	} else {
		name = streams[0]
	}
	var duration time.Duration
	if cost := c.Anew(name); cost != nil {
		duration = time.Duration(cost.Hours * float64(time.Hour))
	}
	if err := a.db.ReadAnew(ctx, c.WorkspaceUUID, streams, all, duration, time.Now()); err != nil {
		return "", err
	}
	return a.syncSoon(ctx, insert, c.WorkspaceUUID)
}

const (
	// endingLooks are taken, endingPause apart, whether the queue has noticed the end of a run.
	endingLooks = 50
	endingPause = 100 * time.Millisecond
)

// syncSoon queues a sync of a workspace, and says when it will be. A job that counts as running although nobody holds its
// workspace is about to end, perhaps for want of what was just mended: another one follows it.
func (a *app) syncSoon(ctx context.Context, insert insertFunc, workspaceUUID string) (string, error) {
	a.news.forget(workspaceUUID) // somebody waits for the news
	for look := 0; ; look++ {
		queued, err := insert(ctx, syncArgs{workspaceUUID}, nil)
		if err != nil {
			return "", err
		}
		switch {
		case !queued.UniqueSkippedAsDuplicate:
			return "a sync begins now", nil
		case queued.Job.State != rivertype.JobStateRunning:
			return "a sync that was waiting begins now", a.wakeJobs(ctx, workspaceUUID)
		}
		unlock, err := a.db.Lock(ctx, syncLock(oauth.Connection{WorkspaceUUID: workspaceUUID}))
		if errors.Is(err, state.ErrLocked) || look == endingLooks {
			return "a sync is under way already", nil
		}
		if err != nil {
			return "", err
		}
		unlock()
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(endingPause):
		}
	}
}

package main

import (
	"context"
	"time"

	"bucketlake/cmd/bucketlake/alerts"
	"bucketlake/cmd/bucketlake/status"
)

// alertEvery is how often a worker looks whether there is something to tell.
const alertEvery = time.Minute

// alertWatch looks after the connections; nil where nobody wants to be told.
func (a *app) alertWatch() *alerts.Watch {
	c := a.config
	if c.alertURL == "" {
		return nil
	}
	receiver := &alerts.Receiver{URL: c.alertURL, Format: c.alertFormat, Version: version}
	if !c.noPage {
		receiver.PublicURL = c.publicURL
	}
	return &alerts.Watch{
		DB:          a.db,
		Connections: func(ctx context.Context) ([]status.Connection, error) { return a.status().Read(ctx, time.Now()) },
		StaleAfter:  c.alertStaleAfter, Failures: c.alertFailures, Tell: receiver.Tell,
		Told: func(kind alerts.Kind, err error) {
			outcome := "told"
			if err != nil {
				outcome = "failed"
			}
			a.metrics.Alerted(string(kind), outcome)
		},
	}
}

// look tells what there is to tell.
func (a *app) look(ctx context.Context, w *alerts.Watch) {
	if err := w.Look(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "alerting; it is tried again", "error", err)
	}
}

// keepAlerting tells what there is to tell, until ctx ends.
func (a *app) keepAlerting(ctx context.Context) {
	w := a.alertWatch()
	if w == nil {
		return
	}
	tick := time.NewTicker(alertEvery)
	defer tick.Stop()
	for {
		a.look(ctx, w)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

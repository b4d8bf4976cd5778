package main

import (
	"context"
	"errors"
	"time"

	"bucketlake/extract/oauth"
)

const (
	// keepAliveAfter is how old a grant's last refresh may get. Bitbucket forgets a grant that was not refreshed for three
	// months; a week leaves a dozen chances.
	keepAliveAfter = 7 * 24 * time.Hour
	// lookAfter is how often the worker looks after the connections. A refresh whose answer was lost must be asked for
	// again within about ten minutes.
	lookAfter = time.Minute
)

// keepConnected keeps connections alive that no sync uses, and settles refreshes whose outcome isn't known, until ctx
// ends.
func (a *app) keepConnected(ctx context.Context) {
	tick := time.NewTicker(lookAfter)
	defer tick.Stop()
	for {
		a.refreshIdle(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *app) refreshIdle(ctx context.Context) {
	connections, err := a.store.List(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.log.ErrorContext(ctx, "looking after the connections", "error", err)
		}
		return
	}
	for _, c := range connections {
		refreshed, err := a.keepAlive(ctx, c)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, oauth.ErrUnavailable):
			a.log.WarnContext(ctx, "keeping a connection alive; it is tried again", "workspace", c.Workspace, "error", err)
		case err != nil:
			a.log.ErrorContext(ctx, "keeping a connection alive", "workspace", c.Workspace, "error", err)
		case refreshed:
			a.log.InfoContext(ctx, "kept a connection alive", "workspace", c.Workspace)
		}
	}
}

// keepAlive refreshes a connection that is idle, and settles what is not known of one: how a refresh ended, or whether an
// access token that was refused is dead.
func (a *app) keepAlive(ctx context.Context, c oauth.Connection) (refreshed bool, err error) {
	olderThan := time.Now().Add(-keepAliveAfter)
	idle := c.Kind == oauth.KindOAuth && c.RefreshedAt.Before(olderThan)
	if c.State != oauth.Connected || !idle && c.RefreshStarted.IsZero() {
		return false, nil
	}
	return a.tokens.KeepAlive(ctx, c.WorkspaceUUID, olderThan)
}

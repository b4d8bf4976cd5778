// Package status says how each connection is: what the command prints, and what the page shows.
package status

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/robfig/cron/v3"

	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// Health is the state of a connection at a glance.
type Health string

const (
	Green  Health = "green"  // everything is read
	Yellow Health = "yellow" // something is not read, or will not be soon
	Red    Health = "red"    // nothing can be read until somebody does something
	Off    Health = "off"    // disconnected, by somebody's wish
)

// Connection is what is known of a connection. Times are UTC.
type Connection struct {
	ID               string           `json:"id"`
	Workspace        string           `json:"workspace"`
	WorkspaceUUID    string           `json:"workspace_uuid"`
	Kind             oauth.Kind       `json:"kind"`
	State            oauth.State      `json:"state"`
	Health           Health           `json:"health"`
	Reason           string           `json:"reason,omitempty"` // why it is not green: a sentence a line
	Remedy           string           `json:"remedy,omitempty"` // what brings it back, where only a person can
	Account          string           `json:"account"`
	ClientID         string           `json:"client_id,omitempty"`
	Scopes           []string         `json:"scopes"`
	ConnectedAt      time.Time        `json:"connected_at"`
	RefreshedAt      time.Time        `json:"refreshed_at,omitzero"`
	GrantDaysLeft    *int             `json:"grant_days_left"`           // until Bitbucket forgets a grant that is not used; null: it doesn't
	RequestsSpent    int              `json:"requests_spent"`            // in the last hour, by the consumer or the access token
	RequestsLimit    int              `json:"requests_limit"`            // 0: none
	RequestsShared   []string         `json:"requests_shared,omitempty"` // with these other workspaces, by the consumer
	RequestsByStream []Bought         `json:"requests_by_stream"`
	RequestsBack     []Return         `json:"requests_back"` // when those of the last hour may be spent again
	Spendings        []state.Spending `json:"-"`             // of the last 24 hours, by minute and stream
	NextRun          time.Time        `json:"next_run,omitzero"`
	Running          *Running         `json:"running"`           // null: nothing is under way
	Waiting          *time.Time       `json:"waiting,omitempty"` // when a sync that is queued is due; only the page knows
	LastRun          *Run             `json:"last_run"`          // null before the first
	Runs             []Run            `json:"runs,omitempty"`    // the last ones, the last one first: as many as were asked for
	LastComplete     *time.Time       `json:"last_complete"`     // end of the last run that brought everything
	Backfill         *Backfill        `json:"backfill"`          // null: nothing is known of it
	Streams          []Stream         `json:"streams"`
	Tables           []Table          `json:"tables,omitempty"`
}

// Running is a run that is under way.
type Running struct {
	Started  time.Time `json:"started"`
	Stream   string    `json:"stream"`
	Done     int       `json:"done"` // parents of the stream, where it has several
	Total    int       `json:"total"`
	Requests int       `json:"requests"`
}

// Reader reads the state of the connections.
type Reader struct {
	DB       *state.DB
	Store    *oauth.Store
	Lake     *load.Lake       // nil: tables are left out
	Streams  []extract.Stream // that are read
	PerHour  int              // limit of requests where Bitbucket doesn't say another; 0: none
	Schedule cron.Schedule    // nil: nobody runs on a schedule
	Started  time.Time        // when the schedule began to run
	Runs     int              // of each connection, that are listed

	// Queue returns when syncs that are queued are due, by the workspace's uuid. Nil: there is no queue.
	Queue func(context.Context) (map[string]time.Time, error)
}

// Read returns all connections, by workspace.
func (r *Reader) Read(ctx context.Context, now time.Time) ([]Connection, error) {
	connections, err := r.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	var queue map[string]time.Time
	if r.Queue != nil {
		if queue, err = r.Queue(ctx); err != nil {
			return nil, err
		}
	}
	all := []Connection{}
	var buckets []string
	for i := range connections {
		c, err := r.read(ctx, &connections[i], now)
		if err != nil {
			return nil, err
		}
		if due, ok := queue[c.WorkspaceUUID]; ok && c.Running == nil && c.State == oauth.Connected {
			c.Waiting = &due
		}
		all, buckets = append(all, c), append(buckets, connections[i].Bucket())
	}
	shared(all, buckets)
	return all, nil
}

func (r *Reader) read(ctx context.Context, c *oauth.Connection, now time.Time) (s Connection, err error) {
	s = Connection{
		ID: c.ID, Workspace: c.Workspace, WorkspaceUUID: c.WorkspaceUUID, Kind: c.Kind, State: c.State,
		Account: c.AccountName, ClientID: c.ClientID, Scopes: c.Scopes, ConnectedAt: c.ConnectedAt, RefreshedAt: c.RefreshedAt,
	}
	if idle := c.IdleUntil(); !idle.IsZero() && c.State == oauth.Connected {
		days := max(0, int(math.Ceil(idle.Sub(now).Hours()/24)))
		s.GrantDaysLeft = &days
	}
	if r.Schedule != nil && c.State == oauth.Connected {
		s.NextRun = r.next(now)
	}
	if r.Lake != nil {
		s.Tables = Tables(ctx, r.Lake, c.Workspace)
	}
	if err := r.readRequests(ctx, c, &s, now); err != nil {
		return s, err
	}
	if err := r.readRuns(ctx, &s); err != nil {
		return s, err
	}
	if err := r.readStreams(ctx, &s); err != nil {
		return s, err
	}
	if s.Backfill, err = r.backfill(ctx, c, now); err != nil {
		return s, err
	}
	s.judge(c, now)
	return s, nil
}

// next returns when the schedule comes round again. One of intervals counts them from its start.
func (r *Reader) next(now time.Time) time.Time {
	every, ok := r.Schedule.(cron.ConstantDelaySchedule)
	if !ok {
		return r.Schedule.Next(now.UTC())
	}
	return now.Add(every.Delay - now.Sub(r.Started)%every.Delay).UTC()
}

// graceful is how many days before its end a grant, or an access token, is worth a warning.
const graceful = 14

// judge finds the health, and says why.
func (s *Connection) judge(c *oauth.Connection, now time.Time) {
	switch c.State {
	case oauth.Disconnected:
		s.Remedy = Sentence(c.Remedy())
		s.Health, s.Reason = Off, Sentence(c.Reason+": nothing is read, and what has landed stays")
		return
	case oauth.NeedsReconnect:
		s.Remedy = Sentence(c.Remedy())
		s.Health, s.Reason = Red, Sentence(c.Reason)
		return
	}
	s.Health = Green
	warn := func(format string, args ...any) {
		if s.Health = Yellow; s.Reason != "" {
			s.Reason += "\n"
		}
		s.Reason += Sentence(fmt.Sprintf(format, args...))
	}
	if since := now.Sub(c.RefreshStarted); !c.RefreshStarted.IsZero() && since > time.Minute {
		if c.Kind == oauth.KindAccessToken {
			warn("Bitbucket refused its access token at %s: it is asked again", Clock(c.RefreshStarted))
		} else {
			warn("a refresh of its token that began at %s is not finished: it is tried again", Clock(c.RefreshStarted))
		}
	}
	if s.GrantDaysLeft != nil && *s.GrantDaysLeft <= graceful {
		warn("Bitbucket forgets this grant in %d days, as nothing has used it: sync, or run bucketlake worker", *s.GrantDaysLeft)
	}
	if !c.TokenExpiresAt.IsZero() && c.TokenExpiresAt.Sub(now) < graceful*24*time.Hour {
		warn("the access token ends on %s: make a new one and connect again", c.TokenExpiresAt.Format(time.DateOnly))
	}
	for _, why := range s.disabled() {
		warn("%s", why)
	}
	// What was the matter before it was connected again may have been mended by that.
	if s.LastRun != nil && s.LastRun.Problem != "" && s.LastRun.Ended.After(c.ConnectedAt) {
		warn("the last run is not complete: %s", s.LastRun.Problem)
	}
	if s.LastRun != nil && s.LastRun.Catalogue != nil && s.LastRun.Catalogue.Problem != "" {
		warn("all has landed, and Glue's catalogue does not know all of it: %s", s.LastRun.Catalogue.Problem)
	}
}

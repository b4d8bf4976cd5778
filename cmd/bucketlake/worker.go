package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"github.com/spf13/cobra"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

const (
	// workspacesAtOnce are synced side by side: they wait for Bitbucket most of the time.
	workspacesAtOnce = 4
	// pauseAfterLimit is how long a workspace rests when Bitbucket says that the hour is spent. The
	// hour is a rolling one, so requests come back little by little.
	pauseAfterLimit = 10 * time.Minute
)

// newsRead remembers which jobs of this process have read the news of their workspace, and when. A job that waited for
// the hour to pass goes on with the rest, as long as nobody asks for the news again.
type newsRead struct {
	mu sync.Mutex
	by map[string]newsReading // by the workspace's uuid
}

type newsReading struct {
	job int64
	at  time.Time
}

// since returns when a job read the news; the zero time where it has not.
func (n *newsRead) since(workspaceUUID string, job int64) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.by[workspaceUUID]; r.job == job {
		return r.at
	}
	return time.Time{}
}

func (n *newsRead) set(workspaceUUID string, job int64, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.by == nil {
		n.by = map[string]newsReading{}
	}
	n.by[workspaceUUID] = newsReading{job, at}
}

// forget has the news read again.
func (n *newsRead) forget(workspaceUUID string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.by, workspaceUUID)
}

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Short: "Keep the tables fresh, on a schedule", Args: cobra.NoArgs,
		Long: `Sync every connected workspace now, and then on SYNC_SCHEDULE, until stopped.

Jobs are kept in the state database and survive a restart. On SIGTERM or Ctrl-C the worker lands what it has
read and ends; the next one goes on from there.

HTTP_ADDR serves the page with the connections: Connect, Reconnect, Disconnect, Sync now. It answers on this machine
only, unless WEB_PASSWORD_FILE holds a password. OPS_ADDR answers /livez, /readyz and /metrics (Prometheus).`,
		RunE: withApp(needs{consumer: true}, func(ctx context.Context, _ *cobra.Command, a *app) error { return a.work(ctx) }),
	}
}

// scheduleArgs is the job that runs on SYNC_SCHEDULE: it queues a sync of every connection.
type scheduleArgs struct{}

func (scheduleArgs) Kind() string { return "schedule" }

// syncArgs is the job that syncs one workspace. There is at most one of it at a time.
type syncArgs struct {
	WorkspaceUUID string `json:"workspace_uuid"`
}

func (syncArgs) Kind() string { return "sync" }

func (syncArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// work runs the queue until ctx ends and what is under way has landed.
func (a *app) work(ctx context.Context) error {
	if pool := a.db.Pool(); pool != nil {
		return runQueue(ctx, a, riverpgxv5.New(pool))
	}
	return runQueue(ctx, a, riversqlite.New(a.db.SQL()))
}

// insertFunc puts a job into the queue; which transaction it could be part of depends on the database.
type insertFunc func(context.Context, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error)

// workSchedule queues a sync of every connection.
func (a *app) workSchedule(ctx context.Context, insert insertFunc) error {
	connections, err := a.store.List(ctx)
	if err != nil {
		return err
	}
	if len(connections) == 0 {
		a.log.Warn("no workspace is connected: run bucketlake connect")
	}
	for _, c := range connections {
		if c.State != oauth.Connected {
			a.log.Warn("not connected", "workspace", c.Workspace, "state", c.State, "reason", c.Reason,
				"remedy", c.Remedy())
			continue
		}
		queued, err := insert(ctx, syncArgs{c.WorkspaceUUID}, nil)
		if err != nil {
			return fmt.Errorf("queueing a sync of %s: %w", c.Workspace, err)
		}
		if queued.UniqueSkippedAsDuplicate {
			a.log.Info("a sync is waiting or under way already", "workspace", c.Workspace, "state", queued.Job.State, "since", queued.Job.CreatedAt, "scheduled_at", queued.Job.ScheduledAt)
		}
	}
	return nil
}

// workSync syncs one workspace. A spent hour makes the job wait in the queue, not in here.
func (a *app) workSync(ctx context.Context, job *river.Job[syncArgs]) error {
	c, err := a.store.Get(ctx, job.Args.WorkspaceUUID)
	if err != nil {
		return river.JobCancel(err)
	}
	started := time.Now()
	scope := syncScope{streams: a.config.streams}
	if at := a.news.since(c.WorkspaceUUID, job.ID); !at.IsZero() {
		scope.rest = started.Before(a.config.schedule.Next(at))
	}
	run := a.syncWorkspace(ctx, c, scope, newProgress(nil, a.log))
	if run.done(extract.News) {
		a.news.set(c.WorkspaceUUID, job.ID, started)
	}
	err = outcome([]workspaceRun{run})
	if err == nil {
		return nil
	}
	spent, unavailable := (*state.BudgetSpent)(nil), (*oauth.Unavailable)(nil)
	switch {
	case ctx.Err() != nil:
		return river.JobSnooze(0) // taken up by the next worker
	case errors.Is(err, state.ErrLocked):
		a.log.Info("another run is at this workspace", "workspace", c.Workspace, "pause", time.Minute)
		return river.JobSnooze(time.Minute)
	case errors.As(err, &spent):
		until := spent.Until
		if run.done(extract.News) || scope.rest { // what is left can wait for more requests than one
			if until = spent.Several; until.After(a.config.schedule.Next(time.Now())) { // or for the news
				until = a.config.schedule.Next(time.Now())
			}
		}
		a.log.Info("the hour's requests are spent", "workspace", c.Workspace, "until", until)
		return river.JobSnooze(max(time.Second, time.Until(until)))
	case errors.As(err, &unavailable):
		a.log.Warn("no token to be had", "workspace", c.Workspace, "error", err, "pause", unavailable.RetryAfter)
		return river.JobSnooze(unavailable.RetryAfter)
	}
	if pause := limited(&run); pause > 0 {
		a.log.Warn("Bitbucket's hourly limit is spent", "workspace", c.Workspace, "pause", pause)
		return river.JobSnooze(pause)
	}
	// The schedule brings the next try; a queue of its own retries would only spend requests.
	a.log.Error("sync ended early", "workspace", c.Workspace, "error", err)
	return river.JobCancel(err)
}

// limited returns how long a workspace has to rest because Bitbucket says that the hour is spent; 0
// if it doesn't.
func limited(run *workspaceRun) (pause time.Duration) {
	for _, r := range run.Streams {
		if e := (*bitbucket.Error)(nil); errors.As(r.Err, &e) && e.Status == http.StatusTooManyRequests {
			pause = max(pause, pauseAfterLimit, e.RetryAfter)
		}
	}
	return pause
}

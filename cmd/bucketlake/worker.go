package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
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

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Short: "Keep the tables fresh, on a schedule", Args: cobra.NoArgs,
		Long: `Sync every connected workspace now, and then on SYNC_SCHEDULE, until stopped.

Jobs are kept in the state database and survive a restart. On SIGTERM or Ctrl-C the worker lands what it has
read and ends; the next one goes on from there. OPS_ADDR answers /livez and /readyz.`,
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
	driver := riversqlite.New(a.db.SQL())
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(a.log)})
	if err != nil {
		return fmt.Errorf("preparing the queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("preparing the queue: %w", err)
	}
	if err := errors.Join(a.recoverJobs(ctx), a.wakeJobs(ctx)); err != nil {
		return fmt.Errorf("recovering jobs: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(a.workSchedule))
	river.AddWorker(workers, river.WorkFunc(a.workSync))
	queue, err := river.NewClient(driver, &river.Config{
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workspacesAtOnce}},
		JobTimeout:           -1,                   // a backfill takes as long as Bitbucket's limit makes it take
		RescueStuckJobsAfter: 365 * 24 * time.Hour, // recoverJobs knows better
		SoftStopTimeout:      time.Millisecond,     // a job that is told to stop lands what it has read
		Logger:               quiet(a.log),
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(a.config.schedule,
			func() (river.JobArgs, *river.InsertOpts) { return scheduleArgs{}, nil },
			&river.PeriodicJobOpts{RunOnStart: true})},
	})
	if err != nil {
		return fmt.Errorf("preparing the queue: %w", err)
	}
	if a.config.opsAddr != "" {
		_, stop, err := serve(ctx, a.config.opsAddr, opsHandler(a))
		if err != nil {
			return fmt.Errorf("serving OPS_ADDR=%s: %w: set it to a free address, or to - for none", a.config.opsAddr, err)
		}
		defer stop()
	}
	a.log.Info("worker started", "version", version, "next", a.config.schedule.Next(time.Now().UTC()))
	if err := queue.Start(ctx); err != nil {
		return fmt.Errorf("starting the queue: %w", err)
	}
	<-queue.Stopped()
	a.log.Info("worker stopped")
	return nil
}

// wakeJobs makes jobs that wait for an hour to pass available now: whoever starts a worker may have
// changed what they wait for, and whether the hour is spent is asked again anyway.
func (a *app) wakeJobs(ctx context.Context) error {
	_, err := a.db.SQL().ExecContext(ctx,
		"UPDATE river_job SET state = 'available', scheduled_at = CURRENT_TIMESTAMP WHERE kind = $1 AND state IN ('scheduled', 'retryable')", syncArgs{}.Kind())
	return err
}

// recoverJobs makes the jobs of a worker that was killed available again. Such a job still counts
// as running, but nobody holds its workspace's lock: the system released it with the process.
func (a *app) recoverJobs(ctx context.Context) error {
	jobs, err := a.runningJobs(ctx)
	if err != nil {
		return err
	}
	for id, workspace := range jobs {
		unlock, err := a.db.Lock(ctx, syncLock(oauth.Connection{WorkspaceUUID: workspace}))
		if errors.Is(err, state.ErrLocked) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = a.db.SQL().ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE id = $1 AND state = 'running'", id)
		unlock()
		if err != nil {
			return err
		}
		a.log.Info("taking up a job that was cut off", "job", id, "workspace", workspace)
	}
	return nil
}

// runningJobs returns the workspaces of the syncs that the queue believes to be running, by job.
func (a *app) runningJobs(ctx context.Context) (map[int64]string, error) {
	rows, err := a.db.SQL().QueryContext(ctx,
		"SELECT id, args ->> 'workspace_uuid' FROM river_job WHERE kind = $1 AND state = 'running'", syncArgs{}.Kind())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	jobs := map[int64]string{}
	for rows.Next() {
		var id int64
		var workspace string
		if err := rows.Scan(&id, &workspace); err != nil {
			return nil, err
		}
		jobs[id] = workspace
	}
	return jobs, rows.Err()
}

func (a *app) workSchedule(ctx context.Context, _ *river.Job[scheduleArgs]) error {
	connections, err := a.store.List(ctx)
	if err != nil {
		return err
	}
	if err := a.recoverJobs(ctx); err != nil { // of another worker on the same database
		return err
	}
	if len(connections) == 0 {
		a.log.Warn("no workspace is connected: run bucketlake connect")
	}
	queue := river.ClientFromContext[*sql.Tx](ctx)
	for _, c := range connections {
		if c.State != oauth.Connected {
			a.log.Warn("not connected", "workspace", c.Workspace, "state", c.State, "reason", c.Reason,
				"remedy", "run bucketlake connect --workspace "+c.Workspace)
			continue
		}
		queued, err := queue.Insert(ctx, syncArgs{c.WorkspaceUUID}, nil)
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
	run := a.syncWorkspace(ctx, c, extract.Streams(), false, newProgress(nil, a.log))
	err = outcome([]workspaceRun{run})
	if err == nil {
		return nil
	}
	spent := (*state.BudgetSpent)(nil)
	switch {
	case ctx.Err() != nil:
		return river.JobSnooze(0) // taken up by the next worker
	case errors.Is(err, state.ErrLocked):
		a.log.Info("another run is at this workspace", "workspace", c.Workspace, "pause", time.Minute)
		return river.JobSnooze(time.Minute)
	case errors.As(err, &spent):
		a.log.Info("the hour's requests are spent", "workspace", c.Workspace, "until", spent.Until)
		return river.JobSnooze(max(time.Second, time.Until(spent.Until)))
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

// quiet lets only the queue's errors through: its own running is no news, and that it cancels jobs
// when it is told to stop is what we ask of it.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quietHandler{log.Handler()}) }

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

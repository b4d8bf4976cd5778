package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

const (
	// recoverEvery is how often a worker looks for jobs of another one that was killed.
	recoverEvery = 5 * time.Second
	// queueLockPoll is how often a worker looks whether another one has finished making the queue's tables.
	queueLockPoll = 100 * time.Millisecond
)

// runQueue runs the queue until ctx ends and what is under way has landed. TTx is what the driver calls a transaction.
func runQueue[TTx any](ctx context.Context, a *app, driver riverdriver.Driver[TTx]) error {
	if err := prepareQueue(ctx, a, driver); err != nil {
		return fmt.Errorf("preparing the queue: %w", err)
	}
	if err := errors.Join(a.recoverJobs(ctx), a.wakeJobs(ctx, "")); err != nil {
		return fmt.Errorf("recovering jobs: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[scheduleArgs]) error {
		return a.workSchedule(ctx, river.ClientFromContext[TTx](ctx).Insert)
	}))
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
	stop, err := a.servePages(ctx, queue.Insert)
	if err != nil {
		return err
	}
	defer stop()
	a.log.Info("worker started", "version", version, "next", a.config.schedule.Next(time.Now().UTC()))
	if err := queue.Start(ctx); err != nil {
		return fmt.Errorf("starting the queue: %w", err)
	}
	var watches sync.WaitGroup
	watches.Go(func() { a.keepRecovering(ctx, queue.Stopped()) })
	watches.Go(func() { a.keepConnected(ctx) })
	watches.Go(func() { a.keepAlerting(ctx) })
	watches.Wait()
	a.log.Info("worker stopped")
	return nil
}

// prepareQueue makes the queue's tables, or brings them up to date, one worker at a time.
func prepareQueue[TTx any](ctx context.Context, a *app, driver riverdriver.Driver[TTx]) error {
	unlock, err := a.db.Lock(ctx, "queue")
	for errors.Is(err, state.ErrLocked) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(queueLockPoll):
		}
		unlock, err = a.db.Lock(ctx, "queue")
	}
	if err != nil {
		return err
	}
	defer unlock()
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(a.log)})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// keepRecovering takes up the jobs of workers that are killed while this one runs. A job is taken up when two looks
// found it without a holder: between a job and its lock are moments in which it just begins, or has just ended.
func (a *app) keepRecovering(ctx context.Context, stopped <-chan struct{}) {
	tick := time.NewTicker(recoverEvery)
	defer tick.Stop()
	suspects := map[int64]bool{}
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
		}
		free := map[int64]bool{}
		err := a.eachCutOff(ctx, func(id int64, workspace string) error {
			free[id] = true
			if !suspects[id] {
				return nil
			}
			return a.takeUp(ctx, id, workspace)
		})
		if err != nil && ctx.Err() == nil {
			a.log.Error("recovering jobs", "error", err)
		}
		suspects = free
	}
}

// wakeJobs makes the syncs that wait for an hour to pass available now, of all workspaces, or of one: whoever starts a
// worker, or presses Sync now, may have changed what they wait for, and whether the hour is spent is asked again anyway.
func (a *app) wakeJobs(ctx context.Context, workspaceUUID string) error {
	_, err := a.db.SQL().ExecContext(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = CURRENT_TIMESTAMP
		WHERE kind = $1 AND state IN ('scheduled', 'retryable') AND ($2 = '' OR args ->> 'workspace_uuid' = $2)`,
		syncArgs{}.Kind(), workspaceUUID)
	return err
}

// recoverJobs makes the jobs of a worker that was killed available again, at once.
func (a *app) recoverJobs(ctx context.Context) error {
	return a.eachCutOff(ctx, func(id int64, workspace string) error { return a.takeUp(ctx, id, workspace) })
}

// eachCutOff does something with each sync that was cut off. Such a job still counts as running, but nobody holds its
// workspace's lock: it ended with the process. The lock is held meanwhile.
func (a *app) eachCutOff(ctx context.Context, do func(id int64, workspace string) error) error {
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
		err = do(id, workspace)
		unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// takeUp makes a job that was cut off available again.
func (a *app) takeUp(ctx context.Context, id int64, workspace string) error {
	_, err := a.db.SQL().ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE id = $1 AND state = 'running'", id)
	if err == nil {
		a.log.Info("taking up a job that was cut off", "job", id, "workspace", workspace)
	}
	return err
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

// queued returns when the syncs that wait, or that are about to begin, are due, by workspace.
func (a *app) queued(ctx context.Context) (map[string]time.Time, error) {
	rows, err := a.db.SQL().QueryContext(ctx, `
		SELECT args ->> 'workspace_uuid', scheduled_at FROM river_job
		WHERE kind = $1 AND state IN ('available', 'pending', 'running', 'retryable', 'scheduled')`, syncArgs{}.Kind())
	if err != nil {
		return nil, fmt.Errorf("reading the queue: %w", err)
	}
	defer func() { _ = rows.Close() }()
	due := map[string]time.Time{}
	for rows.Next() {
		var workspace string
		var at time.Time
		if err := rows.Scan(&workspace, &at); err != nil {
			return nil, fmt.Errorf("reading the queue: %w", err)
		}
		due[workspace] = at
	}
	return due, rows.Err()
}

// waiting counts the jobs that wait or run, by state; those that there are none of, too.
func (a *app) waiting(ctx context.Context) (map[string]int, error) {
	jobs := map[string]int{}
	for _, state := range []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	} {
		jobs[string(state)] = 0
	}
	rows, err := a.db.SQL().QueryContext(ctx, "SELECT state, COUNT(*) FROM river_job GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("counting the queue: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("counting the queue: %w", err)
		}
		if _, counts := jobs[state]; counts {
			jobs[state] = n
		}
	}
	return jobs, rows.Err()
}

// quiet lets only the queue's errors through: its own running is no news, and that it cancels jobs
// when it is told to stop is what we ask of it.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quietHandler{log.Handler()}) }

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

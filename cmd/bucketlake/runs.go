package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	ids "github.com/google/uuid"

	"bucketlake/cmd/bucketlake/lineage"
	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/schemas"
)

func summaries(runs []workspaceRun) []status.Run {
	var out []status.Run
	for i := range runs {
		out = append(out, runs[i].summary())
	}
	return out
}

func (run *workspaceRun) summary() status.Run {
	j := status.Run{
		ID: run.ID, Workspace: run.Workspace, Started: run.Started.UTC(), Ended: run.Started.Add(run.Elapsed).UTC(), Outcome: run.ended(),
		Complete: run.Err == nil, Error: text(run.Err), Problem: text(outcome([]workspaceRun{*run})), Seconds: run.Elapsed.Seconds(),
		Version: version, Streams: []status.RunStream{}, Catalogue: run.Catalogue,
	}
	for _, r := range run.Streams {
		s := status.RunStream{
			Stream: r.Stream, Complete: r.complete(), Requests: r.Requests, Rows: r.Landed.Rows,
			Changed: r.Landed.Changed(), Bytes: r.Landed.Bytes, Seconds: r.Elapsed.Seconds(), Error: text(r.Err), Disabled: r.Disabled, Remedy: r.remedy(),
		}
		for _, err := range r.Behind {
			s.Behind = append(s.Behind, err.Error())
		}
		j.Complete = j.Complete && s.Complete
		j.Requests += s.Requests
		j.Rows += s.Rows
		j.Changed += s.Changed
		j.Bytes += s.Bytes
		j.Streams = append(j.Streams, s)
	}
	return j
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// newRun names a run; names sort by time.
func newRun(workspace string, start time.Time) workspaceRun {
	return workspaceRun{ID: ids.Must(ids.NewV7()).String(), Workspace: workspace, Started: start}
}

// conclude tells of a run that has ended, to whoever reads runs by machine: a line of JSON; metrics; and, for a run over
// all streams (a part says nothing of the whole), status, alerts and the table sync_runs.
func (a *app) conclude(ctx context.Context, c oauth.Connection, run *workspaceRun, whole bool) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	j := run.summary()
	line, err := json.Marshal(j)
	if err == nil {
		err = a.appendSummary(line)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "telling of this run", "error", err)
	}
	a.lineageEnded(ctx, &j)
	if !whole {
		return
	}
	a.metrics.Ran(c.Workspace, j.Outcome, run.Elapsed)
	r := state.Run{
		ID: j.ID, WorkspaceUUID: c.WorkspaceUUID, Started: j.Started, Ended: j.Ended, Requests: j.Requests, Outcome: j.Outcome, Problem: j.Problem,
		StoppedIn: run.stoppedIn(), Summary: string(line),
	}
	if err = a.db.SaveRun(ctx, r); err == nil {
		err = a.db.SaveSpent(ctx, spentOnThePast(c, run.Started, run))
	}
	if err != nil {
		a.log.ErrorContext(ctx, "status will not show this run", "error", err)
	}
	if err := a.landRuns(ctx, c); err != nil {
		a.log.WarnContext(ctx, "the next run lands in sync_runs what became of this one", "error", err)
		return
	}
	if run.Catalogue != nil {
		a.register(ctx, run, []*schemas.Table{schemas.SyncRuns})
	}
}

// lineageBegan tells an OpenLineage server that a run begins.
func (a *app) lineageBegan(ctx context.Context, run *workspaceRun) {
	if a.config.lineage == nil {
		return
	}
	err := a.config.lineage.Began(ctx, lineage.Run{ID: run.ID, Workspace: run.Workspace, Started: run.Started})
	if err != nil {
		a.log.WarnContext(ctx, "telling of lineage", "error", err)
	}
}

// lineageEnded tells an OpenLineage server what a run has brought up to date.
func (a *app) lineageEnded(ctx context.Context, j *status.Run) {
	if a.config.lineage == nil {
		return
	}
	run := lineage.Run{ID: j.ID, Workspace: j.Workspace, Started: j.Started, Ended: j.Ended, Outcome: j.Outcome, Problem: j.Problem}
	for _, s := range j.Streams {
		if table, ok := schemas.Lookup(s.Stream); ok && s.Disabled == "" && s.Error == "" {
			run.Tables = append(run.Tables, lineage.Table{Table: table, Rows: s.Changed, Bytes: s.Bytes})
		}
	}
	if err := a.config.lineage.Ended(ctx, run); err != nil {
		a.log.WarnContext(ctx, "telling of lineage", "error", err)
	}
}

// stoppedIn names the stream in which the hour was spent, or somebody stopped the run, before all news were read.
func (run *workspaceRun) stoppedIn() string {
	for _, s := range run.Streams {
		if stopped(s.Err) && !run.done(extract.News) {
			return s.Stream
		}
	}
	return ""
}

// appendSummary adds a line to RUN_SUMMARY_FILE, in one write: lines of several processes don't mix.
func (a *app) appendSummary(line []byte) error {
	line = append(line, '\n')
	switch a.config.runSummary {
	case "":
		return nil
	case "-":
		_, err := a.stdout.Write(line)
		return err
	}
	f, err := os.OpenFile(a.config.runSummary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing RUN_SUMMARY_FILE: %w: set it to a file that this process may write, to - for standard output, or to nothing", err)
	}
	_, err = f.Write(line)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// landRuns lands the runs that the lake does not know of yet: this one, and those that could not be landed, because the lake
// could not be written. The order is: commit, then note that they have landed. A crash in between has them landed again, in
// the same place.
func (a *app) landRuns(ctx context.Context, c oauth.Connection) error {
	runs, err := a.db.RunsToLand(ctx, c.WorkspaceUUID)
	if err != nil {
		return err
	}
	batch := schemas.Rows{Table: schemas.SyncRuns}
	for _, r := range runs {
		row, err := rowOf(r)
		if err != nil {
			return err
		}
		batch.Rows = append(batch.Rows, row)
	}
	err = besideOthers(ctx, func() error {
		_, err := a.lake.Commit(ctx, load.Commit{Workspace: c.Workspace, Rows: batch, At: time.Now()})
		return err
	})
	if err != nil {
		return fmt.Errorf("landing the runs: %w", err)
	}
	for _, r := range runs {
		if err := a.db.RunLanded(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func rowOf(r state.Run) (*schemas.SyncRun, error) {
	j, err := status.RunOf(&r)
	if err != nil {
		return nil, err
	}
	streams, err := json.Marshal(j.Streams)
	if err != nil {
		return nil, fmt.Errorf("landing the runs: %w", err)
	}
	incomplete := 0
	for _, s := range j.Streams {
		if !s.Complete {
			incomplete++
		}
	}
	return &schemas.SyncRun{
		RunID: r.ID, StartedAt: r.Started, EndedAt: r.Ended, Outcome: r.Outcome, Requests: int64(j.Requests), RowsRead: int64(j.Rows),
		RowsChanged: int64(j.Changed), BytesWritten: j.Bytes, Incomplete: int64(incomplete), Problem: r.Problem, Streams: string(streams), Version: j.Version,
	}, nil
}

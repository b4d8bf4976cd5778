package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Run is one sync of a workspace that has ended.
type Run struct {
	ID             string
	WorkspaceUUID  string
	Started, Ended time.Time
	Requests       int
	Outcome        string // complete, partial, interrupted or failed; empty of runs of old
	Problem        string // why it is not complete; empty where it is
	StoppedIn      string // stream in which the hour was spent, or somebody stopped the run; empty otherwise
	Summary        string // JSON
}

// KeptRuns is how many runs of a workspace are remembered.
const KeptRuns = 100

const runColumns = "id, started_at, ended_at, requests, outcome, problem, stopped_in, summary"

// SaveRun remembers a run.
func (db *DB) SaveRun(ctx context.Context, r Run) error {
	_, err := db.sql.ExecContext(ctx,
		"INSERT INTO runs (workspace_uuid, "+runColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		r.WorkspaceUUID, r.ID, Millis(r.Started), Millis(r.Ended), r.Requests, r.Outcome, r.Problem, r.StoppedIn, r.Summary)
	if err == nil {
		_, err = db.sql.ExecContext(ctx,
			"DELETE FROM runs WHERE workspace_uuid = $1 AND ended_at < (SELECT MIN(ended_at) FROM (SELECT ended_at FROM runs WHERE workspace_uuid = $1 ORDER BY ended_at DESC LIMIT $2) AS last)",
			r.WorkspaceUUID, KeptRuns)
	}
	if err != nil {
		return fmt.Errorf("remembering a run: %w", err)
	}
	return nil
}

// LastRun returns the run of a workspace that ended last, or, with complete, the last that was; nil
// where there is none.
func (db *DB) LastRun(ctx context.Context, workspaceUUID string, complete bool) (*Run, error) {
	query := "SELECT " + runColumns + " FROM runs WHERE workspace_uuid = $1 ORDER BY ended_at DESC LIMIT 1"
	if complete {
		query = "SELECT " + runColumns + " FROM runs WHERE workspace_uuid = $1 AND problem = '' ORDER BY ended_at DESC LIMIT 1"
	}
	r, err := scanRun(db.sql.QueryRowContext(ctx, query, workspaceUUID), workspaceUUID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no run yet is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading the last run: %w", err)
	}
	return &r, nil
}

// Runs returns the runs of a workspace that ended at a time or later, the last one first: those that are remembered.
func (db *DB) Runs(ctx context.Context, workspaceUUID string, since time.Time) ([]Run, error) {
	return db.queryRuns(ctx, workspaceUUID,
		"SELECT "+runColumns+" FROM runs WHERE workspace_uuid = $1 AND ended_at >= $2 ORDER BY ended_at DESC", workspaceUUID, Millis(since))
}

// LastRuns returns the runs of a workspace that ended last, so many at most, the last one first.
func (db *DB) LastRuns(ctx context.Context, workspaceUUID string, most int) ([]Run, error) {
	return db.queryRuns(ctx, workspaceUUID,
		"SELECT "+runColumns+" FROM runs WHERE workspace_uuid = $1 ORDER BY ended_at DESC LIMIT $2", workspaceUUID, most)
}

// RunsToLand returns the runs of a workspace that the lake does not know of yet, the first one first: of those that are
// remembered, and that have a summary.
func (db *DB) RunsToLand(ctx context.Context, workspaceUUID string) ([]Run, error) {
	return db.queryRuns(ctx, workspaceUUID,
		"SELECT "+runColumns+" FROM runs WHERE workspace_uuid = $1 AND landed = 0 AND summary <> '' ORDER BY ended_at", workspaceUUID)
}

// RunLanded notes that the lake knows of a run.
func (db *DB) RunLanded(ctx context.Context, r Run) error {
	if _, err := db.sql.ExecContext(ctx, "UPDATE runs SET landed = 1 WHERE workspace_uuid = $1 AND id = $2", r.WorkspaceUUID, r.ID); err != nil {
		return fmt.Errorf("noting that a run has landed: %w", err)
	}
	return nil
}

func (db *DB) queryRuns(ctx context.Context, workspaceUUID, query string, args ...any) ([]Run, error) {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	defer rows.Close()
	var all []Run
	for rows.Next() {
		r, err := scanRun(rows, workspaceUUID)
		if err != nil {
			return nil, fmt.Errorf("reading the runs: %w", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	return all, nil
}

func scanRun(row interface{ Scan(dest ...any) error }, workspaceUUID string) (Run, error) {
	r := Run{WorkspaceUUID: workspaceUUID}
	var started, ended int64
	err := row.Scan(&r.ID, &started, &ended, &r.Requests, &r.Outcome, &r.Problem, &r.StoppedIn, &r.Summary)
	r.Started, r.Ended = FromMillis(started), FromMillis(ended)
	return r, err
}

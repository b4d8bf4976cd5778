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
	WorkspaceUUID  string
	Started, Ended time.Time
	Requests       int
	Problem        string // why it is not complete; empty where it is
	StoppedIn      string // stream in which the hour was spent, or somebody stopped the run; empty otherwise
}

// kept is how many runs of a workspace are remembered.
const kept = 100

// SaveRun remembers a run.
func (db *DB) SaveRun(ctx context.Context, r Run) error {
	_, err := db.sql.ExecContext(ctx,
		"INSERT INTO runs (workspace_uuid, started_at, ended_at, requests, problem, stopped_in) VALUES ($1, $2, $3, $4, $5, $6)",
		r.WorkspaceUUID, Millis(r.Started), Millis(r.Ended), r.Requests, r.Problem, r.StoppedIn)
	if err == nil {
		_, err = db.sql.ExecContext(ctx,
			"DELETE FROM runs WHERE workspace_uuid = $1 AND ended_at < (SELECT MIN(ended_at) FROM (SELECT ended_at FROM runs WHERE workspace_uuid = $1 ORDER BY ended_at DESC LIMIT $2) AS last)",
			r.WorkspaceUUID, kept)
	}
	if err != nil {
		return fmt.Errorf("remembering a run: %w", err)
	}
	return nil
}

// LastRun returns the run of a workspace that ended last, or, with complete, the last that was; nil
// where there is none.
func (db *DB) LastRun(ctx context.Context, workspaceUUID string, complete bool) (*Run, error) {
	query := "SELECT started_at, ended_at, requests, problem, stopped_in FROM runs WHERE workspace_uuid = $1 ORDER BY ended_at DESC LIMIT 1"
	if complete {
		query = "SELECT started_at, ended_at, requests, problem, stopped_in FROM runs WHERE workspace_uuid = $1 AND problem = '' ORDER BY ended_at DESC LIMIT 1"
	}
	var started, ended int64
	r := &Run{WorkspaceUUID: workspaceUUID}
	err := db.sql.QueryRowContext(ctx, query, workspaceUUID).Scan(&started, &ended, &r.Requests, &r.Problem, &r.StoppedIn)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no run yet is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading the last run: %w", err)
	}
	r.Started, r.Ended = FromMillis(started), FromMillis(ended)
	return r, nil
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// progressLasts is how old progress may be: a run that says nothing for longer has died.
const progressLasts = 2 * time.Minute

// Progress is how far the run of a workspace is that is under way.
type Progress struct {
	WorkspaceUUID string
	Started       time.Time
	Stream        string // under way
	Done, Total   int
	Requests      int
	Updated       time.Time // set by SetProgress
}

// SetProgress says how far a run is. It has to be called again within two minutes, or the run counts as dead.
func (db *DB) SetProgress(ctx context.Context, p Progress) error {
	return db.setProgressAt(ctx, p, time.Now())
}

func (db *DB) setProgressAt(ctx context.Context, p Progress, now time.Time) error {
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO progress (workspace_uuid, started_at, stream, done, total, requests, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workspace_uuid) DO UPDATE SET started_at = excluded.started_at, stream = excluded.stream,
			done = excluded.done, total = excluded.total, requests = excluded.requests, updated_at = excluded.updated_at`,
		p.WorkspaceUUID, Millis(p.Started), p.Stream, p.Done, p.Total, p.Requests, Millis(now))
	if err != nil {
		return fmt.Errorf("saying how far the run is: %w", err)
	}
	return nil
}

// ClearProgress says that no run of a workspace is under way.
func (db *DB) ClearProgress(ctx context.Context, workspaceUUID string) error {
	if _, err := db.sql.ExecContext(ctx, "DELETE FROM progress WHERE workspace_uuid = $1", workspaceUUID); err != nil {
		return fmt.Errorf("saying that the run has ended: %w", err)
	}
	return nil
}

// Progress returns how far the run of a workspace is; nil where none is under way.
func (db *DB) Progress(ctx context.Context, workspaceUUID string) (*Progress, error) {
	p := &Progress{WorkspaceUUID: workspaceUUID}
	var started, updated int64
	err := db.sql.QueryRowContext(ctx, `
		SELECT started_at, stream, done, total, requests, updated_at FROM progress
		WHERE workspace_uuid = $1 AND updated_at >= $2`, workspaceUUID, time.Now().Add(-progressLasts).UnixMilli()).
		Scan(&started, &p.Stream, &p.Done, &p.Total, &p.Requests, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no run under way is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading how far the run is: %w", err)
	}
	p.Started, p.Updated = FromMillis(started), FromMillis(updated)
	return p, nil
}

// Interrupted returns the stream in which the last run of a workspace was killed; empty where it ended by itself. Ask
// before the next run says how far it is, and with the workspace's lock in hand.
func (db *DB) Interrupted(ctx context.Context, workspaceUUID string) (stream string, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT stream FROM progress WHERE workspace_uuid = $1", workspaceUUID).Scan(&stream)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading where the last run was: %w", err)
	}
	return stream, nil
}

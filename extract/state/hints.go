package state

import (
	"context"
	"fmt"
	"time"
)

const (
	// hintsLast is how long a hint is kept: by then every repository was asked anyway.
	hintsLast = 7 * 24 * time.Hour
	// hooksLast is how long a delivery is remembered, so that it can't be played again.
	hooksLast = 30 * 24 * time.Hour
)

// Hint notes that somebody says a repository has changed.
func (db *DB) Hint(ctx context.Context, workspaceUUID, repositoryUUID string, at time.Time) error {
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO hints (workspace_uuid, repository_uuid, hinted_at) VALUES ($1, $2, $3)
		ON CONFLICT (workspace_uuid, repository_uuid) DO UPDATE SET hinted_at = excluded.hinted_at WHERE excluded.hinted_at > hints.hinted_at`,
		workspaceUUID, repositoryUUID, Millis(at))
	if err == nil {
		_, err = db.sql.ExecContext(ctx, "DELETE FROM hints WHERE hinted_at < $1", at.Add(-hintsLast).UnixMilli())
	}
	if err != nil {
		return fmt.Errorf("noting that a repository has changed: %w", err)
	}
	return nil
}

// Hints returns when somebody last said of each repository of a workspace that it has changed, by uuid.
func (db *DB) Hints(ctx context.Context, workspaceUUID string) (map[string]time.Time, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT repository_uuid, hinted_at FROM hints WHERE workspace_uuid = $1", workspaceUUID)
	if err != nil {
		return nil, fmt.Errorf("reading which repositories are said to have changed: %w", err)
	}
	defer rows.Close()
	hints := map[string]time.Time{}
	for rows.Next() {
		var uuid string
		var at int64
		if err := rows.Scan(&uuid, &at); err != nil {
			return nil, fmt.Errorf("reading which repositories are said to have changed: %w", err)
		}
		hints[uuid] = FromMillis(at)
	}
	return hints, rows.Err()
}

// HookReceived reports whether a delivery has been received before.
func (db *DB) HookReceived(ctx context.Context, requestUUID string) (bool, error) {
	var n int
	err := db.sql.QueryRowContext(ctx, "SELECT COUNT(*) FROM hooks_received WHERE request_uuid = $1", requestUUID).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("looking for a delivery: %w", err)
	}
	return n > 0, nil
}

// RememberHook remembers a delivery.
func (db *DB) RememberHook(ctx context.Context, requestUUID string, at time.Time) error {
	_, err := db.sql.ExecContext(ctx, "INSERT INTO hooks_received (request_uuid, received_at) VALUES ($1, $2) ON CONFLICT (request_uuid) DO NOTHING",
		requestUUID, Millis(at))
	if err == nil {
		_, err = db.sql.ExecContext(ctx, "DELETE FROM hooks_received WHERE received_at < $1", at.Add(-hooksLast).UnixMilli())
	}
	if err != nil {
		return fmt.Errorf("remembering a delivery: %w", err)
	}
	return nil
}

// LastHook returns when a delivery last came; the zero time where none did.
func (db *DB) LastHook(ctx context.Context) (time.Time, error) {
	var at int64
	if err := db.sql.QueryRowContext(ctx, "SELECT CAST(COALESCE(MAX(received_at), 0) AS BIGINT) FROM hooks_received").Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("reading when a webhook last came: %w", err)
	}
	return FromMillis(at), nil
}

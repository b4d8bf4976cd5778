package state

import (
	"context"
	"fmt"
	"time"
)

// Alert is something that somebody was told of.
type Alert struct {
	WorkspaceUUID string
	Kind          string
	Workspace     string // slug, when it was told
	Since         time.Time
	Told          time.Time
	Ended         time.Time // zero while it lasts
}

// Alerts returns what somebody was told of: the last of each kind and workspace.
func (db *DB) Alerts(ctx context.Context) ([]Alert, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT workspace_uuid, kind, workspace, since, told_at, ended_at FROM alerts ORDER BY workspace, kind")
	if err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	defer rows.Close()
	var all []Alert
	for rows.Next() {
		var a Alert
		var since, told, ended int64
		if err := rows.Scan(&a.WorkspaceUUID, &a.Kind, &a.Workspace, &since, &told, &ended); err != nil {
			return nil, fmt.Errorf("reading the alerts: %w", err)
		}
		a.Since, a.Told, a.Ended = FromMillis(since), FromMillis(told), FromMillis(ended)
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	return all, nil
}

// SaveAlert remembers that somebody was told.
func (db *DB) SaveAlert(ctx context.Context, a Alert) error {
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO alerts (workspace_uuid, kind, workspace, since, told_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace_uuid, kind) DO UPDATE SET workspace = excluded.workspace, since = excluded.since,
			told_at = excluded.told_at, ended_at = excluded.ended_at`,
		a.WorkspaceUUID, a.Kind, a.Workspace, Millis(a.Since), Millis(a.Told), Millis(a.Ended))
	if err != nil {
		return fmt.Errorf("remembering an alert: %w", err)
	}
	return nil
}

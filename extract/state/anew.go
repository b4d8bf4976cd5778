package state

import (
	"context"
	"fmt"
	"time"
)

// ReadAnew has streams of a workspace read from the beginning by the runs to come. What was spent on their past until now
// is the forecast of what it takes again. With all, they are all there are: the backfill begins again, and duration
// is what it is expected to take.
func (db *DB) ReadAnew(ctx context.Context, workspaceUUID string, streams []string, all bool, duration time.Duration, now time.Time) error {
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("noting what is to be read anew: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	execute := func(statement string, args ...any) {
		if err == nil {
			_, err = tx.ExecContext(ctx, statement, args...)
		}
	}
	for _, stream := range streams {
		execute(`
			INSERT INTO anew (workspace_uuid, stream, asked_at) VALUES ($1, $2, $3)
			ON CONFLICT (workspace_uuid, stream) DO UPDATE SET asked_at = excluded.asked_at`, workspaceUUID, stream, Millis(now))
		execute(`
			UPDATE backfill_streams SET spent = 0, forecast = CASE
				WHEN spent > forecast OR (SELECT ended_at FROM backfills WHERE workspace_uuid = $1) > 0 AND spent > 0 THEN spent
				ELSE forecast END
			WHERE workspace_uuid = $1 AND stream = $2`, workspaceUUID, stream)
	}
	if all {
		execute("UPDATE backfills SET started_at = 0, ended_at = 0, forecast_at = $2, minutes = $3, error = 0 WHERE workspace_uuid = $1",
			workspaceUUID, Millis(now), int64(duration/time.Minute))
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("noting what is to be read anew: %w", err)
	}
	return nil
}

// Anew returns the streams of a workspace that are to be read from the beginning, and when somebody asked for that.
func (db *DB) Anew(ctx context.Context, workspaceUUID string) (map[string]time.Time, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT stream, asked_at FROM anew WHERE workspace_uuid = $1", workspaceUUID)
	if err != nil {
		return nil, fmt.Errorf("reading what is to be read anew: %w", err)
	}
	defer rows.Close()
	streams := map[string]time.Time{}
	for rows.Next() {
		var stream string
		var at int64
		if err := rows.Scan(&stream, &at); err != nil {
			return nil, fmt.Errorf("reading what is to be read anew: %w", err)
		}
		streams[stream] = FromMillis(at)
	}
	return streams, rows.Err()
}

// BegunAnew says that a stream's position stands at the new beginning, for those who asked until a time; whoever asked
// later has it begin once more.
func (db *DB) BegunAnew(ctx context.Context, workspaceUUID, stream string, asked time.Time) error {
	_, err := db.sql.ExecContext(ctx, "DELETE FROM anew WHERE workspace_uuid = $1 AND stream = $2 AND asked_at <= $3", workspaceUUID, stream, Millis(asked))
	if err != nil {
		return fmt.Errorf("noting that stream %s is read anew: %w", stream, err)
	}
	return nil
}

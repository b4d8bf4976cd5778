package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Backfill is the first reading of a workspace: what was forecast, and what it has taken so far.
type Backfill struct {
	WorkspaceUUID  string
	Started, Ended time.Time // zero: not yet
	Forecast       time.Time // when the forecast was made; zero: none was
	Duration       time.Duration
	Error          int // standard error of the requests that were forecast, of all streams together
	Streams        []BackfillStream
}

// BackfillStream is what a stream's past takes, in requests.
type BackfillStream struct {
	Stream          string
	Forecast, Spent int
}

// Requests returns how many were forecast, how many were spent, and how many are left as far as the forecast holds for
// each stream.
func (b *Backfill) Requests() (forecast, spent, left int) {
	for _, s := range b.Streams {
		forecast, spent, left = forecast+s.Forecast, spent+s.Spent, left+max(0, s.Forecast-s.Spent)
	}
	return forecast, spent, left
}

// SaveForecast keeps a forecast, and what has been spent.
func (db *DB) SaveForecast(ctx context.Context, b Backfill) error {
	return db.saveBackfill(ctx, b, `
		INSERT INTO backfills (workspace_uuid, started_at, ended_at, forecast_at, minutes, error) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace_uuid) DO UPDATE SET forecast_at = excluded.forecast_at, minutes = excluded.minutes, error = excluded.error`, `
		INSERT INTO backfill_streams (workspace_uuid, stream, forecast, spent) VALUES ($1, $2, $3, $4)
		ON CONFLICT (workspace_uuid, stream) DO UPDATE SET forecast = excluded.forecast`)
}

// SaveSpent adds what a run has spent on the past. Of what is known already, the beginning and the end stay.
func (db *DB) SaveSpent(ctx context.Context, b Backfill) error {
	return db.saveBackfill(ctx, b, `
		INSERT INTO backfills (workspace_uuid, started_at, ended_at, forecast_at, minutes, error) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace_uuid) DO UPDATE SET
			started_at = CASE WHEN backfills.started_at = 0 THEN excluded.started_at ELSE backfills.started_at END,
			ended_at = CASE WHEN backfills.ended_at = 0 THEN excluded.ended_at ELSE backfills.ended_at END`, `
		INSERT INTO backfill_streams (workspace_uuid, stream, forecast, spent) VALUES ($1, $2, $3, $4)
		ON CONFLICT (workspace_uuid, stream) DO UPDATE SET spent = backfill_streams.spent + excluded.spent`)
}

func (db *DB) saveBackfill(ctx context.Context, b Backfill, whole, each string) error {
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("remembering the backfill: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(ctx, whole, b.WorkspaceUUID, Millis(b.Started), Millis(b.Ended), Millis(b.Forecast), int64(b.Duration/time.Minute), b.Error)
	for _, s := range b.Streams {
		if err == nil {
			_, err = tx.ExecContext(ctx, each, b.WorkspaceUUID, s.Stream, s.Forecast, s.Spent)
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("remembering the backfill: %w", err)
	}
	return nil
}

// Backfill returns what is known of a workspace's backfill; nil where nothing is.
func (db *DB) Backfill(ctx context.Context, workspaceUUID string) (*Backfill, error) {
	b := &Backfill{WorkspaceUUID: workspaceUUID}
	var started, ended, forecast, minutes int64
	err := db.sql.QueryRowContext(ctx, "SELECT started_at, ended_at, forecast_at, minutes, error FROM backfills WHERE workspace_uuid = $1", workspaceUUID).
		Scan(&started, &ended, &forecast, &minutes, &b.Error)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // none yet is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading the backfill: %w", err)
	}
	b.Started, b.Ended, b.Forecast, b.Duration = FromMillis(started), FromMillis(ended), FromMillis(forecast), time.Duration(minutes)*time.Minute
	rows, err := db.sql.QueryContext(ctx, "SELECT stream, forecast, spent FROM backfill_streams WHERE workspace_uuid = $1 ORDER BY stream", workspaceUUID)
	if err != nil {
		return nil, fmt.Errorf("reading the backfill: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s BackfillStream
		if err := rows.Scan(&s.Stream, &s.Forecast, &s.Spent); err != nil {
			return nil, fmt.Errorf("reading the backfill: %w", err)
		}
		b.Streams = append(b.Streams, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the backfill: %w", err)
	}
	return b, nil
}

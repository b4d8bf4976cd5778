package state

import (
	"context"
	"fmt"
	"time"
)

// StreamState is how a stream of a workspace is doing.
type StreamState struct {
	WorkspaceUUID string
	Stream        string
	LastSuccess   time.Time // zero where there was none
	LastAttempt   time.Time
	Rows          int    // of the last success
	Requests      int    // of the last attempt
	Problem       string // of the last attempt; empty where it is fine
	Disabled      string // why the stream isn't read, such as a permission that is missing; empty where it is read
}

// SaveStream remembers an attempt at a stream. One without a problem, of a stream that is read, is a success at the
// time of the attempt; any other keeps the time and the rows of the success before it. LastSuccess of s is not looked
// at.
func (db *DB) SaveStream(ctx context.Context, s StreamState) error {
	if s.Problem == "" && s.Disabled == "" {
		s.LastSuccess = s.LastAttempt
	} else {
		s.LastSuccess, s.Rows = time.Time{}, 0
	}
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO stream_states (workspace_uuid, stream, last_success_at, last_attempt_at, rows, requests, problem, disabled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (workspace_uuid, stream) DO UPDATE SET
			last_success_at = CASE WHEN excluded.last_success_at = 0 THEN stream_states.last_success_at ELSE excluded.last_success_at END,
			rows = CASE WHEN excluded.last_success_at = 0 THEN stream_states.rows ELSE excluded.rows END,
			last_attempt_at = excluded.last_attempt_at, requests = excluded.requests, problem = excluded.problem,
			disabled = excluded.disabled`,
		s.WorkspaceUUID, s.Stream, Millis(s.LastSuccess), Millis(s.LastAttempt), s.Rows, s.Requests, s.Problem, s.Disabled)
	if err != nil {
		return fmt.Errorf("remembering how stream %s is doing: %w", s.Stream, err)
	}
	return nil
}

// Streams returns how the streams of a workspace are doing, by name; those that were never tried are absent.
func (db *DB) Streams(ctx context.Context, workspaceUUID string) ([]StreamState, error) {
	rows, err := db.sql.QueryContext(ctx, `
		SELECT stream, last_success_at, last_attempt_at, rows, requests, problem, disabled FROM stream_states
		WHERE workspace_uuid = $1 ORDER BY stream`, workspaceUUID)
	if err != nil {
		return nil, fmt.Errorf("reading how the streams are doing: %w", err)
	}
	defer rows.Close()
	var list []StreamState
	for rows.Next() {
		s := StreamState{WorkspaceUUID: workspaceUUID}
		var success, attempt int64
		if err := rows.Scan(&s.Stream, &success, &attempt, &s.Rows, &s.Requests, &s.Problem, &s.Disabled); err != nil {
			return nil, fmt.Errorf("reading how the streams are doing: %w", err)
		}
		s.LastSuccess, s.LastAttempt = FromMillis(success), FromMillis(attempt)
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading how the streams are doing: %w", err)
	}
	return list, nil
}

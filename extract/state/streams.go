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
	Rows          int           // of the last success
	Requests      int           // of the last attempt
	Elapsed       time.Duration // of the last attempt
	Problem       string        // of the last attempt; empty where it is fine
	Remedy        string        // what to do about the problem
	Disabled      string        // why the stream isn't read, such as a permission that is missing; empty where it is read
	Standing      Standing
}

// Standing is how far a stream has come, over all repositories.
type Standing struct {
	Newest     time.Time // time of the newest row, where the stream goes by time
	Unread     int       // repositories whose older rows are still to come
	ReadBackTo time.Time // how far back the past has been read in that of them that is least far, where it is known
}

// SaveStream remembers an attempt at a stream. One without a problem, of a stream that is read, is a success at the
// time of the attempt; any other keeps the time and the rows of the success before it. LastSuccess of s is not looked
// at, and Standing is left to SaveStanding.
func (db *DB) SaveStream(ctx context.Context, s StreamState) error {
	if s.Problem == "" && s.Disabled == "" {
		s.LastSuccess = s.LastAttempt
	} else {
		s.LastSuccess, s.Rows = time.Time{}, 0
	}
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO stream_states (workspace_uuid, stream, last_success_at, last_attempt_at, rows, requests, elapsed, problem, remedy, disabled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (workspace_uuid, stream) DO UPDATE SET
			last_success_at = CASE WHEN excluded.last_success_at = 0 THEN stream_states.last_success_at ELSE excluded.last_success_at END,
			rows = CASE WHEN excluded.last_success_at = 0 THEN stream_states.rows ELSE excluded.rows END,
			last_attempt_at = excluded.last_attempt_at, requests = excluded.requests, elapsed = excluded.elapsed,
			problem = excluded.problem, remedy = excluded.remedy, disabled = excluded.disabled`,
		s.WorkspaceUUID, s.Stream, Millis(s.LastSuccess), Millis(s.LastAttempt), s.Rows, s.Requests, s.Elapsed.Milliseconds(), s.Problem, s.Remedy, s.Disabled)
	if err != nil {
		return fmt.Errorf("remembering how stream %s is doing: %w", s.Stream, err)
	}
	return nil
}

// SaveStanding remembers how far a stream has come.
func (db *DB) SaveStanding(ctx context.Context, workspaceUUID, stream string, s Standing) error {
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO stream_states (workspace_uuid, stream, last_success_at, last_attempt_at, rows, requests, problem, disabled, newest_at, unread, read_back_to)
		VALUES ($1, $2, 0, 0, 0, 0, '', '', $3, $4, $5)
		ON CONFLICT (workspace_uuid, stream) DO UPDATE SET
			newest_at = excluded.newest_at, unread = excluded.unread, read_back_to = excluded.read_back_to`,
		workspaceUUID, stream, Millis(s.Newest), s.Unread, Millis(s.ReadBackTo))
	if err != nil {
		return fmt.Errorf("remembering how far stream %s has come: %w", stream, err)
	}
	return nil
}

// Streams returns how the streams of a workspace are doing, by name; those that were never tried are absent.
func (db *DB) Streams(ctx context.Context, workspaceUUID string) ([]StreamState, error) {
	rows, err := db.sql.QueryContext(ctx, `
		SELECT stream, last_success_at, last_attempt_at, rows, requests, elapsed, problem, remedy, disabled, newest_at, unread, read_back_to
		FROM stream_states
		WHERE workspace_uuid = $1 ORDER BY stream`, workspaceUUID)
	if err != nil {
		return nil, fmt.Errorf("reading how the streams are doing: %w", err)
	}
	defer rows.Close()
	var list []StreamState
	for rows.Next() {
		s := StreamState{WorkspaceUUID: workspaceUUID}
		var success, attempt, elapsed, newest, back int64
		err := rows.Scan(&s.Stream, &success, &attempt, &s.Rows, &s.Requests, &elapsed, &s.Problem, &s.Remedy, &s.Disabled, &newest, &s.Standing.Unread, &back)
		if err != nil {
			return nil, fmt.Errorf("reading how the streams are doing: %w", err)
		}
		s.LastSuccess, s.LastAttempt, s.Elapsed = FromMillis(success), FromMillis(attempt), time.Duration(elapsed)*time.Millisecond
		s.Standing.Newest, s.Standing.ReadBackTo = FromMillis(newest), FromMillis(back)
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading how the streams are doing: %w", err)
	}
	return list, nil
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// others is the stream that requests are counted for which somebody else spent of the same budget.
const others = "(others)"

// limitLasts is how long a limit that is seen again and again isn't written again.
const limitLasts = time.Minute

// Limit is what the headers of Bitbucket's answers said of a consumer's hour.
type Limit struct {
	PerHour   int
	NearLimit bool
	Remaining *int      // nil where the headers don't say; not stored
	Seen      time.Time // set by Observe
}

// Observe remembers what the headers of an answer said of a consumer's hour. Where they leave less than our count
// does, somebody else spends of the same hour: the difference counts as spent in the present minute, as the stream
// (others). What is under way between us and Bitbucket is counted here and not yet there, so that it can hide
// spending of others for a moment, but never invents any.
func (db *DB) Observe(ctx context.Context, consumer string, l Limit) error {
	return db.observeAt(ctx, consumer, l, time.Now())
}

func (db *DB) observeAt(ctx context.Context, consumer string, l Limit, now time.Time) error {
	if l.PerHour <= 0 {
		return nil // no limit is no news
	}
	near := 0
	if l.NearLimit {
		near = 1
	}
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO limits (consumer, per_hour, near_limit, seen_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (consumer) DO UPDATE
		SET per_hour = excluded.per_hour, near_limit = excluded.near_limit, seen_at = excluded.seen_at
		WHERE limits.per_hour <> excluded.per_hour OR limits.near_limit <> excluded.near_limit
			OR limits.seen_at NOT BETWEEN excluded.seen_at - $5 AND excluded.seen_at`,
		consumer, l.PerHour, near, Millis(now), limitLasts.Milliseconds())
	if err != nil {
		return fmt.Errorf("remembering the limit of consumer %s: %w", consumer, err)
	}
	if l.Remaining == nil {
		return nil
	}
	minute := unixMinute(now)
	_, err = db.executeAlone(ctx, spending(consumer), `
		INSERT INTO requests_spent (consumer, minute, stream, requests)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), unseen.requests FROM (
			SELECT CAST($4 AS BIGINT) - CAST(COALESCE(SUM(requests), 0) AS BIGINT) AS requests
			FROM requests_spent WHERE consumer = $1 AND minute >= CAST($5 AS BIGINT)) AS unseen
		WHERE unseen.requests > 0
		ON CONFLICT (consumer, minute, stream) DO UPDATE SET requests = requests_spent.requests + excluded.requests`,
		consumer, minute, others, l.PerHour-*l.Remaining, minute-window)
	if err != nil {
		return fmt.Errorf("counting what others spent of consumer %s: %w", consumer, err)
	}
	return nil
}

// Limit returns what the headers said last of a consumer's hour; nil where they never said anything.
func (db *DB) Limit(ctx context.Context, consumer string) (*Limit, error) {
	l := &Limit{}
	var near, seen int64
	err := db.sql.QueryRowContext(ctx, "SELECT per_hour, near_limit, seen_at FROM limits WHERE consumer = $1", consumer).
		Scan(&l.PerHour, &near, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no limit seen yet is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading the limit of consumer %s: %w", consumer, err)
	}
	l.NearLimit, l.Seen = near != 0, FromMillis(seen)
	return l, nil
}

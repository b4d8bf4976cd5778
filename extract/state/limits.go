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

// Limit is what the headers of one of Bitbucket's answers said of a consumer's hour.
type Limit struct {
	PerHour   int
	Remaining *int // nil where the headers don't say
	NearLimit bool // less than about a fifth remains; the share isn't documented
}

// spent is how many requests of the hour Bitbucket has counted, as far as it tells; 0 where it doesn't.
func (l Limit) spent() int {
	switch {
	case l.Remaining != nil:
		return l.PerHour - *l.Remaining
	case l.NearLimit:
		return l.PerHour - l.PerHour/5
	}
	return 0
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
	_, err := db.sql.ExecContext(ctx, `
		INSERT INTO limits (consumer, per_hour) VALUES ($1, $2)
		ON CONFLICT (consumer) DO UPDATE SET per_hour = excluded.per_hour WHERE limits.per_hour <> excluded.per_hour`,
		consumer, l.PerHour)
	if err != nil {
		return fmt.Errorf("remembering the limit of consumer %s: %w", consumer, err)
	}
	spent := l.spent()
	if spent <= 0 {
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
		consumer, minute, others, spent, minute-window)
	if err != nil {
		return fmt.Errorf("counting what others spent of consumer %s: %w", consumer, err)
	}
	return nil
}

// Limit returns how many requests an hour has for a consumer, as the headers said last; 0 where they never did.
func (db *DB) Limit(ctx context.Context, consumer string) (perHour int, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT per_hour FROM limits WHERE consumer = $1", consumer).Scan(&perHour)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading the limit of consumer %s: %w", consumer, err)
	}
	return perHour, nil
}

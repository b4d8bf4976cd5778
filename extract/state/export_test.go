package state

import (
	"context"
	"time"
)

// SpendAt is Spend at a given time.
func (db *DB) SpendAt(ctx context.Context, consumer, stream string, perHour int, now time.Time) error {
	return db.spendAt(ctx, consumer, stream, perHour, now)
}

// SetProgressAt is SetProgress at a given time.
func (db *DB) SetProgressAt(ctx context.Context, p Progress, now time.Time) error {
	return db.setProgressAt(ctx, p, now)
}

// ObserveAt is Observe at a given time.
func (db *DB) ObserveAt(ctx context.Context, consumer string, l Limit, now time.Time) error {
	return db.observeAt(ctx, consumer, l, now)
}

package state

import (
	"context"
	"time"
)

// SpendAt is Spend at a given time.
func (db *DB) SpendAt(ctx context.Context, consumer, stream string, perHour int, now time.Time) error {
	return db.spendAt(ctx, consumer, stream, perHour, now)
}

package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// window is how many minutes a spent request counts, beside the minute it was spent in. Counting whole minutes
	// this way covers every request of the last sixty minutes, and up to one minute more: Bitbucket's rolling hour
	// is never overspent, wherever in a minute it begins.
	window = 60
	// keepMinutes is how long spending is remembered, for people who look where the budget went.
	keepMinutes = 24 * 60
)

// ErrBudgetSpent says that the hour's requests are spent; the error is a *BudgetSpent.
var ErrBudgetSpent = errors.New("request budget is spent")

// BudgetSpent says when the next request may be spent, and when several.
type BudgetSpent struct {
	Consumer string
	PerHour  int
	Until    time.Time
	Several  time.Time // a tenth of the hour's: what can wait, waits for these
}

// several is the share of the hour's requests that is worth beginning anew for.
const several = 10

func (e *BudgetSpent) Error() string {
	return fmt.Sprintf("spending a request of consumer %s: all %d of this hour are spent, the next at %s",
		e.Consumer, e.PerHour, e.Until.Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrBudgetSpent) true.
func (e *BudgetSpent) Is(target error) bool { return target == ErrBudgetSpent }

// Spend counts one request of an OAuth consumer for a stream, before it is sent, or returns a *BudgetSpent where
// perHour requests were spent within the last hour by all processes together. perHour <= 0 counts without a limit.
//
// A crash between Spend and the request wastes one request; the other way round would overspend.
func (db *DB) Spend(ctx context.Context, consumer, stream string, perHour int) error {
	return db.spendAt(ctx, consumer, stream, perHour, time.Now())
}

func (db *DB) spendAt(ctx context.Context, consumer, stream string, perHour int, now time.Time) error {
	minute := unixMinute(now)
	if err := db.prune(ctx, minute); err != nil {
		return err
	}
	// Minutes ahead of ours count, too: another process's clock may be ahead, or ours was set back.
	n, err := db.executeAlone(ctx, spending(consumer), `
		INSERT INTO requests_spent (consumer, minute, stream, requests)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), 1
		WHERE CAST($4 AS BIGINT) <= 0 OR CAST($4 AS BIGINT) > (
			SELECT COALESCE(SUM(requests), 0) FROM requests_spent WHERE consumer = $1 AND minute >= CAST($5 AS BIGINT))
		ON CONFLICT (consumer, minute, stream) DO UPDATE SET requests = requests_spent.requests + 1`,
		consumer, minute, stream, perHour, minute-window)
	if err != nil {
		return fmt.Errorf("spending a request of consumer %s: %w", consumer, err)
	}
	if n == 1 {
		return nil
	}
	spent := &BudgetSpent{Consumer: consumer, PerHour: perHour}
	if spent.Until, err = db.until(ctx, consumer, perHour, now); err != nil {
		return err
	}
	if spent.Several, err = db.until(ctx, consumer, perHour-perHour/several, now); err != nil {
		return err
	}
	return spent
}

// executeAlone executes a statement that writes what it has read, and returns how many rows that made. It sees what
// the one before it wrote: on SQLite a statement that writes is alone; on PostgreSQL it is among those of its name, by
// a lock that it has taken, in a transaction of one round trip, before its snapshot is.
func (db *DB) executeAlone(ctx context.Context, name, statement string, args ...any) (int64, error) {
	if db.pool == nil {
		result, err := db.sql.ExecContext(ctx, statement, args...)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	}
	batch := &pgx.Batch{}
	batch.Queue("SELECT pg_advisory_xact_lock($1)", lockKey(db.schema, name))
	batch.Queue(statement, args...)
	results := db.pool.SendBatch(ctx, batch)
	_, err := results.Exec()
	var done pgconn.CommandTag
	if err == nil {
		done, err = results.Exec()
	}
	if closed := results.Close(); err == nil {
		err = closed // of the commit
	}
	if err != nil {
		return 0, describePostgreSQL(err)
	}
	return done.RowsAffected(), nil
}

// until finds the moment at which enough minutes have left the window for one more request.
func (db *DB) until(ctx context.Context, consumer string, perHour int, now time.Time) (time.Time, error) {
	rows, err := db.sql.QueryContext(ctx, `
		SELECT minute, CAST(SUM(requests) AS BIGINT) FROM requests_spent WHERE consumer = $1 AND minute >= $2
		GROUP BY minute ORDER BY minute DESC`, consumer, unixMinute(now)-window)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
	}
	defer rows.Close()
	for spent := 0; rows.Next(); {
		var minute int64
		var n int
		if err := rows.Scan(&minute, &n); err != nil {
			return time.Time{}, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
		}
		// From the newest back: the minute that fills the budget must leave before there is room.
		if spent += n; spent >= perHour {
			return time.Unix((minute+window+1)*60, 0).UTC(), nil
		}
	}
	if err := rows.Err(); err != nil {
		return time.Time{}, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
	}
	return now.UTC(), nil // room has appeared since
}

// Spent returns how many requests of a consumer count towards the present hour.
func (db *DB) Spent(ctx context.Context, consumer string) (int, error) {
	var n int
	err := db.sql.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM requests_spent WHERE consumer = $1 AND minute >= $2",
		consumer, unixMinute(time.Now())-window).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
	}
	return n, nil
}

// Spending is what was spent of a consumer's requests in one minute for one stream.
type Spending struct {
	Minute   time.Time // its beginning
	Stream   string
	Requests int
}

// Counts reports whether these requests count towards the hour that a moment is in.
func (s *Spending) Counts(at time.Time) bool {
	minute, now := unixMinute(s.Minute), unixMinute(at)
	return minute >= now-window && minute <= now
}

// Back is when these requests may be spent again.
func (s *Spending) Back() time.Time { return s.Minute.Add((window + 1) * time.Minute) }

// Spendings returns what was spent of a consumer's requests since a moment, as far as that is remembered, the first first.
func (db *DB) Spendings(ctx context.Context, consumer string, since time.Time) ([]Spending, error) {
	rows, err := db.sql.QueryContext(ctx,
		"SELECT minute, stream, requests FROM requests_spent WHERE consumer = $1 AND minute >= $2 ORDER BY minute, stream", consumer, unixMinute(since))
	if err != nil {
		return nil, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
	}
	defer rows.Close()
	var all []Spending
	for rows.Next() {
		var s Spending
		var minute int64
		if err := rows.Scan(&minute, &s.Stream, &s.Requests); err != nil {
			return nil, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
		}
		s.Minute = time.Unix(minute*60, 0).UTC()
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the budget of consumer %s: %w", consumer, err)
	}
	return all, nil
}

// prune forgets old minutes, once a minute. Minutes more than an hour ahead come from a clock that was wrong: kept,
// they would block the budget until that day comes.
func (db *DB) prune(ctx context.Context, minute int64) error {
	if db.pruned.Swap(minute) == minute {
		return nil
	}
	_, err := db.sql.ExecContext(ctx, "DELETE FROM requests_spent WHERE minute < $1 OR minute > $2", minute-keepMinutes, minute+window)
	if err != nil {
		return fmt.Errorf("pruning spent requests: %w", err)
	}
	return nil
}

// spending names what only one may do at a time with a consumer's hour.
func spending(consumer string) string { return "spend/" + consumer }

func unixMinute(t time.Time) int64 { return t.Unix() / 60 }

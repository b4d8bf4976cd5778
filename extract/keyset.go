package extract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"

	"bucketlake/extract/bitbucket"
)

var (
	// errUnsorted is a list that Bitbucket did not sort as it was asked to: a mark means nothing in it.
	errUnsorted = errors.New("the rows are not sorted as asked")
	// errUnsteady is a moment whose rows go on changing while they are read.
	errUnsteady = errors.New("more rows than a page holds bear one time, and change while they are read")
)

// A keyset is a list that is read by its updated_on.
//
// It never asks for a second page where it can avoid it: a row that is updated while its list is
// paged through changes its place, all rows behind it move up by one, and the one that crosses the
// page border is not read. Instead it asks for the first page of what is left: of rows updated at
// the mark or beyond it. The rows at the mark come twice, which keys make harmless. Only where a time
// fills a page are all its rows read, page by page, until they are known to be complete; what is left
// then lies beyond it.
type keyset[T any] struct {
	client  *bitbucket.Client
	path    string
	pagelen int
	query   url.Values
	updated func(T) time.Time
	id      func(T) string
}

// rows are the rows of a page, the time of the last one, and whether more follow in the same direction; and whether the last
// answer was empty, although there are rows.
type rows[T any] struct {
	values      []T
	mark        time.Time
	more, empty bool
}

// since reads the rows that were updated at a time or later, oldest first, from a little before it on. The mark is that of
// what is read, never before the time.
func (k keyset[T]) since(ctx context.Context, since time.Time) iter.Seq2[rows[T], error] {
	return func(yield func(rows[T], error) bool) {
		mark := since
		if !mark.IsZero() {
			mark = mark.Add(-overlap)
		}
		for more := true; more; {
			r, err := k.step(ctx, mark, false)
			if err == nil && r.more && !r.mark.After(mark) {
				err = fmt.Errorf("%w: nothing beyond %s, and yet there is more", errUnsorted, mark.Format(time.RFC3339Nano))
			}
			if err == nil {
				mark, more = r.mark, r.more
				r.mark = later(since, mark)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// until reads the rows that were updated at a time or earlier, newest first, one step. The zero time is no bound.
func (k keyset[T]) until(ctx context.Context, until time.Time) (rows[T], error) {
	r, err := k.step(ctx, until, true)
	if err == nil && r.more && (r.mark.IsZero() || !until.IsZero() && !r.mark.Before(until)) {
		err = fmt.Errorf("%w: nothing before %s, and yet there is more", errUnsorted, until.Format(time.RFC3339Nano))
	}
	return r, err
}

// step reads the first page on one side of a time, the time itself included. Where the time fills the page, it reads all
// rows of that time, and the first page beyond it.
func (k keyset[T]) step(ctx context.Context, bound time.Time, descending bool) (rows[T], error) {
	r, err := k.first(ctx, bound, descending, "=")
	if err != nil || !r.more || bound.IsZero() || !r.mark.Equal(bound) {
		return r, err
	}
	moment, err := k.moment(ctx, bound)
	if err != nil {
		return r, err
	}
	beyond, err := k.first(ctx, bound, descending, "")
	beyond.empty = err == nil && len(beyond.values) == 0
	beyond.values = append(moment, beyond.values...)
	return beyond, err
}

// first reads the first page on one side of a time, the time itself included where equal says so.
func (k keyset[T]) first(ctx context.Context, bound time.Time, descending bool, equal string) (rows[T], error) {
	sort, side := "updated_on", ">"
	if descending {
		sort, side = "-updated_on", "<"
	}
	q := k.with(url.Values{"sort": {sort}})
	if !bound.IsZero() {
		q.Set("q", "updated_on "+side+equal+" "+quoted(bound))
	}
	return k.page(ctx, q, bound, descending)
}

// newest reads the first page of the rows that were updated at a time or later, newest first.
func (k keyset[T]) newest(ctx context.Context, since time.Time) (rows[T], error) {
	return k.page(ctx, k.with(url.Values{"sort": {"-updated_on"}, "q": {"updated_on >= " + quoted(since)}}), time.Time{}, true)
}

// page reads the first page of a query on one side of a time; the zero time is no bound.
func (k keyset[T]) page(ctx context.Context, q url.Values, bound time.Time, descending bool) (rows[T], error) {
	for page, err := range bitbucket.Pages[T](ctx, k.client, k.path, k.pagelen, q) {
		if err != nil {
			return rows[T]{}, err
		}
		last, err := k.sorted(page.Values, bound, descending)
		return rows[T]{values: page.Values, mark: last, more: page.Next != ""}, err
	}
	return rows[T]{mark: bound}, nil
}

// moment reads all rows of one time.
func (k keyset[T]) moment(ctx context.Context, t time.Time) ([]T, error) {
	q := k.with(url.Values{"q": {"updated_on >= " + quoted(t) + " AND updated_on <= " + quoted(t)}})
	values, complete, err := entire(ctx, k.client, k.path, k.pagelen, q, 0, k.id)
	if err == nil && !complete {
		err = fmt.Errorf("%w: %s", errUnsteady, t.Format(time.RFC3339Nano))
	}
	return values, err
}

func (k keyset[T]) with(q url.Values) url.Values {
	for name, values := range k.query {
		q[name] = values
	}
	return q
}

// sorted checks that Bitbucket did what it was asked: it passes over parameters that it does not
// know, and a mark taken from an unsorted list would lose rows. It returns the time of the last row.
func (k keyset[T]) sorted(values []T, last time.Time, descending bool) (time.Time, error) {
	for _, v := range values {
		at := k.updated(v)
		if !last.IsZero() && (descending && at.After(last) || !descending && at.Before(last)) {
			return last, fmt.Errorf("%w: %s after %s", errUnsorted, at.Format(time.RFC3339Nano), last.Format(time.RFC3339Nano))
		}
		last = at
	}
	return last, nil
}

// quoted writes a time as q takes it, to Bitbucket's microsecond.
func quoted(t time.Time) string { return t.UTC().Format(`"2006-01-02T15:04:05.000000-07:00"`) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

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

// errUnsorted is a list that Bitbucket did not sort as it was asked to: a mark means nothing in it.
var errUnsorted = errors.New("the rows are not sorted as asked")

// A keyset is a list that is read by its updated_on.
//
// It never asks for a second page where it can avoid it: a row that is updated while its list is
// paged through changes its place, all rows behind it move up by one, and the one that crosses the
// page border is not read. Instead it asks for the first page of what is left: of rows updated at
// the mark or beyond it. The rows at the mark come twice, which keys make harmless. Only where a page
// begins and ends with the same time is the next page followed, until the time changes.
type keyset[T any] struct {
	client  *bitbucket.Client
	path    string
	pagelen int
	query   url.Values
	updated func(T) time.Time
}

// rows are the rows of a page, the time of the last one, and whether more follow in the same direction.
type rows[T any] struct {
	values []T
	mark   time.Time
	more   bool
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
			more = false
			from := mark
			for r, err := range k.pages(ctx, from, false) {
				if len(r.values) > 0 {
					mark = r.mark
				}
				r.mark = later(since, mark)
				if !yield(r, err) || err != nil {
					return
				}
				if r.more && mark.After(from) {
					more = true
					break
				}
			}
		}
	}
}

// until reads the rows that were updated at a time or earlier, newest first, one step: a page, or as many as it takes for
// the time to change. The zero time is no bound.
func (k keyset[T]) until(ctx context.Context, until time.Time) iter.Seq2[rows[T], error] {
	return func(yield func(rows[T], error) bool) {
		for r, err := range k.pages(ctx, until, true) {
			if !yield(r, err) || err != nil || until.IsZero() || r.mark.Before(until) {
				return
			}
		}
	}
}

// pages reads the pages on one side of a time.
func (k keyset[T]) pages(ctx context.Context, bound time.Time, descending bool) iter.Seq2[rows[T], error] {
	q := url.Values{"sort": {"updated_on"}}
	side := ">="
	if descending {
		q.Set("sort", "-updated_on")
		side = "<="
	}
	for name, values := range k.query {
		q[name] = values
	}
	if !bound.IsZero() {
		q.Set("q", "updated_on "+side+" "+quoted(bound))
	}
	return func(yield func(rows[T], error) bool) {
		last := bound
		for page, err := range bitbucket.Pages[T](ctx, k.client, k.path, k.pagelen, q) {
			if err == nil {
				last, err = k.sorted(page.Values, last, descending)
			}
			if err != nil {
				yield(rows[T]{}, err)
				return
			}
			if !yield(rows[T]{page.Values, last, page.Next != ""}, nil) {
				return
			}
		}
	}
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

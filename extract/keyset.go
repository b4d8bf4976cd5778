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

// keyset reads the rows of a list that were updated at since or later, oldest first, and yields
// page by page the rows and the mark that they reach.
//
// It never asks for a second page where it can avoid it: a row that is updated while its list is
// paged through jumps to the end, all rows behind it move up by one, and the one that crosses the
// page border is not read. Instead it asks for the first page of what is left: of rows updated at
// the mark or later. The rows at the mark come twice, which keys make harmless. Only where a page
// begins and ends with the same time is the next page followed, until the time changes.
func keyset[T any](
	ctx context.Context, c *bitbucket.Client, path string, pagelen int, query url.Values,
	since time.Time, updated func(T) time.Time,
) iter.Seq2[rows[T], error] {
	return func(yield func(rows[T], error) bool) {
		mark := since
		if !mark.IsZero() {
			mark = mark.Add(-overlap)
		}
		for more := true; more; {
			more = false
			from := mark
			for page, err := range bitbucket.Pages[T](ctx, c, path, pagelen, sorted(query, from)) {
				if err == nil {
					err = ascending(page.Values, from, updated)
				}
				if err != nil {
					yield(rows[T]{}, err)
					return
				}
				if n := len(page.Values); n > 0 {
					mark = updated(page.Values[n-1])
				}
				if !yield(rows[T]{page.Values, later(since, mark)}, nil) {
					return
				}
				if page.Next != "" && mark.After(from) {
					more = true
					break
				}
			}
		}
	}
}

// rows are the rows of a page and the greatest updated_on seen so far.
type rows[T any] struct {
	values []T
	mark   time.Time
}

// sorted adds to a query that only rows updated at from or later are wanted, oldest first.
func sorted(query url.Values, from time.Time) url.Values {
	q := url.Values{"sort": {"updated_on"}}
	for k, v := range query {
		q[k] = v
	}
	if !from.IsZero() {
		q.Set("q", "updated_on >= "+quoted(from))
	}
	return q
}

// quoted writes a time as q takes it, to Bitbucket's microsecond.
func quoted(t time.Time) string { return t.UTC().Format(`"2006-01-02T15:04:05.000000-07:00"`) }

// ascending checks that Bitbucket did what it was asked: it passes over parameters that it does not
// know, and a mark taken from an unsorted list would lose rows.
func ascending[T any](values []T, from time.Time, updated func(T) time.Time) error {
	for _, v := range values {
		if updated(v).Before(from) {
			return fmt.Errorf("%w: %s after %s", errUnsorted, updated(v).Format(time.RFC3339Nano), from.Format(time.RFC3339Nano))
		}
		from = updated(v)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package extract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// settled is how many entries in a row, at the end of a page, must be older than what was read before
// for the walk to end. One would do if feeds were sorted strictly; nobody says that they are.
const settled = 10

// feedMark is the time of the newest entry of a walk that reached what was known before. It moves
// only at the end of a walk: everything older has landed then.
type feedMark struct {
	Mark time.Time `json:"mark,omitzero"`

	// Next and Newest are there while a walk is cut off: the page where it goes on, and the time of
	// its newest entry. What is new since then stands in front: entries move to later pages, never
	// to earlier ones, so from Next on nothing is missed.
	Next   string    `json:"next,omitempty"`
	Newest time.Time `json:"newest,omitzero"`
}

// A feed is a list that is read newest first, down to what was read before.
type feed[T any] struct {
	path    string
	pagelen int
	query   url.Values
	sorted  bool               // was asked for; otherwise the feed is as Bitbucket gives it
	when    func(*T) time.Time // zero for an entry that tells no time
	at      *feedMark
}

// read reads what is new. It reports whether more is wanted.
func (f *feed[T]) read(ctx context.Context, c *bitbucket.Client, yield func(Chunk, error) bool) (goOn bool, err error) {
	if f.at.Next != "" {
		goOn, err := f.walk(bitbucket.PagesFrom[T](ctx, c, f.at.Next), yield)
		switch {
		case bitbucket.IsStatus(err, http.StatusBadRequest, http.StatusNotFound, http.StatusGone), errors.Is(err, bitbucket.ErrForeignLink):
			f.at.Next, f.at.Newest = "", time.Time{} // the link has expired: from the front
		case err != nil || !goOn:
			return false, err
		}
	}
	return f.walk(bitbucket.Pages[T](ctx, c, f.path, f.pagelen, f.query), yield)
}

// walk reads pages down to what was read before. New entries come in at the front meanwhile, so rows
// move back and are read twice, never missed.
func (f *feed[T]) walk(pages iter.Seq2[bitbucket.Page[T], error], yield func(Chunk, error) bool) (goOn bool, err error) {
	at, floor := f.at, f.at.Mark
	if !floor.IsZero() {
		floor = floor.Add(-overlap)
	}
	for page, err := range pages {
		if err == nil && f.sorted {
			err = f.descending(page.Values)
		}
		if err != nil {
			return false, err
		}
		var fresh []T
		for i := range page.Values {
			if when := f.when(&page.Values[i]); !when.Before(floor) {
				fresh = append(fresh, page.Values[i])
				at.Newest = later(at.Newest, when)
			}
		}
		if at.Next = page.Next; f.known(page.Values, floor) {
			at.Next = ""
		}
		end := at.Next == ""
		if end {
			at.Mark, at.Newest = later(at.Mark, at.Newest), time.Time{}
		}
		if !yield(Chunk{Objects: anys(fresh)}, nil) {
			return false, nil
		}
		if end {
			break
		}
	}
	return true, nil
}

// known reports whether the end of a page was read before: its last entries that tell a time are
// older than floor.
func (f *feed[T]) known(entries []T, floor time.Time) bool {
	old := 0
	for i := range slices.Backward(entries) {
		switch when := f.when(&entries[i]); {
		case when.IsZero():
		case !when.Before(floor):
			return false
		default:
			if old++; old == settled {
				return true
			}
		}
	}
	return false
}

// descending checks that Bitbucket sorted a page as it was asked to: it passes over parameters that
// it does not know, and the oldest first would look like nothing new.
func (f *feed[T]) descending(entries []T) error {
	for i := 1; i < len(entries); i++ {
		if before, when := f.when(&entries[i-1]), f.when(&entries[i]); when.After(before) {
			return fmt.Errorf("%w: %s after %s", errUnsorted, when.Format(time.RFC3339Nano), before.Format(time.RFC3339Nano))
		}
	}
	return nil
}

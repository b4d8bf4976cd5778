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

// feedMark is how far a feed has been read. The first time, only its newest page is; what is older follows from there
// back, page by page.
type feedMark struct {
	visit

	// Mark is the time of the newest entry of a walk that reached what was known before. It moves only at the end of a
	// walk: everything older has landed then, or lies behind Back.
	Mark time.Time `json:"mark,omitzero"`

	// Next and Newest are there while a walk is cut off: the page where it goes on, and the time of
	// its newest entry. What is new since then stands in front: entries move to later pages, never
	// to earlier ones, so from Next on nothing is missed.
	Next   string    `json:"next,omitempty"`
	Newest time.Time `json:"newest,omitzero"`

	// Back is the page where the past goes on, empty once all of it has been read, and Oldest the time of the last entry
	// before that page.
	Back   string    `json:"back,omitempty"`
	Oldest time.Time `json:"oldest,omitzero"`

	behind map[string]bool // pages of the past that were met in this run: a link must not lead back
}

func (m *feedMark) newest() time.Time { return m.Mark }

func (m *feedMark) reach() (time.Time, bool) { return m.Oldest, m.Back != "" }

func (m *feedMark) pending(Source) bool { return m.Next != "" }

// A feed is a list that is read newest first, down to what was read before.
type feed[T any] struct {
	path    string
	pagelen int
	query   url.Values
	sorted  bool               // was asked for; otherwise the feed is as Bitbucket gives it
	when    func(*T) time.Time // zero for an entry that tells no time
	at      *feedMark
}

// entries takes the entries of a page over. Where it can't, the position stays before them.
type entries[T any] func([]T) (goOn bool, err error)

// look reads what is new. It reports whether more is wanted.
func (f *feed[T]) look(ctx context.Context, c *bitbucket.Client, yield entries[T]) (goOn bool, err error) {
	if f.at.Next != "" {
		goOn, err := f.walk(bitbucket.PagesFrom[T](ctx, c, f.at.Next), yield)
		switch {
		case expired(err):
			f.at.Next, f.at.Newest = "", time.Time{} // from the front
		case err != nil || !goOn:
			return false, err
		}
	}
	if f.at.Mark.IsZero() && f.at.Back == "" {
		return f.step(bitbucket.Pages[T](ctx, c, f.path, f.pagelen, f.query), true, yield)
	}
	return f.walk(bitbucket.Pages[T](ctx, c, f.path, f.pagelen, f.query), yield)
}

// past reads one page of what is older than the first look.
func (f *feed[T]) past(ctx context.Context, c *bitbucket.Client, yield entries[T]) (goOn bool, err error) {
	goOn, err = f.step(bitbucket.PagesFrom[T](ctx, c, f.at.Back), false, yield)
	if expired(err) && f.at.behind == nil { // it was kept from an earlier run
		return f.step(bitbucket.Pages[T](ctx, c, f.path, f.pagelen, f.query), false, yield) // from the front
	}
	return goOn, err
}

// expired reports whether a link is one that has expired.
func expired(err error) bool {
	return bitbucket.IsStatus(err, http.StatusBadRequest, http.StatusNotFound, http.StatusGone) || errors.Is(err, bitbucket.ErrForeignLink)
}

// step reads one page, and notes where the past goes on behind it.
func (f *feed[T]) step(pages iter.Seq2[bitbucket.Page[T], error], first bool, yield entries[T]) (goOn bool, err error) {
	for page, err := range pages {
		if err == nil && f.sorted {
			err = f.descending(page.Values)
		}
		if err == nil && f.at.behind[page.Next] {
			err = bitbucket.ErrLinkLoop
		}
		if err != nil {
			return false, err
		}
		before := *f.at
		for i := range page.Values {
			when := f.when(&page.Values[i])
			if first {
				f.at.Mark = later(f.at.Mark, when)
			}
			if !when.IsZero() && (f.at.Oldest.IsZero() || when.Before(f.at.Oldest)) {
				f.at.Oldest = when
			}
		}
		if f.at.Back = page.Next; page.Next != "" {
			if f.at.behind == nil {
				f.at.behind = map[string]bool{}
			}
			f.at.behind[page.Next] = true
		}
		if goOn, err = yield(page.Values); err != nil {
			*f.at = before
		}
		return goOn, err
	}
	return true, nil
}

// walk reads pages down to what was read before. New entries come in at the front meanwhile, so rows
// move back and are read twice, never missed.
func (f *feed[T]) walk(pages iter.Seq2[bitbucket.Page[T], error], yield entries[T]) (goOn bool, err error) {
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
		before := *at
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
		switch goOn, err := yield(fresh); {
		case err != nil:
			*at = before
			return false, err
		case !goOn:
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

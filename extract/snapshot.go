package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"time"

	"bucketlake/extract/bitbucket"
)

// A list is a resource that tells no changes and is small enough to be read whole: everything, in one
// chunk, so that what left can be told.
//
// The pages are numbered, and a row that leaves while they are read moves another one across a page
// border, unseen. So a list is complete only when it had the size that Bitbucket says it has, on
// every page; otherwise it is read once more, and if the workspace is that busy, nothing is taken
// for gone this time. Where Bitbucket tells no size, two readings have to agree.
type list[T any] struct {
	path string // with a place for the workspace and, below repositories, one for the repository
	id   func(T) string

	// pace is that of a list below repositories. A slow list of the workspace, and one of several pages, is read again
	// only when what was read is older than Source.Every.
	pace pace

	// when a row of a slow list was made or last changed, as far as it tells.
	when func(T) time.Time

	// optional lists are not there for everybody: they take the rights of an administrator, or a
	// feature that is off.
	optional bool

	// most is how many rows are worth reading, where that may be more than an hour's requests; 0: any number.
	most int

	// filled lists are never empty at Bitbucket: one that is empty says that the grant has lost its
	// reach.
	filled bool
}

// errTooLong is a list that would take too many requests each time.
var errTooLong = errors.New("too long to be read")

// listed is what is remembered of a list.
type listed struct {
	visit
	At  time.Time `json:"at,omitzero"`   // when it was read
	Sum uint64    `json:"sum,omitempty"` // of the rows of a slow list

	// Empty says that it was found empty, and nothing believed yet. Only a second reading, in
	// another run, makes it a deletion of all that it had.
	Empty bool `json:"empty,omitempty"`

	// Moving says that it changed while it was read, so that what left is not known.
	Moving bool `json:"moving,omitempty"`
}

// workspace reads a list of the workspace.
func (l list[T]) workspace() Reader {
	return readFunc(func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			var at listed
			if err := position(cursor, &at); err != nil {
				yield(Chunk{}, err)
				return
			}
			if !src.Purpose.includes(News) || at.young(src, l.pace == slow) {
				return
			}
			for chunk, err := range l.read(ctx, src, bitbucket.Parent{Workspace: src.Workspace}, &at) {
				if err != nil {
					yield(Chunk{}, err)
					return
				}
				chunk.Cursor = &at
				yield(chunk, nil)
			}
		}
	})
}

// young reports whether what was read of a list of the workspace is young enough.
func (at *listed) young(src Source, slow bool) bool {
	return (slow || at.Rows > longest) && !at.At.IsZero() && src.Now.Before(at.At.Add(src.Every)) && !at.pending(src)
}

// pending: what is in doubt is read once more, soon.
func (at *listed) pending(Source) bool { return at.Empty || at.Moving }

// weigh notes since when the list has been the same: at the first reading its rows tell, if anything does.
func (at *listed) weigh(src Source, sum uint64, latest time.Time) {
	switch {
	case at.Same.IsZero() && !latest.IsZero() && latest.Before(src.Now) && !at.pending(src):
		at.Same = latest
	case at.Same.IsZero() || sum != at.Sum || at.pending(src):
		at.Same = src.Now
	}
	at.Sum = sum
}

// latest is when the rows last changed, as far as they tell; the zero time where they don't.
func (l list[T]) latest(values []T) (t time.Time) {
	if l.when != nil {
		for _, v := range values {
			t = later(t, l.when(v))
		}
	}
	return t
}

// sumOf tells rows from other rows, in whatever order they come.
func sumOf[T any](values []T) (sum uint64) {
	for _, v := range values {
		h := fnv.New64a()
		_ = json.NewEncoder(h).Encode(v) // what has been decoded can be encoded
		sum += h.Sum64()
	}
	return sum
}

// repositories reads a list of each repository.
func (l list[T]) repositories() Reader {
	return perRepository[listed, *listed]{pace: l.pace, look: l.read}
}

// longest is the longest page of a list.
const longest = 100

// read reads the list of a parent.
func (l list[T]) read(ctx context.Context, src Source, parent bitbucket.Parent, at *listed) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		segments := []string{parent.Workspace}
		if parent.Repository != "" {
			segments = append(segments, parent.Repository)
		}
		values, complete, err := entire(ctx, src.Client, bitbucket.Path(l.path, segments...), longest, nil, l.most, l.id)
		withheld := l.optional && leftBehind(err) || errors.Is(err, errTooLong)
		switch {
		case withheld:
			complete = false
		case err != nil:
			yield(Chunk{}, err)
			return
		case len(values) > 0:
			at.Rows, at.Empty = len(values), false
		case l.filled && src.Landed() > 0:
			yield(Chunk{}, ErrEmptied)
			return
		case !at.Empty && (at.Rows > 0 || src.Full && at.At.IsZero() && src.Landed() > 0):
			at.Empty, complete = true, false
		default:
			at.Rows, at.Empty = 0, false
		}
		at.At, at.Moving = src.Now, !complete && !withheld && !at.Empty
		if l.pace.seldom() {
			at.weigh(src, sumOf(values), l.latest(values))
		}
		chunk := Chunk{Parent: parent, Objects: anys(values), Complete: complete}
		if withheld {
			chunk.Withheld = err
		}
		yield(chunk, nil)
	}
}

// entire reads a list until it is known to be complete, twice at most. One of more rows than most is not read; 0: any
// number is.
func entire[T any](ctx context.Context, c *bitbucket.Client, path string, pagelen int, query url.Values, most int, id func(T) string) (values []T, complete bool, err error) {
	first, values, err := whole(ctx, c, path, pagelen, query, most, id)
	if err != nil || first.complete {
		return values, err == nil, err
	}
	second, values, err := whole(ctx, c, path, pagelen, query, most, id)
	if err != nil {
		return nil, false, err
	}
	return values, second.complete || second.unsized && first.unsized && maps.Equal(first.seen, second.seen), nil
}

// reading is how a list was read.
type reading struct {
	seen     map[string]bool // ids
	unsized  bool            // Bitbucket did not say how many rows there are
	complete bool
}

// whole reads all pages of a list, each row once. It is complete if Bitbucket said the same size on
// every page, and as many rows came, or if there is but one page.
func whole[T any](ctx context.Context, c *bitbucket.Client, path string, pagelen int, query url.Values, most int, id func(T) string) (reading, []T, error) {
	r := reading{seen: map[string]bool{}, unsized: true}
	var values []T
	steady, size, pages := true, -1, 0
	for page, err := range bitbucket.Pages[T](ctx, c, path, pagelen, query) {
		if err != nil {
			return r, nil, fmt.Errorf("listing %s: %w", path, err)
		}
		pages++
		if page.Size != nil {
			steady = steady && (size < 0 || size == *page.Size)
			if size, r.unsized = *page.Size, false; most > 0 && size > most {
				return r, nil, fmt.Errorf("listing %s: %w: %d rows, %d requests each time", path, errTooLong, size, (size+pagelen-1)/pagelen)
			}
		}
		for _, v := range page.Values {
			if key := id(v); key == "" || !r.seen[key] {
				r.seen[key] = true
				values = append(values, v)
			}
		}
	}
	r.complete = steady && size == len(values) || r.unsized && pages < 2
	return r, values, nil
}

// leftBehind reports whether err concerns one parent only: Bitbucket refuses it, or it is gone. A
// scope that is missing is missing for all.
func leftBehind(err error) bool {
	var e *bitbucket.Error
	return errors.As(err, &e) && len(e.Scopes) == 0 &&
		(e.Status == http.StatusForbidden || e.Status == http.StatusNotFound || e.Status == http.StatusGone)
}

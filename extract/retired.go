package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"

	"bucketlake/extract/bitbucket"
)

// seldom is how long what Bitbucket has removed is not asked for.
const seldom = 30 * 24 * time.Hour

// retiredMark is where a stream stands that Bitbucket may have retired.
type retiredMark struct {
	Retired time.Time `json:"retired,omitzero"` // when it last said so
	At      any       `json:"at,omitempty"`     // the stream's own position
}

// retired reads what Bitbucket has removed, as far as it is there: an answer of 410 is for all
// repositories. It is told once and asked for a month later again.
type retired struct{ Reader }

// Standing implements Reader.
func (r retired) Standing(cursor json.RawMessage) ([]Standing, error) {
	var at struct {
		At json.RawMessage `json:"at"`
	}
	if err := position(cursor, &at); err != nil {
		return nil, err
	}
	return r.Reader.Standing(at.At)
}

// Read implements Reader.
func (r retired) Read(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		var at struct {
			Retired time.Time       `json:"retired"`
			At      json.RawMessage `json:"at"`
		}
		if err := position(cursor, &at); err != nil {
			yield(Chunk{}, err)
			return
		}
		if !at.Retired.IsZero() && src.Now.Before(at.Retired.Add(seldom)) {
			return
		}
		for chunk, err := range r.Reader.Read(ctx, src, at.At) {
			if bitbucket.IsStatus(chunk.Withheld, http.StatusGone) {
				chunk.Parent, chunk.Cursor = bitbucket.Parent{Workspace: src.Workspace}, retiredMark{Retired: src.Now, At: chunk.Cursor}
				yield(chunk, nil)
				return
			}
			if chunk.Cursor != nil {
				chunk.Cursor = retiredMark{At: chunk.Cursor}
			}
			if !yield(chunk, err) {
				return
			}
		}
	}
}

// newest is the time of the newest issue that was read.
func (m *issueMark) newest() time.Time { return m.Mark }

// issueMark is how far the issues of one repository have been followed.
type issueMark struct {
	visit
	Mark time.Time `json:"mark,omitzero"`
	Off  time.Time `json:"off,omitzero"` // when the repository last said that it has no tracker
}

// perIssue goes through the issues of each repository that changed. A repository without a tracker
// answers 404.
func perIssue(
	read func(context.Context, Source, bitbucket.Parent, []bitbucket.Issue) ([]any, error),
) Reader {
	look := func(ctx context.Context, src Source, repo bitbucket.Parent, at *issueMark) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			if !at.Off.IsZero() && src.Now.Before(at.Off.Add(src.Every)) {
				return
			}
			at.Off = time.Time{}
			list := keyset[bitbucket.Issue]{
				client: src.Client, path: bitbucket.Path("/repositories/%s/%s/issues", repo.Workspace, repo.Repository), pagelen: longest,
				updated: func(i bitbucket.Issue) time.Time { return i.UpdatedOn },
				id:      func(i bitbucket.Issue) string { return fmt.Sprint(i.ID) },
			}
			for page, err := range list.since(ctx, at.Mark) {
				if bitbucket.IsStatus(err, http.StatusNotFound, http.StatusGone) {
					at.Off = src.Now
					yield(Chunk{Withheld: err}, nil)
					return
				}
				var objects []any
				if err == nil {
					objects, err = read(ctx, src, repo, page.values)
				}
				if err != nil {
					yield(Chunk{}, fmt.Errorf("listing issues of %s: %w", repo.Repository, err))
					return
				}
				at.Mark = page.mark
				if !yield(Chunk{Objects: objects}, nil) {
					return
				}
			}
		}
	}
	return retired{perRepository[issueMark, *issueMark]{pace: moving, look: look}}
}

// ofIssues reads a list below each of some issues, and notes whose each row is.
func ofIssues[T any](what string, of func(*T, int64), id func(T) string) func(context.Context, Source, bitbucket.Parent, []bitbucket.Issue) ([]any, error) {
	return func(ctx context.Context, src Source, repo bitbucket.Parent, issues []bitbucket.Issue) ([]any, error) {
		var all []any
		for _, i := range issues {
			path := bitbucket.Path("/repositories/%s/%s/issues/%s/"+what, repo.Workspace, repo.Repository, fmt.Sprint(i.ID))
			rows, _, err := entire(ctx, src.Client, path, 100, nil, 0, id)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				of(&r, i.ID)
				all = append(all, r)
			}
		}
		return all, nil
	}
}

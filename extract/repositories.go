package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"time"

	"bucketlake/extract/bitbucket"
)

// Repositories reads the workspace's repositories, by updated_on. Beside that, each run reads the next
// hundred of all of them again: a repository that the account was only just given access to has an
// updated_on that the mark has long passed.
var Repositories = Stream{
	Name: "repositories", Scopes: []string{"repository"},
	Reader: readFunc(func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			if !src.Purpose.includes(News) {
				return
			}
			var at repositoryMark
			if err := position(cursor, &at); err != nil {
				yield(Chunk{}, err)
				return
			}
			parent := bitbucket.Parent{Workspace: src.Workspace}
			everything, found := at.Mark.IsZero(), 0
			list := keyset[bitbucket.Repository]{
				client: src.Client, path: bitbucket.Path("/repositories/%s", src.Workspace), pagelen: 100,
				updated: func(r bitbucket.Repository) time.Time { return r.UpdatedOn },
				id:      func(r bitbucket.Repository) string { return r.UUID },
			}
			for page, err := range list.since(ctx, at.Mark) {
				if err != nil {
					yield(Chunk{}, fmt.Errorf("listing repositories: %w", err))
					return
				}
				found += len(page.values)
				at.Mark = page.mark
				if !yield(Chunk{Parent: parent, Objects: anys(page.values), Cursor: at}, nil) {
					return
				}
			}
			if !everything {
				everything = at.Swept.IsZero() // a round begins: it begins with rows, if there are any
				swept, err := sweep(ctx, src, &at)
				if err != nil {
					yield(Chunk{}, fmt.Errorf("listing repositories: %w", err))
					return
				}
				if !yield(Chunk{Parent: parent, Objects: anys(swept), Cursor: at}, nil) {
					return
				}
				found += len(swept)
			}
			if everything && found == 0 && src.Landed() > 0 {
				yield(Chunk{}, ErrEmptied)
			}
		}
	}),
}

// repositoryMark is how far the repositories have been read.
type repositoryMark struct {
	Mark  time.Time `json:"mark,omitzero"`  // greatest updated_on
	Swept time.Time `json:"swept,omitzero"` // created_on up to which this round of the sweep has come
}

// sweep reads the next page of all repositories, in the order of their creation, which never changes.
func sweep(ctx context.Context, src Source, at *repositoryMark) ([]bitbucket.Repository, error) {
	query := url.Values{"sort": {"created_on"}}
	if !at.Swept.IsZero() {
		query.Set("q", "created_on > "+quoted(at.Swept))
	}
	for page, err := range bitbucket.Pages[bitbucket.Repository](ctx, src.Client, bitbucket.Path("/repositories/%s", src.Workspace), 100, query) {
		if err != nil {
			return nil, err
		}
		at.Swept = time.Time{}
		if n := len(page.Values); n > 0 && page.Next != "" {
			at.Swept = page.Values[n-1].CreatedOn
		}
		return page.Values, nil
	}
	return nil, nil
}

package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"bucketlake/extract/bitbucket"
)

// Repositories reads the workspace's repositories, by updated_on.
var Repositories = Stream{
	Name: "repositories", Scopes: []string{"repository"},
	Read: func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			var at struct {
				Mark time.Time `json:"mark,omitzero"`
			}
			if err := position(cursor, &at); err != nil {
				yield(Chunk{}, err)
				return
			}
			all, found := at.Mark.IsZero(), 0
			for page, err := range keyset(ctx, src.Client, bitbucket.Path("/repositories/%s", src.Workspace), 100, nil,
				at.Mark, func(r bitbucket.Repository) time.Time { return r.UpdatedOn }) {
				if err != nil {
					yield(Chunk{}, fmt.Errorf("listing repositories: %w", err))
					return
				}
				found += len(page.values)
				at.Mark = page.mark
				if !yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Objects: anys(page.values), Cursor: at}, nil) {
					return
				}
			}
			if all && found == 0 && src.Landed() > 0 {
				yield(Chunk{}, ErrEmptied)
			}
		}
	},
}

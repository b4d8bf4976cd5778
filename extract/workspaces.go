package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"bucketlake/extract/bitbucket"
)

// Workspaces reads the workspace itself.
var Workspaces = Stream{
	Name: "workspaces", Scopes: []string{"account"},
	Reader: readFunc(func(ctx context.Context, src Source, _ json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			if !src.Purpose.includes(News) {
				return
			}
			ws, err := bitbucket.Get[bitbucket.Workspace](ctx, src.Client, bitbucket.Path("/workspaces/%s", src.Workspace))
			if err != nil {
				yield(Chunk{}, fmt.Errorf("reading the workspace: %w", err))
				return
			}
			yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Objects: []any{ws}, Complete: true}, nil)
		}
	}),
}

package extract

import (
	"context"
	"encoding/json"
	"iter"

	"bucketlake/extract/bitbucket"
)

// perRepository reads a list below each repository that has landed, one repository after the other,
// each with a position P of its own. A repository that Bitbucket refuses, or has no more, is left
// behind where it was, and the next one follows; any other fault ends the stream.
//
// Repositories are asked for by uuid: a slug changes with a rename.
func perRepository[P any](
	read func(context.Context, Source, bitbucket.Parent, *P) iter.Seq2[Chunk, error],
) func(context.Context, Source, json.RawMessage) iter.Seq2[Chunk, error] {
	return func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			var at struct {
				Repositories map[string]*P `json:"repositories"`
			}
			if err := position(cursor, &at); err != nil {
				yield(Chunk{}, err)
				return
			}
			if at.Repositories == nil {
				at.Repositories = map[string]*P{}
			}
			repositories, err := src.Repositories(ctx)
			if err != nil {
				yield(Chunk{}, err)
				return
			}
			for i, uuid := range repositories {
				p := at.Repositories[uuid]
				if p == nil {
					p = new(P)
					at.Repositories[uuid] = p
				}
				parent := bitbucket.Parent{Workspace: src.Workspace, Repository: uuid}
				for chunk, err := range read(ctx, src, parent, p) {
					if err != nil && !leftBehind(err) {
						yield(Chunk{}, err)
						return
					}
					chunk.Parent, chunk.Cursor, chunk.Err = parent, &at, err
					chunk.Done, chunk.Total = i, len(repositories)
					if !yield(chunk, nil) {
						return
					}
				}
			}
		}
	}
}

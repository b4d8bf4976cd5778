package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"bucketlake/extract/bitbucket"
)

// snapshot reads whole lists that are small and tell no changes: everything, in one chunk, so that
// what left can be told.
//
// The pages are numbered, and a row that leaves while they are read moves another one across a page
// border, unseen. So a list is complete only when it had the size that Bitbucket says it has, on
// every page; otherwise it is read once more, and if the workspace is that busy, nothing is taken
// for gone this time.
func snapshot[T any](path string, id func(T) string) func(context.Context, Source, json.RawMessage) iter.Seq2[Chunk, error] {
	return func(ctx context.Context, src Source, _ json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			var values []T
			complete := false
			for try := 0; try < 2 && !complete; try++ {
				var err error
				values, complete, err = whole(ctx, src.Client, bitbucket.Path(path, src.Workspace), id)
				if err != nil {
					yield(Chunk{}, err)
					return
				}
			}
			if len(values) == 0 && src.Landed() > 0 {
				yield(Chunk{}, ErrEmptied)
				return
			}
			yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Objects: anys(values), Complete: complete}, nil)
		}
	}
}

// whole reads all pages of a list, each row once. It is complete if Bitbucket said the same size on
// every page, and as many rows came.
func whole[T any](ctx context.Context, c *bitbucket.Client, path string, id func(T) string) (values []T, complete bool, err error) {
	seen := map[string]bool{}
	steady, size := true, -1
	for page, err := range bitbucket.Pages[T](ctx, c, path, 100, nil) {
		if err != nil {
			return nil, false, fmt.Errorf("listing %s: %w", path, err)
		}
		if page.Size != nil {
			steady = steady && (size < 0 || size == *page.Size)
			size = *page.Size
		}
		for _, v := range page.Values {
			if key := id(v); key == "" || !seen[key] {
				seen[key] = true
				values = append(values, v)
			}
		}
	}
	return values, steady && (size < 0 || size == len(values)), nil
}

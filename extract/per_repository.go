package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"bucketlake/extract/bitbucket"
)

// perRepository reads a list below each repository that has landed, one repository after the other,
// each with a position P of its own. A repository that Bitbucket refuses is left behind where it
// was, one that is no more is reported gone, and the next one follows. So does one at which Bitbucket
// fails, unless it fails at three in a row: then it is down. Any other fault ends the stream.
//
// Repositories are asked for by uuid: a slug changes with a rename.
func perRepository[P any](
	read func(context.Context, Source, bitbucket.Parent, *P) iter.Seq2[Chunk, error],
) func(context.Context, Source, json.RawMessage) iter.Seq2[Chunk, error] {
	return func(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
		return func(yield func(Chunk, error) bool) {
			var at struct {
				Repositories map[string]*P `json:"repositories"`

				// Next is the repository that was being read when the last reading was cut off: this
				// one begins there. Each would otherwise spend the hour on the same first ones.
				Next string `json:"next,omitempty"`
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
			failed := 0 // in a row
			first, _ := slices.BinarySearch(repositories, at.Next)
			for i := first; i < len(repositories); i++ {
				uuid := repositories[i]
				if at.Next = ""; i > 0 {
					at.Next = uuid
				}
				p := at.Repositories[uuid]
				if p == nil {
					p = new(P)
					at.Repositories[uuid] = p
				}
				parent := bitbucket.Parent{Workspace: src.Workspace, Repository: uuid}
				for chunk, err := range read(ctx, src, parent, p) {
					if failed++; err == nil || leftBehind(err) {
						failed = 0
					}
					if failed == outage || failed > 0 && !oneAnswer(err) {
						yield(Chunk{}, err)
						return
					}
					if bitbucket.IsStatus(err, http.StatusNotFound, http.StatusGone) {
						chunk.Gone, err = gone(ctx, src, repositories, i, err)
					}
					if chunk.Parent.Repository == "" { // or it is something below
						chunk.Parent = parent
					}
					chunk.Cursor, chunk.Err = &at, err
					chunk.Done, chunk.Total = i, len(repositories)
					if !yield(chunk, nil) {
						return
					}
				}
			}
			if at.Next != "" {
				at.Next = ""
				yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Cursor: &at, Done: len(repositories), Total: len(repositories)}, nil)
			}
		}
	}
}

// gone finds out whether a repository that answers 404 is no more. Bitbucket's list of repositories
// decides, asked for it and for a neighbour that has landed: only a list that has the neighbour and
// lacks the repository says so, because a grant that has lost its reach finds nothing anywhere. It
// returns the refusal, or nil where the repository is gone.
func gone(ctx context.Context, src Source, repositories []string, i int, refusal error) (bool, error) {
	neighbour := repositories[(i+1)%len(repositories)]
	query := url.Values{"q": {fmt.Sprintf("uuid = %q OR uuid = %q", repositories[i], neighbour)}}
	path := bitbucket.Path("/repositories/%s", src.Workspace)
	here, there := false, false
	for page, err := range bitbucket.Pages[bitbucket.Repository](ctx, src.Client, path, 10, query) {
		if err != nil {
			return false, errors.Join(refusal, err)
		}
		for _, r := range page.Values {
			here = here || r.UUID == repositories[i]
			there = there || r.UUID == neighbour
		}
	}
	if here || !there {
		return false, refusal
	}
	return true, nil
}

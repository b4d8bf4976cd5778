package extract

import (
	"context"
	"fmt"
	"iter"
	"time"

	"bucketlake/extract/bitbucket"
)

// PipelineSteps reads the steps of each pipeline that has ended: a request each.
var PipelineSteps = Stream{
	Name: "pipeline_steps", Scopes: []string{"pipeline"}, OptIn: true,
	Reader: perRepository[stepMark, *stepMark]{pace: following, look: readPipelineSteps},
}

// stepMark is how far the pipelines of one repository have been followed, in the order in which they
// landed.
type stepMark struct {
	visit
	Changed time.Time `json:"changed,omitzero"`
	UUID    string    `json:"uuid,omitempty"`
}

func readPipelineSteps(ctx context.Context, src Source, repo bitbucket.Parent, at *stepMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		since := at.Changed
		if !since.IsZero() {
			since = since.Add(-time.Millisecond) // those of that moment, too
		}
		pipelines, err := src.Pipelines(ctx, repo.Repository, since)
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		for _, p := range pipelines {
			if p.Changed.Before(at.Changed) || p.Changed.Equal(at.Changed) && p.UUID <= at.UUID {
				continue
			}
			parent := bitbucket.Parent{Workspace: repo.Workspace, Repository: repo.Repository, Pipeline: p.UUID, CreatedOn: p.CreatedOn}
			path := bitbucket.Path("/repositories/%s/%s/pipelines/%s/steps/", repo.Workspace, repo.Repository, p.UUID)
			steps, complete, err := entire(ctx, src.Client, path, 50, nil, 0, func(s bitbucket.PipelineStep) string { return s.UUID })
			chunk := Chunk{Parent: parent, Objects: anys(steps), Complete: complete}
			if leftBehind(err) { // it has none any more
				chunk.Withheld, chunk.Empty = err, true
				err = hidden(ctx, src, repo.Repository, err)
			}
			if err != nil {
				yield(Chunk{}, fmt.Errorf("listing steps of pipeline %s of %s: %w", p.UUID, repo.Repository, err))
				return
			}
			at.Changed, at.UUID = p.Changed, p.UUID
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

package extract

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// Pipelines reads the pipelines of each repository, newest first, down to what was read before, and
// those that had not ended then once more, in every run. Repositories without pipelines are asked again
// as seldom as slow lists are.
var Pipelines = Stream{
	Name: "pipelines", Scopes: []string{"pipeline"},
	Reader: perRepository[pipelineMark, *pipelineMark]{pace: moving, look: lookAtPipelines, back: pastPipelines},
}

// pipelineMark is how far one repository's pipelines have been read.
type pipelineMark struct {
	feedMark

	// Open holds the pipelines that had not ended.
	Open map[string]openPipeline `json:"open,omitempty"`

	// Ended is when, by our clock, a pipeline was last found to have ended that had not, or had not been there.
	Ended time.Time `json:"ended,omitzero"`

	// Off is when Bitbucket last said that there are none to see.
	Off time.Time `json:"off,omitzero"`
}

type openPipeline struct {
	Created time.Time `json:"created"`
	Asked   time.Time `json:"asked,omitzero"`
}

// busy is how long a pipeline may run and be asked for in every run. One that is older waits for
// somebody, or for ever, and is asked for as seldom as slow lists are.
const busy = 24 * time.Hour

// due reports whether a pipeline is asked for once more.
func (o openPipeline) due(src Source) bool {
	return !src.Now.After(o.Created.Add(busy)) || !src.Now.Before(o.Asked.Add(src.Every))
}

// pending: what runs is asked for in every run.
func (m *pipelineMark) pending(src Source) bool {
	for _, o := range m.Open {
		if o.due(src) {
			return true
		}
	}
	return m.feedMark.pending(src)
}

func (m *pipelineMark) ended() time.Time { return m.Ended }

// note keeps in mind which pipelines have not ended, and that some have: those that had not, or are newer than since.
func (m *pipelineMark) note(pipelines []bitbucket.Pipeline, since, now time.Time) {
	for _, p := range pipelines {
		_, ran := m.Open[p.UUID]
		delete(m.Open, p.UUID)
		switch {
		case !p.Completed():
			if m.Open == nil {
				m.Open = map[string]openPipeline{}
			}
			m.Open[p.UUID] = openPipeline{p.CreatedOn, now}
		case ran || !since.IsZero() && p.CreatedOn.After(since):
			m.Ended = now
		}
	}
}

func pipelines(repo bitbucket.Parent, at *pipelineMark) *feed[bitbucket.Pipeline] {
	return &feed[bitbucket.Pipeline]{
		// Without the slash at the end: 404. Partial answers were found to be unreliable here.
		path: bitbucket.Path("/repositories/%s/%s/pipelines/", repo.Workspace, repo.Repository), pagelen: 100,
		query: url.Values{"sort": {"-created_on"}, "fields": nil}, sorted: true,
		when: func(p *bitbucket.Pipeline) time.Time { return p.CreatedOn }, at: &at.feedMark,
	}
}

func lookAtPipelines(ctx context.Context, src Source, repo bitbucket.Parent, at *pipelineMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if !at.Off.IsZero() && src.Now.Before(at.Off.Add(src.Every)) {
			return
		}
		seen, since, empty := map[string]bool{}, at.Mark, false
		goOn, err := pipelines(repo, at).look(ctx, src.Client, func(all []bitbucket.Pipeline) (bool, error) {
			at.note(all, since, src.Now)
			empty = len(all) == 0
			for _, p := range all {
				seen[p.UUID] = true
			}
			return yield(Chunk{Objects: anys(all)}, nil), nil
		})
		at.Off = time.Time{}
		switch {
		case leftBehind(err):
			at.Off = src.Now
			yield(Chunk{Withheld: err}, nil)
			return
		case err != nil:
			yield(Chunk{}, fmt.Errorf("listing pipelines of %s: %w", repo.Repository, err))
			return
		case !goOn:
			return
		}
		for _, uuid := range slices.Sorted(maps.Keys(at.Open)) {
			if seen[uuid] || !at.Open[uuid].due(src) {
				continue
			}
			path := bitbucket.Path("/repositories/%s/%s/pipelines/%s", repo.Workspace, repo.Repository, uuid)
			p, err := bitbucket.Get[bitbucket.Pipeline](ctx, src.Client, path)
			if bitbucket.IsStatus(err, http.StatusNotFound, http.StatusGone) {
				if err = hidden(ctx, src, repo.Repository, err); err == nil {
					delete(at.Open, uuid)
					if !yield(Chunk{Empty: true}, nil) {
						return
					}
					continue
				}
			}
			if err != nil {
				yield(Chunk{}, fmt.Errorf("reading pipeline %s of %s: %w", uuid, repo.Repository, err))
				return
			}
			at.note([]bitbucket.Pipeline{p}, time.Time{}, src.Now)
			if !yield(Chunk{Objects: []any{p}, Empty: empty}, nil) { // what is asked for by name makes no list credible
				return
			}
		}
	}
}

func pastPipelines(ctx context.Context, src Source, repo bitbucket.Parent, at *pipelineMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		_, err := pipelines(repo, at).past(ctx, src.Client, func(all []bitbucket.Pipeline) (bool, error) {
			at.note(all, time.Time{}, src.Now)
			return yield(Chunk{Objects: anys(all)}, nil), nil
		})
		if err != nil {
			yield(Chunk{}, fmt.Errorf("listing pipelines of %s: %w", repo.Repository, err))
		}
	}
}

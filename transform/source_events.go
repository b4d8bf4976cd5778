package transform

import (
	"iter"

	"bucketlake/schemas"
)

// CommitEvents is the event that a commit tells. The same commit in a fork is the same deed.
func (p Places) CommitEvents(c *schemas.Commit) []*schemas.UsageEvent {
	e := p.event(c.RepositoryUUID, deed{
		at: c.CommittedOn, by: c.Author, feature: schemas.FeatureCode, action: schemas.ActionCommitted, object: "commit", id: c.Hash,
	})
	e.ID = id(e.Feature, e.Action, c.Hash)
	return withStories(e, p.Rule.Keys(c.Message))
}

// EventOrder are the columns of usage_events that Once needs events to be in the order of.
var EventOrder = []string{"occurred_at", "event_id", "repository_uuid"}

// Once keeps one of the events that are the same deed, seen in several repositories: where it was
// done rather than in a fork. They come in EventOrder.
func (p Places) Once(events iter.Seq2[*schemas.UsageEvent, error]) iter.Seq2[*schemas.UsageEvent, error] {
	return func(yield func(*schemas.UsageEvent, error) bool) {
		var best *schemas.UsageEvent
		for e, err := range events {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case best != nil && e.ID == best.ID:
				if p.forks(e) < p.forks(best) {
					best = e
				}
				continue
			case best != nil && !yield(best, nil):
				return
			}
			best = e
		}
		if best != nil {
			yield(best, nil)
		}
	}
}

func (p Places) forks(e *schemas.UsageEvent) int {
	if p.Repositories[e.RepositoryUUID].Fork {
		return 1
	}
	return 0
}

// TagEvents is the event that a tag tells, if it says who tagged and when.
func (p Places) TagEvents(t *schemas.Tag) []*schemas.UsageEvent {
	return p.made(t.RepositoryUUID, t.Synced, deed{
		at: t.TaggedOn, by: t.Tagger, feature: schemas.FeatureTags, action: schemas.ActionCreated, object: "tag", id: t.Name,
	})
}

// DownloadEvents is the event that a download tells.
func (p Places) DownloadEvents(d *schemas.Download) []*schemas.UsageEvent {
	return p.made(d.RepositoryUUID, d.Synced, deed{
		at: d.CreatedOn, by: d.Uploader, feature: schemas.FeatureDownloads, action: schemas.ActionUploaded, object: "download", id: d.Name,
	})
}

// SnippetEvents is the event that a snippet tells.
func (p Places) SnippetEvents(s *schemas.Snippet) []*schemas.UsageEvent {
	return p.made("", s.Synced, deed{
		at: s.CreatedOn, by: s.Creator, feature: schemas.FeatureSnippets, action: schemas.ActionCreated, object: "snippet", id: s.ID,
	})
}

// made is the event of what somebody made, while it is there: of what was deleted Bitbucket keeps no
// trace, and what can't be told anew isn't told.
func (p Places) made(repository string, s schemas.Synced, d deed) []*schemas.UsageEvent {
	if !s.DeletedAt.IsZero() || d.at.IsZero() || d.by.Type == "" {
		return nil
	}
	e := p.event(repository, d)
	e.ID = id(repository, d.feature, d.action, d.id)
	return []*schemas.UsageEvent{&e}
}

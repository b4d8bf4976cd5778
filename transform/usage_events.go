package transform

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"bucketlake/schemas"
)

// Places tells what usage events say of where something was done: names as they are now.
type Places struct {
	Repositories map[string]Place            // by uuid
	Stories      map[PullRequestKey][]string // keys of the stories that a pull request names, sorted
	Rule         Stories                     // which keys are those of stories, for what says them itself
	Runners      map[string]schemas.Account  // who ran a pipeline, by its uuid; nobody for a schedule
}

// Place is a repository and its project.
type Place struct {
	Repository, ProjectKey, ProjectName string
	Fork                                bool
}

// PullRequestKey names a pull request within a workspace.
type PullRequestKey struct {
	Repository string
	ID         int64
}

// NewPlaces makes Places from the rows that say them. Stories that are no longer named don't count.
func NewPlaces(projects []*schemas.Project, repositories []*schemas.Repository, links []*schemas.StoryLink) Places {
	known := map[string]*schemas.Project{}
	for _, p := range projects {
		known[p.UUID] = p
	}
	p := Places{Repositories: map[string]Place{}, Stories: map[PullRequestKey][]string{}, Runners: map[string]schemas.Account{}}
	for _, r := range repositories {
		place := Place{Repository: r.Slug, ProjectKey: r.ProjectKey, Fork: r.ParentUUID != ""}
		if project := known[r.ProjectUUID]; project != nil { // its own row knows its key first
			place.ProjectKey, place.ProjectName = project.Key, project.Name
		}
		p.Repositories[r.UUID] = place
	}
	for _, l := range links {
		id, err := strconv.ParseInt(l.ObjectID, 10, 64)
		if err != nil || l.ObjectType != "pull_request" || !l.DeletedAt.IsZero() {
			continue
		}
		key := PullRequestKey{l.RepositoryUUID, id}
		if !slices.Contains(p.Stories[key], l.StoryKey) {
			p.Stories[key] = append(p.Stories[key], l.StoryKey)
			slices.Sort(p.Stories[key])
		}
	}
	return p
}

// deed is something that a row says somebody did.
type deed struct {
	at              time.Time
	by              schemas.Account
	feature, action string
	object          string // type
	id              string // of the object
	same            string // what makes the deed the same one, where the object is not enough
}

// PullRequestEvents are the events that a pull request tells: who opened it, and who merged,
// declined or superseded it.
func (p Places) PullRequestEvents(pr *schemas.PullRequest) []*schemas.UsageEvent {
	key := PullRequestKey{pr.RepositoryUUID, pr.ID}
	deeds := []deed{{
		at: pr.CreatedOn, feature: schemas.FeaturePullRequests, action: schemas.ActionOpened,
		by:     pr.Author,
		object: "pull_request", id: decimal(pr.ID),
	}}
	closing := map[string]string{
		"MERGED": schemas.ActionMerged, "DECLINED": schemas.ActionDeclined, "SUPERSEDED": schemas.ActionSuperseded,
	}
	if action, ok := closing[pr.State]; ok {
		at := pr.ClosedOn
		if at.IsZero() {
			at = pr.UpdatedOn // answers recorded in earlier years have no closed_on
		}
		deeds = append(deeds, deed{
			at: at, feature: schemas.FeaturePullRequests, action: action,
			by:     pr.ClosedBy,
			object: "pull_request", id: decimal(pr.ID),
		})
	}
	return p.events(key, deeds)
}

// ActivityEvents are the events that an entry of a pull request's activity tells: a review, a comment
// or an update. That it was opened and closed, the pull request itself tells.
func (p Places) ActivityEvents(a *schemas.PullRequestActivityEntry) []*schemas.UsageEvent {
	d := deed{
		at: a.OccurredAt, by: schemas.Account{UUID: a.UserUUID, AccountID: a.AccountID, DisplayName: a.DisplayName, Nickname: a.Nickname, Type: a.UserType},
		object: "pull_request", id: decimal(a.PullRequestID), same: a.ID,
	}
	switch a.Kind {
	case "approval":
		d.feature, d.action = schemas.FeatureReviews, schemas.ActionApproved
	case "changes_requested":
		d.feature, d.action = schemas.FeatureReviews, schemas.ActionChangesRequested
	case "comment":
		d.feature, d.action, d.object = schemas.FeatureComments, schemas.ActionCreated, "comment"
		if a.CommentID != nil {
			d.id = decimal(*a.CommentID)
		}
	case "update":
		if !updates(a.Changes) {
			return nil
		}
		d.feature, d.action = schemas.FeaturePullRequests, schemas.ActionUpdated
	default:
		return nil
	}
	return p.events(PullRequestKey{a.RepositoryUUID, a.PullRequestID}, []deed{d})
}

// updates reports whether an update changes something, and not only the state: the entry of an opening
// has no changes, and that of a closing changes the status.
func updates(changes string) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(changes), &fields) != nil || len(fields) == 0 {
		return false
	}
	_, status := fields["status"]
	return !status
}

// TaskEvents are the events that a task tells: who wrote it and who resolved it. A task that is
// open again has not been resolved, and one that was deleted tells nothing: Bitbucket keeps no trace
// of it, and what can't be told anew isn't told.
func (p Places) TaskEvents(t *schemas.PullRequestTask) []*schemas.UsageEvent {
	if !t.DeletedAt.IsZero() {
		return nil
	}
	deeds := []deed{{
		at: t.CreatedOn, feature: schemas.FeatureTasks, action: schemas.ActionCreated,
		by:     t.Creator,
		object: "task", id: decimal(t.ID),
	}}
	if !t.ResolvedOn.IsZero() {
		deeds = append(deeds, deed{
			at: t.ResolvedOn, feature: schemas.FeatureTasks, action: schemas.ActionResolved,
			by:     t.ResolvedBy,
			object: "task", id: decimal(t.ID),
		})
	}
	return p.events(PullRequestKey{t.RepositoryUUID, t.PullRequestID}, deeds)
}

// events makes the events of deeds on one pull request: one each, and one more for each story that
// the pull request names, because it is work on that story.
func (p Places) events(pr PullRequestKey, deeds []deed) []*schemas.UsageEvent {
	stories := p.Stories[pr]
	events := make([]*schemas.UsageEvent, 0, len(deeds)*(1+len(stories)))
	for _, d := range deeds {
		e := p.event(pr.Repository, d)
		e.ID, e.PullRequestID = id(pr.Repository, decimal(pr.ID), d.feature, d.action, d.object, d.id, d.same), &pr.ID
		events = append(events, withStories(e, stories)...)
	}
	return events
}

// event makes the event of a deed, all but its id.
func (p Places) event(repository string, d deed) schemas.UsageEvent {
	place := p.Repositories[repository]
	return schemas.UsageEvent{
		OccurredAt: d.at, UserUUID: d.by.UUID, AccountID: d.by.AccountID, DisplayName: d.by.DisplayName, Nickname: d.by.Nickname, UserType: d.by.Type,
		Feature: d.feature, Action: d.action,
		ProjectKey: place.ProjectKey, ProjectName: place.ProjectName, RepositoryUUID: repository, Repository: place.Repository,
		ObjectType: d.object, ObjectID: d.id,
	}
}

// withStories returns an event and, for each story that it is work on, one that says so.
func withStories(e schemas.UsageEvent, stories []string) []*schemas.UsageEvent {
	events := make([]*schemas.UsageEvent, 0, 1+len(stories))
	for i, story := range stories {
		if i == 0 {
			e.StoryKey = story
		}
		work := e
		work.ID = id(e.ID, story)
		work.Feature, work.Action, work.StoryKey = schemas.FeatureStories, schemas.ActionWorkedOn, story
		events = append(events, &work)
	}
	return append(events, &e)
}

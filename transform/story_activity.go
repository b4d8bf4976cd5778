package transform

import (
	"crypto/sha256"
	"strings"

	"bucketlake/schemas"
)

// StoryWork counts the work on each story. What is counted once is known by a hash, so that memory
// holds little more than the number of such things.
type StoryWork struct {
	stories map[string]*schemas.StoryActivity
	seen    map[[16]byte]struct{}
}

// Add counts an event, if it is work on a story. Events may come in any order.
func (w *StoryWork) Add(e *schemas.UsageEvent) {
	if e.Feature != schemas.FeatureStories {
		return
	}
	if w.stories == nil {
		w.stories, w.seen = map[string]*schemas.StoryActivity{}, map[[16]byte]struct{}{}
	}
	s := w.stories[e.StoryKey]
	if s == nil {
		s = &schemas.StoryActivity{StoryKey: strings.Clone(e.StoryKey), FirstActivity: e.OccurredAt, LastActivity: e.OccurredAt}
		w.stories[s.StoryKey] = s
	}
	s.Events++
	if e.OccurredAt.Before(s.FirstActivity) {
		s.FirstActivity = e.OccurredAt
	}
	if e.OccurredAt.After(s.LastActivity) {
		s.LastActivity = e.OccurredAt
	}
	if e.UserType == schemas.UserTypeUser && e.UserUUID != "" {
		w.once(&s.People, s.StoryKey, "person", e.UserUUID)
	}
	w.once(&s.Repositories, s.StoryKey, "repository", e.RepositoryUUID)
	if e.PullRequestID != nil {
		w.once(&s.PullRequests, s.StoryKey, "pull_request", e.RepositoryUUID, decimal(*e.PullRequestID))
	}
	switch e.ObjectType {
	case "commit":
		w.once(&s.Commits, s.StoryKey, e.ObjectType, e.ObjectID)
	case "task":
		w.once(&s.Tasks, s.StoryKey, e.ObjectType, e.RepositoryUUID, e.ObjectID)
	}
}

// once adds one to a count, if the thing of that name has not been counted.
func (w *StoryWork) once(count *int64, name ...string) {
	sum := sha256.Sum256([]byte(strings.Join(name, "\x00")))
	before := len(w.seen)
	w.seen[[16]byte(sum[:16])] = struct{}{}
	*count += int64(len(w.seen) - before)
}

// Rows returns the row of each story, in no order.
func (w *StoryWork) Rows() []any {
	rows := make([]any, 0, len(w.stories))
	for _, s := range w.stories {
		rows = append(rows, s)
	}
	return rows
}

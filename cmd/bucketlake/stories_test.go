package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/schemas"
)

// worked is what the simulation knows of the work on one story.
type worked struct {
	people, pulls, commits, tasks, repositories map[string]bool
	events                                      int
	first, last                                 time.Time
}

// equalStories compares story_activity with what the simulation knows that people did.
func (w truth) equalStories(t tester) {
	t.Helper()
	stories := map[string]*worked{}
	for _, d := range w.bitbucket.Ledger() { // in order of time
		if d.Feature == schemas.FeatureStories {
			continue // the deed before says the same, and with what it was done
		}
		for _, key := range d.Stories {
			w := stories[key]
			if w == nil {
				w = &worked{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, 0, d.Time, d.Time}
				stories[key] = w
			}
			w.events++
			w.last = d.Time
			w.repositories[d.RepositoryUUID] = true
			if d.UserType == schemas.UserTypeUser {
				w.people[d.User] = true
			}
			if d.PullRequest != 0 {
				w.pulls[fmt.Sprint(d.RepositoryUUID, d.PullRequest)] = true
			}
			switch d.Feature {
			case schemas.FeatureCode:
				w.commits[d.Object] = true
			case schemas.FeatureTasks:
				w.tasks[d.Object] = true
			}
		}
	}
	line := func(people, pulls, commits, tasks, repositories, events int64, first, last time.Time) string {
		return fmt.Sprintf("%d people, %d pull requests, %d commits, %d tasks, %d repositories, %d events from %s to %s", people, pulls, commits, tasks, repositories,
			events, first.UTC().Format(time.DateTime), last.UTC().Format(time.DateTime))
	}
	want, got := map[string]string{}, map[string]string{}
	for key, w := range stories {
		want[key] = line(int64(len(w.people)), int64(len(w.pulls)), int64(len(w.commits)), int64(len(w.tasks)), int64(len(w.repositories)),
			int64(w.events), w.first, w.last)
	}
	var rows []*schemas.StoryActivity
	each(t, w.lake, schemas.StoryActivities, func(r *schemas.StoryActivity) {
		rows = append(rows, r)
		got[r.StoryKey] = line(r.People, r.PullRequests, r.Commits, r.Tasks, r.Repositories, r.Events, r.FirstActivity, r.LastActivity)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("story_activity differs from the ledger (-ledger +table):\n%s", first(diff, 2000))
	}
	if len(w.bitbucket.Repositories()) < small.Repositories {
		return // too small to show everything
	}
	for what, is := range map[string]func(*schemas.StoryActivity) bool{
		"of several people":       func(r *schemas.StoryActivity) bool { return r.People > 1 },
		"in several repositories": func(r *schemas.StoryActivity) bool { return r.Repositories > 1 },
		"with commits":            func(r *schemas.StoryActivity) bool { return r.Commits > 0 },
		"with tasks":              func(r *schemas.StoryActivity) bool { return r.Tasks > 0 },
	} {
		if !slices.ContainsFunc(rows, is) {
			t.Errorf("there is no story %s: nothing here is tried on that", what)
		}
	}
}

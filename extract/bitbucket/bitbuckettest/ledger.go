package bitbuckettest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Deed is one thing that somebody did, as it should appear in a lake that has followed the API to the end.
type Deed struct {
	Time                                   time.Time // microseconds, as in the API
	User                                   string    // uuid; "" for a deleted account
	UserType                               string    // user, app_user, deleted, or unknown: the author of a commit whose address belongs to no account
	Feature, Action                        string
	RepositoryUUID, Repository, ProjectKey string // Repository is the slug
	PullRequest                            int
	Object                                 string // comment, task or snippet id, commit hash, name of a tag or a download; "" otherwise
	Stories                                []string
}

// Ledger lists everything people did up to now, in order of time. It is worked out from the present state, because Bitbucket shows no other: a
// reopened task has no resolution, a task that was deleted has left nothing, stories are those that the present title or source branch names,
// and repositories that are gone are gone. Each deed is followed by one deed stories/worked_on per story.
func (b *Bitbucket) Ledger() []Deed {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []Deed
	for _, s := range b.world.snippets {
		all = append(all, deedBy(s.creator, Deed{Time: s.created, Feature: "snippets", Action: "created", Object: s.id}))
	}
	committed := map[string]bool{}
	for _, r := range b.world.originals() {
		all = append(all, b.world.deedsIn(r, committed)...)
		all = append(all, b.world.deedsOfRuns(r)...)
	}
	for _, r := range b.world.repos {
		for _, p := range r.pulls {
			all = append(all, b.world.deedsOf(p)...)
		}
		for _, e := range r.activity {
			switch e.kind {
			case "approval":
				all = append(all, b.world.deed(e.pull, e.at, e.user, "reviews", "approved", 0))
			case "changes_requested":
				all = append(all, b.world.deed(e.pull, e.at, e.user, "reviews", "changes_requested", 0))
			case "update": // that of an opening changes nothing, that of a closing the status
				if _, closing := e.update.changes["status"]; !closing && len(e.update.changes) > 0 {
					all = append(all, b.world.deed(e.pull, e.at, e.user, "pull_requests", "updated", 0))
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Deed) int { return a.Time.Compare(b.Time) })
	var out []Deed
	for _, d := range all {
		out = append(out, d)
		for _, key := range d.Stories {
			s := d
			s.Feature, s.Action, s.Stories = "stories", "worked_on", []string{key}
			out = append(out, s)
		}
	}
	return out
}

// deedsIn are those that no pull request tells: commits that a branch or a tag leads to, tags that somebody put, and downloads.
// A commit that several repositories have counts once.
func (w *world) deedsIn(r *repository, committed map[string]bool) []Deed {
	var all []Deed
	in := func(d Deed) Deed {
		d.RepositoryUUID, d.Repository, d.ProjectKey = r.uuid, r.slug, r.project.key
		return d
	}
	for _, c := range newest(reachable(r.heads())) {
		if committed[c.hash] {
			continue
		}
		committed[c.hash] = true
		d := in(Deed{Time: c.date, Feature: "code", Action: "committed", Object: c.hash, Stories: w.storyKeysIn(c.message)})
		if c.author == nil || c.author.deleted { // the address belongs to no account
			d.UserType = "unknown"
			all = append(all, d)
			continue
		}
		all = append(all, deedBy(c.author, d))
	}
	for _, t := range r.tags {
		if t.tagger == nil {
			continue
		}
		d := in(Deed{Time: t.date, Feature: "tags", Action: "created", Object: t.name})
		if d = deedBy(t.tagger, d); t.tagger.deleted {
			d.UserType = "unknown"
		}
		all = append(all, d)
	}
	for _, x := range r.downloads {
		all = append(all, deedBy(x.user, in(Deed{Time: x.created, Feature: "downloads", Action: "uploaded", Object: x.name})))
	}
	return all
}

// originals lists the repositories, forks last: a commit that a fork has too was made where it was forked from.
func (w *world) originals() []*repository {
	all := slices.Clone(w.repos)
	slices.SortFunc(all, func(a, b *repository) int {
		return cmp.Or(btoi(a.parent != nil)-btoi(b.parent != nil), strings.Compare(a.uuid, b.uuid))
	})
	return all
}

// deedBy says who did it, as far as is known: a deleted account is nobody.
func deedBy(by *account, d Deed) Deed {
	d.User, d.UserType = by.uuid, by.kind
	if by.deleted {
		d.User, d.UserType = "", "deleted"
	}
	return d
}

func (w *world) deedsOf(p *pullRequest) []Deed {
	all := []Deed{w.deed(p, p.created, p.author, "pull_requests", "opened", 0)}
	if !p.open() {
		all = append(all, w.deed(p, p.closed, p.closedBy, "pull_requests", strings.ToLower(p.state), 0))
	}
	for _, c := range p.comments {
		all = append(all, w.deed(p, c.created, c.user, "comments", "created", c.id))
		// What is told of a comment once all of a pull request's are deleted, is told by its activity alone.
		if c.resolvedBy != nil && p.commentCount() > 0 {
			all = append(all, w.deed(p, c.resolvedOn, c.resolvedBy, "comments", "resolved", c.id))
		}
	}
	for _, t := range p.tasks {
		all = append(all, w.deed(p, t.created, t.creator, "tasks", "created", t.id))
		if !t.resolvedOn.IsZero() {
			all = append(all, w.deed(p, t.resolvedOn, t.resolvedBy, "tasks", "resolved", t.id))
		}
	}
	return all
}

func (w *world) deed(p *pullRequest, at time.Time, by *account, feature, action string, object int64) Deed {
	d := deedBy(by, Deed{
		Time: at, Feature: feature, Action: action, RepositoryUUID: p.repo.uuid, Repository: p.repo.slug,
		ProjectKey: p.repo.project.key, PullRequest: p.id, Stories: w.storyKeys(p),
	})
	if object != 0 {
		d.Object = strconv.FormatInt(object, 10)
	}
	return d
}

var storyKey = regexp.MustCompile(`\b([A-Z][A-Z0-9]+)-[1-9][0-9]*\b`)

// storyKeys finds the stories that the present title and source branch name, and storyKeysIn those of any text: keys of the tracker's own projects, so that UTF-8, SHA-256 and
// CVE-2026-1 are none.
func (w *world) storyKeys(p *pullRequest) []string {
	return w.storyKeysIn(p.title + " " + p.source.branch)
}

func (w *world) storyKeysIn(text string) []string {
	var keys []string
	for _, m := range storyKey.FindAllStringSubmatch(text, -1) {
		if slices.ContainsFunc(w.projects, func(x *project) bool { return x.key == m[1] }) {
			keys = append(keys, m[0])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

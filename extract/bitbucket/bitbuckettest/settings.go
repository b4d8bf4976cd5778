package bitbuckettest

import (
	"fmt"
	"slices"
	"time"
)

// What is set up in a repository or in the workspace, and what people put beside the code. It has dice of its own (side), so that the course of
// the pull requests doesn't depend on it.

type webhook struct {
	uuid, description, url string
	active, secret         bool
	events                 []string
	created                time.Time
}

type restriction struct {
	id                 int
	kind, pattern, typ string // typ: a branch type of the branching model, instead of a pattern
	value              int    // 0: the kind doesn't count
	users              []*account
}

type environment struct {
	uuid, name, kind string
	rank             int
	locked, admin    bool
}

type download struct {
	name    string
	size    int64
	fetched int
	user    *account
	created time.Time
}

type snippet struct {
	id, title        string
	private          bool
	creator          *account
	created, updated time.Time
}

// setup is what is set up in a repository.
type setup struct {
	hooks        []*webhook
	restrictions []*restriction
	environments []*environment
	reviewers    []*account
	downloads    []*download
	uploads      int // downloads, those that are gone, too: a name that is given twice would replace
}

// settleSetup sets up what there was before the history begins, and lets the chores begin.
func (w *world) settleSetup() {
	w.hooks = append(w.hooks, w.hook(w.start))
	for _, r := range w.repos {
		if w.side.Float64() < 0.6 {
			r.hooks = append(r.hooks, w.hook(r.created))
		}
		if w.side.Float64() < 0.7 {
			w.restrict(r)
			w.restrict(r)
		}
		if w.side.Float64() < 0.5 {
			for i := range 3 {
				w.environment(r, i)
			}
		}
		if w.side.Float64() < 0.6 {
			w.reviewer(r, r.created)
		}
	}
	if w.scale.PullRequests == 0 { // a place where nothing ever happens
		return
	}
	every := w.end.Sub(w.start) / time.Duration(max(8, w.scale.PullRequests/4))
	var chore func(at time.Time) *Change
	chore = func(at time.Time) *Change {
		w.at(at.Add(every/2+time.Duration(w.side.Int64N(int64(every)))), chore)
		return w.chore(at)
	}
	w.at(w.start.Add(every), chore)
}

// chore is one thing that somebody does beside pull requests. Lists that something is taken from never become empty by it.
func (w *world) chore(at time.Time) *Change {
	by := w.anybody(at)
	if len(w.repos) == 0 || by == nil {
		return nil
	}
	r := pick2(w, w.repos)
	if r.mainbranch == "" {
		return nil
	}
	done := func(a Action) *Change {
		by.seen = at
		return &Change{Time: at, Action: a, Repository: r.slug, User: by.uuid}
	}
	switch w.side.IntN(24) {
	case 0, 1, 2, 3, 4, 5:
		w.tagIt(r, by, at)
		return done(Tagged)
	case 6, 7, 8:
		r.downloads = append(r.downloads, &download{
			name: fmt.Sprintf("%s-%d.zip", r.slug, r.uploads+1+w.side.IntN(900)*1000), size: w.side.Int64N(1 << 28), user: by, created: at,
		})
		r.uploads++
		return done(Uploaded)
	case 9, 10, 11:
		w.snippets = append(w.snippets, &snippet{
			id: fmt.Sprintf("%c%04x", 'g'+rune(w.side.IntN(20)), w.snippetsMade), title: pick2(w, remarks), private: w.side.IntN(2) == 0, creator: by, created: at, updated: at,
		})
		w.snippetsMade++
		return done(SnippetCreated)
	case 12:
		r.hooks = append(r.hooks, w.hook(at))
	case 13:
		w.restrict(r)
	case 14:
		w.environment(r, len(r.environments))
	case 15:
		w.reviewer(r, at)
	case 16:
		if len(r.environments) == 0 {
			return nil
		}
		pick2(w, r.environments).locked = w.side.IntN(2) == 0
	case 17:
		return w.takeAway(r, at)
	case 20, 21:
		if w.build(r, "MANUAL", r.mainbranch, by, nil, r.branches[0].head, at) == nil {
			return nil
		}
		return done(BuildBegun)
	case 22, 23:
		if w.build(r, "SCHEDULE", r.mainbranch, nil, nil, r.branches[0].head, at) == nil {
			return nil
		}
		return &Change{Time: at, Action: BuildBegun, Repository: r.slug}
	case 18:
		if len(w.snippets) == 0 {
			return nil
		}
		pick2(w, w.snippets).updated = at
	default:
		if len(r.downloads) == 0 {
			return nil
		}
		pick2(w, r.downloads).fetched++
	}
	return &Change{Time: at, Action: Configured, Repository: r.slug}
}

func (w *world) takeAway(r *repository, at time.Time) *Change {
	switch {
	case len(r.hooks) > 1:
		r.hooks = r.hooks[1:]
	case len(r.restrictions) > 1:
		r.restrictions = r.restrictions[1:]
	case len(r.downloads) > 1:
		r.downloads = r.downloads[1:]
	case len(w.snippets) > 1:
		w.snippets = w.snippets[1:]
	default:
		return nil
	}
	return &Change{Time: at, Action: Configured, Repository: r.slug}
}

// anybody draws somebody who works at that time; nil where none is found soon.
func (w *world) anybody(at time.Time) *account {
	for range 12 {
		if a := w.accounts[w.side.IntN(len(w.accounts))]; a.kind == "user" && a.acts(at) {
			return a
		}
	}
	return nil
}

func (w *world) sideUUID() string {
	a, b := w.side.Uint64(), w.side.Uint64()
	return fmt.Sprintf("{%08x-%04x-4%03x-%04x-%012x}", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

func (w *world) hook(at time.Time) *webhook {
	return &webhook{
		uuid: w.sideUUID(), description: pick2(w, []string{"Build server", "Chat", "Deploy", ""}), active: w.side.IntN(5) > 0, secret: w.side.IntN(2) == 0,
		url: pick2(w, []string{"https://ci.example.com/bitbucket-hook/", "https://hooks.chat.example/services/T0/B0/xyzzy-secret"}), created: at,
		events: pick2(w, [][]string{{"repo:push"}, {"pullrequest:created", "pullrequest:fulfilled", "repo:push"}, {"pullrequest:comment_created"}}),
	}
}

func (w *world) restrict(r *repository) {
	w.restrictions++
	x := &restriction{id: 16_000_000 + w.restrictions*7, kind: pick2(w, []string{"push", "force", "delete", "restrict_merges", "require_approvals_to_merge"}), pattern: r.mainbranch}
	switch x.kind {
	case "require_approvals_to_merge":
		x.value = 1 + w.side.IntN(2)
	case "push":
		x.users = []*account{pick2(w, w.accounts)}
	}
	if w.side.IntN(4) == 0 {
		x.pattern, x.typ = "", "release"
	}
	r.restrictions = append(r.restrictions, x)
}

func (w *world) environment(r *repository, i int) {
	kinds := []string{"Test", "Staging", "Production"}
	e := &environment{uuid: w.sideUUID(), name: kinds[i%3], kind: kinds[i%3], rank: i / 3, admin: i%3 == 2}
	if i >= 3 {
		e.name = fmt.Sprintf("%s %d", e.name, i/3+1)
	}
	r.environments = append(r.environments, e)
}

func (w *world) reviewer(r *repository, at time.Time) {
	if a := w.anybody(at); a != nil && !slices.Contains(r.reviewers, a) {
		r.reviewers = append(r.reviewers, a)
	}
}

// right is what somebody may do in a repository.
func (w *world) right(a *account, r *repository) string {
	switch {
	case a.admin:
		return "admin"
	case w.projects[a.home] == r.project:
		return "write"
	}
	return "read"
}

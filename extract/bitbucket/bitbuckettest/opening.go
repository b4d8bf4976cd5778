package bitbuckettest

import (
	"fmt"
	"strings"
	"time"
)

// openPullRequest opens one and queues what is going to become of it.
func (w *world) openPullRequest(at time.Time, machine bool) *Change {
	if len(w.repos) == 0 {
		return nil
	}
	r := w.repos[w.draw(w.repoSum)]
	if r.weight == 0 || r.mainbranch == "" {
		return nil
	}
	author := w.deps
	if !machine {
		if author = w.somebody(r.project, at); author == nil {
			return nil
		}
	}
	w.opened++
	p := &pullRequest{
		repo: r, id: len(r.pulls) + 1, state: "OPEN", author: author, created: at, updated: at, closeSource: w.chance(0.6),
		draft: !machine && w.chance(0.1),
	}
	p.dest = endpoint{repo: r, branch: r.mainbranch, hash: w.hash()}
	p.source = endpoint{repo: r, hash: w.hash()}
	if machine {
		pkg := pick(w, packages)
		major, minor := w.between(1, 9), w.between(0, 20)
		from, to := fmt.Sprintf("%d.%d.%d", major, minor, w.between(0, 9)), fmt.Sprintf("%d.%d.%d", major, minor+w.between(1, 3), w.between(0, 9))
		p.title, p.source.branch = "Bump "+pkg+" from "+from+" to "+to, "deps/"+slugify(pkg)+"-"+to
		p.description = "Bumps " + pkg + "."
	} else {
		p.title, p.source.branch = w.name(r.project)
		p.description = pick(w, []string{"", "", "See the story.", "* tests\r\n* documentation", "Small change, best read commit by commit."})
	}
	if w.opened%37 == 7 && !machine { // from a fork elsewhere; most such forks don't last
		p.source.repo, p.source.fork = nil, &fork{
			uuid: w.uuid(), name: r.name, fullName: slugify(author.name) + "/" + r.slug, shortLived: w.opened == 7 || w.chance(0.6),
		}
	}
	for _, f := range w.repos {
		if f.parent == r && w.chance(0.02) {
			p.source.repo, p.source.fork = f, nil
		}
	}
	w.branchOff(p, at)
	w.inviteReviewers(p, at)
	r.pulls = append(r.pulls, p)
	w.updateEntry(p, author, at, map[string]any{})
	w.plan(p, at)
	return w.changed(p, Opened, author, at)
}

func (w *world) inviteReviewers(p *pullRequest, at time.Time) {
	not := []*account{p.author}
	for range w.between(0, 3) {
		a := w.somebody(p.repo.project, at, not...)
		if a == nil {
			continue
		}
		not = append(not, a)
		p.reviewers = append(p.reviewers, a)
		p.participants = append(p.participants, &participant{user: a, reviewer: true})
	}
}

// name makes a title and a branch. Three quarters name a story, in both, in the branch alone, or two of them; the rest none, or what only looks like one.
func (w *world) name(p *project) (title, branch string) {
	thing := "the sandbox"
	for _, d := range domains {
		if d.key == p.key {
			thing = "the " + pick(w, d.things)
		}
	}
	verb := pick(w, verbs)
	title = verb + " " + thing
	words := strings.Split(slugify(verb+" "+strings.TrimPrefix(thing, "the ")), "-")
	short := strings.Join(words[:min(4, len(words))], "-")
	kind := pick(w, []string{"feature", "feature", "feature", "bugfix", "hotfix", "task"})
	switch x := w.rng.Float64(); {
	case x < 0.58:
		key := w.story(p)
		return key + ": " + title, kind + "/" + key + "-" + short
	case x < 0.66:
		key, other := w.story(p), w.story(w.projects[w.rng.IntN(len(w.projects))])
		return key + ", " + other + ": " + title, kind + "/" + key + "-" + short
	case x < 0.76:
		return title, kind + "/" + w.story(p) + "-" + short
	case x < 0.82:
		title = pick(w, decoys) + strings.TrimPrefix(thing, "the")
		return title, "chore/" + storyKey.FindString(title) + "-" + slugify(strings.TrimPrefix(thing, "the "))
	}
	return title, pick(w, []string{"chore", "tidy", "try"}) + "/" + short
}

// story is a key of the tracker: mostly a new one, sometimes one that has been worked on lately.
func (w *world) story(p *project) string {
	if w.chance(0.25) {
		return fmt.Sprintf("%s-%d", p.key, max(1, p.stories-w.rng.IntN(12)))
	}
	p.stories++
	return fmt.Sprintf("%s-%d", p.key, p.stories)
}

// retitle is a new title for p: a story added, or other words.
func (w *world) retitle(p *pullRequest) string {
	if len(w.storyKeys(p)) == 0 && p.author.kind == "user" {
		return w.story(p.repo.project) + ": " + p.title
	}
	if head, rest, ok := strings.Cut(p.title, ": "); ok {
		return head + ": " + pick(w, []string{"Really ", "Partly ", "Step 1: "}) + strings.ToLower(rest[:1]) + rest[1:]
	}
	return p.title + " (again)"
}

// plan queues the fate of a pull request.
func (w *world) plan(p *pullRequest, at time.Time) {
	life := w.lasting(22) + 0.3
	if w.chance(0.04) {
		life = 24 * float64(w.between(50, 300))
	}
	during := func() time.Time { return w.later(at, life*w.rng.Float64()) }
	queue := func(do func(at time.Time) *Change) { w.on(p, during(), do) }
	if p.author.kind == "user" {
		for range w.few(1.1) {
			queue(func(at time.Time) *Change { return w.push(p, p.author, at) })
		}
		if w.chance(0.1) {
			queue(func(at time.Time) *Change { return w.edit(p, p.author, at) })
		}
		if p.draft && w.chance(0.7) {
			queue(func(at time.Time) *Change { return w.ready(p, at) })
		}
		if w.chance(0.01) {
			queue(func(at time.Time) *Change { return w.attach(p, p.author, at) })
		}
	}
	for _, a := range p.reviewers {
		for range w.few(0.8) {
			queue(func(at time.Time) *Change { return w.comment(p, a, at, nil) })
		}
		if w.chance(0.75) {
			queue(func(at time.Time) *Change { return w.review(p, a, at) })
		}
		if w.chance(0.12) {
			for range w.between(1, 3) {
				queue(func(at time.Time) *Change { return w.createTask(p, a, at) })
			}
		}
	}
	if w.chance(0.15) {
		if a := w.somebody(p.repo.project, at, p.author); a != nil {
			queue(func(at time.Time) *Change { return w.comment(p, a, at, nil) })
		}
	}
	w.planEnd(p, w.later(at, life))
}

func (w *world) planEnd(p *pullRequest, at time.Time) {
	by := p.author
	if len(p.reviewers) > 0 && w.chance(0.35) || by.kind != "user" {
		if by = w.somebody(p.repo.project, at); by == nil {
			by = p.author
		}
	}
	action := Merged
	switch x := w.rng.Float64(); {
	case x < 0.04:
		return // nobody ever closes it
	case x < 0.14:
		action = Declined
	case x < 0.18, p.author == w.deps && x < 0.5:
		action, by = Superseded, p.author
	case x < 0.26:
		by = w.ship
	}
	w.on(p, at, func(at time.Time) *Change { return w.close(p, action, by, at) })
	if by.kind == "user" && w.chance(0.02) {
		w.on(p, w.later(at, 20), func(at time.Time) *Change { return w.comment(p, by, at, nil) })
	}
}

// few draws a small number with the given mean.
func (w *world) few(mean float64) int {
	n := 0
	for n < 12 && w.chance(mean/(1+mean)) {
		n++
	}
	return n
}

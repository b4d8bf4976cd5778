package bitbuckettest

import (
	"time"
)

// changed notes that the action was done on p: it moves the pull request's updated_on unless Options.Still says otherwise.
func (w *world) changed(p *pullRequest, action Action, by *account, at time.Time) *Change {
	if !w.still[action] || !p.open() && w.stillOpen {
		p.updated = at
	}
	c := &Change{Time: at, Action: action, Repository: p.repo.slug, PullRequest: p.id}
	if by != nil && !by.deleted {
		c.User, by.seen = by.uuid, at
	}
	return c
}

// updateEntry puts a snapshot of the pull request into its activity.
func (w *world) updateEntry(p *pullRequest, by *account, at time.Time, changes map[string]any) {
	w.enter(&entry{kind: "update", pull: p, at: at, user: by, update: &update{
		title: p.title, description: p.description, state: p.state, reason: p.reason, draft: p.draft,
		reviewers: p.reviewers, source: p.source, dest: p.dest, changes: changes,
	}})
}

func (w *world) enter(e *entry) { e.pull.repo.activity = append(e.pull.repo.activity, e) }

func (w *world) push(p *pullRequest, by *account, at time.Time) *Change {
	if !p.open() || by.deleted {
		return nil
	}
	old := p.source.hash
	p.source.hash = w.hash()
	w.work(p, p.source.hash, by, at)
	if p.source.repo != nil && w.side.Float64() < 0.5 {
		w.build(p.repo, "PUSH", p.source.branch, by, p, p.tip, at)
	}
	w.updateEntry(p, by, at, map[string]any{"source": map[string]any{"old": old, "new": p.source.hash}})
	if p.source.repo != nil {
		p.source.repo.updated = at
	}
	return w.changed(p, Pushed, by, at)
}

func (w *world) edit(p *pullRequest, by *account, at time.Time) *Change {
	if !p.open() || by.deleted {
		return nil
	}
	if w.chance(0.3) {
		old := p.description
		p.description = pick(w, remarks)
		w.updateEntry(p, by, at, map[string]any{"description": map[string]any{"old": old, "new": p.description}})
		return w.changed(p, Edited, by, at)
	}
	old := p.title
	p.title = w.retitle(p)
	w.updateEntry(p, by, at, map[string]any{"title": map[string]any{"old": old, "new": p.title}})
	return w.changed(p, Edited, by, at)
}

func (w *world) ready(p *pullRequest, at time.Time) *Change {
	if !p.open() || !p.draft || p.author.deleted {
		return nil
	}
	p.draft = false
	w.updateEntry(p, p.author, at, map[string]any{"draft": map[string]any{"old": true, "new": false}})
	return w.changed(p, Readied, p.author, at)
}

func (w *world) comment(p *pullRequest, by *account, at time.Time, parent *comment) *Change {
	if by.deleted || by.left {
		return nil
	}
	c := &comment{id: w.id(), user: by, text: pick(w, remarks), created: at, updated: at.Add(1442 * time.Microsecond), parent: parent}
	switch {
	case parent != nil:
		c.text = pick(w, replies)
		c.path, c.line = parent.path, parent.line
	case w.chance(0.5):
		c.path, c.line = pick(w, files), w.between(1, 400)
	}
	p.comments = append(p.comments, c)
	if x := p.participant(by); x.state == "" {
		x.at = at
	}
	w.enter(&entry{kind: "comment", pull: p, at: at, user: by, comment: c})
	if parent == nil && by != p.author && p.author.kind == "user" && w.chance(0.45) {
		w.on(p, w.later(at, w.lasting(3)), func(at time.Time) *Change { return w.comment(p, p.author, at, c) })
	}
	if w.chance(0.04) {
		w.on(p, w.later(at, w.lasting(1)), func(at time.Time) *Change { return w.deleteComment(p, c, at) })
	}
	if parent == nil && w.side.Float64() < 0.3 {
		w.on(p, at.Add(time.Duration(1+w.side.IntN(900))*time.Minute), func(at time.Time) *Change { return w.resolve(p, c, p.author, at) })
	}
	return w.changed(p, Commented, by, at)
}

// deleteComment empties the comment; it stays in the activity, marked as deleted.
func (w *world) deleteComment(p *pullRequest, c *comment, at time.Time) *Change {
	if c.deleted || c.user.deleted {
		return nil
	}
	c.deleted, c.text, c.updated = true, "", at
	return w.changed(p, CommentDeleted, c.user, at)
}

// review is an approval or a request for changes. A request for changes is answered by a push and, mostly, an approval.
func (w *world) review(p *pullRequest, by *account, at time.Time) *Change {
	if !p.open() || by.deleted || by.left {
		return nil
	}
	x := p.participant(by)
	if x.state == "approved" {
		return nil
	}
	action, kind := Approved, "approval"
	if x.state == "" && w.chance(0.16) {
		action, kind = ChangesRequested, "changes_requested"
		w.on(p, w.later(at, w.lasting(6)), func(at time.Time) *Change { return w.push(p, p.author, at) })
		w.on(p, w.later(at, w.lasting(20)), func(at time.Time) *Change { return w.review(p, by, at) })
	}
	x.state, x.at = map[Action]string{Approved: "approved", ChangesRequested: "changes_requested"}[action], at
	w.enter(&entry{kind: kind, pull: p, at: at, user: by})
	return w.changed(p, action, by, at)
}

func (w *world) createTask(p *pullRequest, by *account, at time.Time) *Change {
	if !p.open() || by.deleted || by.left {
		return nil
	}
	t := &task{id: w.id(), creator: by, text: pick(w, chores), created: at, updated: at.Add(80 * time.Microsecond)}
	for _, c := range p.comments {
		if c.user == by && !c.deleted && w.chance(0.5) {
			t.comment = c
			break
		}
	}
	p.tasks = append(p.tasks, t)
	if w.chance(0.8) {
		by := p.author
		if by.kind != "user" || w.chance(0.25) {
			by = t.creator
		}
		w.on(p, w.later(at, w.lasting(5)), func(at time.Time) *Change { return w.resolveTask(p, t, by, at) })
	}
	return w.changed(p, TaskCreated, by, at)
}

// has tells whether the task is still there: see DeleteTask.
func (p *pullRequest) has(t *task) bool {
	for _, x := range p.tasks {
		if x == t {
			return true
		}
	}
	return false
}

func (w *world) resolveTask(p *pullRequest, t *task, by *account, at time.Time) *Change {
	if !p.has(t) || !t.resolvedOn.IsZero() || by.deleted || by.left {
		return nil
	}
	t.resolvedOn, t.resolvedBy, t.updated = at, by, at.Add(8*time.Microsecond)
	if w.chance(0.12) {
		w.on(p, w.later(at, w.lasting(4)), func(at time.Time) *Change { return w.reopenTask(p, t, at) })
	}
	return w.changed(p, TaskResolved, by, at)
}

func (w *world) reopenTask(p *pullRequest, t *task, at time.Time) *Change {
	if !p.has(t) || t.resolvedOn.IsZero() || t.creator.deleted || t.creator.left {
		return nil
	}
	t.resolvedOn, t.resolvedBy, t.updated = time.Time{}, nil, at
	if w.chance(0.6) {
		w.on(p, w.later(at, w.lasting(8)), func(at time.Time) *Change { return w.resolveTask(p, t, t.creator, at) })
	}
	return w.changed(p, TaskReopened, t.creator, at)
}

// attach leaves the entry that a client can make nothing of: neither update nor comment nor review.
func (w *world) attach(p *pullRequest, by *account, at time.Time) *Change {
	if by.deleted {
		return nil
	}
	w.enter(&entry{pull: p, at: at, user: by})
	return w.changed(p, Attached, by, at)
}

// close ends the pull request. The new status is called otherwise in the activity than in the state.
func (w *world) close(p *pullRequest, action Action, by *account, at time.Time) *Change {
	if !p.open() || by.deleted || by.left {
		return nil
	}
	if action == Merged && p.draft { // a draft can't be merged; this one was never finished
		action = Declined
	}
	status := "rejected"
	switch action {
	case Merged:
		p.state, status, p.mergeHash = "MERGED", "fulfilled", w.hash()
		p.dest.hash = w.hash()
		w.merge(p, by, at)
		w.build(p.repo, "PUSH", p.repo.mainbranch, by, nil, p.repo.branches[0].head, at)
		p.repo.updated, p.repo.size = at, p.repo.size+w.rng.Int64N(9000)
	case Declined:
		p.state, p.reason = "DECLINED", pick(w, reasons)
	case Superseded:
		p.state, status = "SUPERSEDED", "superseded"
	}
	p.closedBy, p.closed = by, at
	w.updateEntry(p, by, at, map[string]any{"status": map[string]any{"old": "open", "new": status}})
	if p.source.fork != nil && p.source.fork.shortLived {
		w.on(p, w.later(at, w.lasting(30)), func(at time.Time) *Change {
			p.source.gone = true
			return &Change{Time: at, Action: ForkDeleted, Repository: p.repo.slug, PullRequest: p.id}
		})
	}
	return w.changed(p, action, by, at)
}

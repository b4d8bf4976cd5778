package bitbuckettest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Member is somebody who holds a seat.
type Member struct {
	UUID, DisplayName, Email string
	Administrator            bool
}

// Repository is one repository of the generated workspace.
type Repository struct {
	UUID, Slug, Name, ProjectKey string
	PullRequests                 int
	UpdatedOn                    time.Time
}

// Members returns who holds a seat now.
func (b *Bitbucket) Members() []Member {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []Member
	for _, a := range b.world.members() {
		all = append(all, Member{UUID: a.uuid, DisplayName: a.name, Email: a.email, Administrator: a.admin})
	}
	return all
}

// Administrators returns the members who can log in on the consent page.
func (b *Bitbucket) Administrators() []Member {
	return slices.DeleteFunc(b.Members(), func(m Member) bool { return !m.Administrator })
}

// Repositories returns the repositories in the order of their creation.
func (b *Bitbucket) Repositories() []Repository {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []Repository
	for _, r := range b.world.repos {
		all = append(all, Repository{UUID: r.uuid, Slug: r.slug, Name: r.name, ProjectKey: r.project.key, PullRequests: len(r.pulls), UpdatedOn: r.updated})
	}
	return all
}

// Branches returns the names of a repository's branches, but for the main one, which can be neither moved by force nor deleted.
func (b *Bitbucket) Branches(repository string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var names []string
	if r := b.world.repository(repository); r != nil {
		for _, x := range r.branches {
			if x.name != r.mainbranch {
				names = append(names, x.name)
			}
		}
	}
	return names
}

// entryOfJournal is one command that the life has obeyed: with the seed, all that it takes to live it again.
type entryOfJournal struct {
	Do   string
	N    int      `json:",omitempty"`
	Args []string `json:",omitempty"`
}

func (b *Bitbucket) record(e entryOfJournal) {
	if last := len(b.journal) - 1; e.Do == "advance" && last >= 0 && b.journal[last].Do == "advance" {
		b.journal[last].N += e.N
		return
	}
	b.journal = append(b.journal, e)
}

// act obeys a command and records it.
func (b *Bitbucket) act(do string, args ...string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.world.obey(do, args); err != nil {
		return fmt.Errorf("bitbuckettest: %s %s: %w", do, strings.Join(args, " "), err)
	}
	b.record(entryOfJournal{Do: do, Args: args})
	return nil
}

// RemoveMember takes somebody's seat away. What they did stays, under their name.
func (b *Bitbucket) RemoveMember(uuid string) error { return b.act("remove-member", uuid) }

// ReturnMember gives somebody whose seat was taken away a seat again.
func (b *Bitbucket) ReturnMember(uuid string) error { return b.act("return-member", uuid) }

// DeleteTask deletes a task of a pull request, without a trace.
func (b *Bitbucket) DeleteTask(repository string, pullRequest int, task int64) error {
	return b.act("delete-task", repository, strconv.Itoa(pullRequest), strconv.FormatInt(task, 10))
}

// CreateRepository makes a repository in the project with that key; nobody works on it.
func (b *Bitbucket) CreateRepository(projectKey, name string) (Repository, error) {
	if err := b.act("create-repository", projectKey, name); err != nil {
		return Repository{}, err
	}
	all := b.Repositories()
	return all[slices.IndexFunc(all, func(r Repository) bool { return r.Slug == slugify(name) })], nil
}

// DeleteRepository deletes a repository with all its pull requests.
func (b *Bitbucket) DeleteRepository(repository string) error {
	return b.act("delete-repository", repository)
}

// RenameRepository gives a repository another name and slug. The old slug redirects.
func (b *Bitbucket) RenameRepository(repository, name string) error {
	return b.act("rename-repository", repository, name)
}

// MoveRepository moves a repository to the project with that key.
func (b *Bitbucket) MoveRepository(repository, projectKey string) error {
	return b.act("move-repository", repository, projectKey)
}

// ForcePush rewrites a branch: its last commit is made anew on top of the main branch, and the old ones are nowhere any more.
func (b *Bitbucket) ForcePush(repository, branch string) error {
	return b.act("force-push", repository, branch)
}

// DeleteBranch deletes a branch, and with it the commits that no other one leads to.
func (b *Bitbucket) DeleteBranch(repository, branch string) error {
	return b.act("delete-branch", repository, branch)
}

// EditTogether edits the descriptions of the pull requests with the ids from first to last in one moment, so that they share one updated_on: as
// imports and bots do.
func (b *Bitbucket) EditTogether(repository string, first, last int) error {
	return b.act("edit-together", repository, strconv.Itoa(first), strconv.Itoa(last))
}

// ReviewAll has somebody approve each open pull request of a repository, or ask for changes.
func (b *Bitbucket) ReviewAll(repository string) error { return b.act("review-all", repository) }

// SettleAll ends the discussions of the open pull requests of a repository, resolves their tasks, and reopens those that were
// resolved.
func (b *Bitbucket) SettleAll(repository string) error { return b.act("settle-all", repository) }

// Build begins a pipeline of a repository's main branch that takes so long, and ends as the other things happen.
func (b *Bitbucket) Build(repository string, takes time.Duration) error {
	return b.act("build", repository, takes.String())
}

// IdleUntil has what happens next not happen before t.
func (b *Bitbucket) IdleUntil(t time.Time) error {
	return b.act("idle-until", t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
}

// obey does what an explicit command says, a second after the last change; if it can't, nothing has changed.
func (w *world) obey(do string, args []string) error {
	if do == "idle-until" {
		t, err := time.Parse(time.RFC3339Nano, args[0])
		if t.After(w.last) {
			w.last = t
		}
		return err
	}
	at := w.last.Add(time.Second)
	err := w.try(do, args, at)
	if err == nil {
		w.last = at
		w.gather()
	}
	return err
}

func (w *world) try(do string, args []string, at time.Time) error {
	switch do {
	case "remove-member":
		return w.removeMember(args[0])
	case "return-member":
		return w.returnMember(args[0])
	case "create-repository":
		return w.create(args[0], args[1], at)
	}
	r := w.repository(args[0])
	if r == nil {
		return fmt.Errorf("no such repository")
	}
	switch do {
	case "delete-repository":
		r.deleted = true
		w.repos = slices.DeleteFunc(w.repos, func(x *repository) bool { return x == r })
	case "rename-repository":
		if w.repository(slugify(args[1])) != nil {
			return fmt.Errorf("the name is taken")
		}
		w.renamed[strings.ToLower(r.slug)] = r
		r.name, r.slug, r.updated = args[1], slugify(args[1]), at
	case "move-repository":
		i := slices.IndexFunc(w.projects, func(p *project) bool { return p.key == args[1] })
		if i < 0 {
			return fmt.Errorf("no such project")
		}
		r.project, r.updated = w.projects[i], at
	case "delete-task":
		return w.deleteTask(r, args[1], args[2], at)
	case "force-push":
		return w.forcePush(r, args[1], at)
	case "delete-branch":
		return w.removeBranch(r, args[1])
	case "edit-together":
		return w.editTogether(r, args[1], args[2], at)
	case "build":
		return w.buildFor(r, args[1], at)
	case "review-all":
		w.reviewAll(r, at)
	case "settle-all":
		w.settleAll(r, at)
	default:
		return fmt.Errorf("no such command")
	}
	return nil
}

func (w *world) removeMember(uuid string) error {
	for _, a := range w.members() {
		if a.uuid == uuid {
			a.left = true
			return nil
		}
	}
	return fmt.Errorf("no such member")
}

func (w *world) returnMember(uuid string) error {
	for _, a := range w.accounts {
		if a.uuid == uuid && a.left && !a.deleted {
			a.left = false
			return nil
		}
	}
	return fmt.Errorf("nobody who left")
}

func (w *world) create(key, name string, at time.Time) error {
	i := slices.IndexFunc(w.projects, func(p *project) bool { return p.key == key })
	if i < 0 {
		return fmt.Errorf("no such project")
	}
	if w.repository(slugify(name)) != nil {
		return fmt.Errorf("the name is taken")
	}
	w.newRepository(w.projects[i], name, at)
	return nil
}

func (w *world) deleteTask(r *repository, pull, task string, at time.Time) error {
	id, _ := strconv.Atoi(pull)
	p := r.pull(id)
	if p == nil {
		return fmt.Errorf("no such pull request")
	}
	for i, t := range p.tasks {
		if strconv.FormatInt(t.id, 10) == task {
			p.tasks = slices.Delete(slices.Clone(p.tasks), i, i+1)
			w.changed(p, TaskDeleted, t.creator, at)
			return nil
		}
	}
	return fmt.Errorf("no such task")
}

func (w *world) editTogether(r *repository, first, last string, at time.Time) error {
	from, _ := strconv.Atoi(first)
	to, _ := strconv.Atoi(last)
	if r.pull(from) == nil || r.pull(to) == nil || from > to {
		return fmt.Errorf("no such pull requests")
	}
	for id := from; id <= to; id++ {
		p := r.pull(id)
		old := p.description
		p.description = "Edited together with others at " + at.Format(time.RFC3339) + "."
		w.updateEntry(p, w.deps, at, map[string]any{"description": object{"old": old, "new": p.description}})
		w.changed(p, Edited, w.deps, at)
	}
	return nil
}

func (w *world) buildFor(r *repository, takes string, at time.Time) error {
	d, err := time.ParseDuration(takes)
	if err != nil {
		return err
	}
	by := w.anybody(at)
	if by == nil {
		return fmt.Errorf("nobody to begin one")
	}
	run := w.beginBuild(r, "MANUAL", r.mainbranch, by, nil, r.branches[0].head, at)
	if run == nil {
		return fmt.Errorf("no pipelines")
	}
	w.at(at.Add(d), func(at time.Time) *Change { return w.endBuild(r, run, at) })
	return nil
}

func (w *world) reviewAll(r *repository, at time.Time) {
	for _, p := range r.pulls {
		for _, by := range w.members() {
			if by != p.author && w.review(p, by, at) != nil {
				break
			}
		}
	}
}

func (w *world) settleAll(r *repository, at time.Time) {
	for _, p := range r.pulls {
		if !p.open() {
			continue
		}
		for _, t := range p.tasks {
			if w.resolveTask(p, t, t.creator, at) == nil {
				w.reopenTask(p, t, at)
			}
		}
		for _, c := range p.comments {
			w.resolve(p, c, p.author, at)
		}
	}
}

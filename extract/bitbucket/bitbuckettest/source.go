package bitbuckettest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// commit is a commit of git. Its author is nil where no account has the e-mail address that it names.
type commit struct {
	hash         string
	date         time.Time // whole seconds
	author       *account
	raw, message string
	parents      []*commit
}

type branch struct {
	name string
	head *commit
}

type tag struct {
	name, message string
	date          time.Time
	tagger        *account // nil: a name for a commit and nothing more
	raw           string
	head          *commit
}

// history is what git knows of a repository.
type history struct {
	branches []*branch // the first is the main branch
	tags     []*tag
	walked   walked
}

// walked is what the last walks through the commits found: the next page of a list needs them again, and commits never change.
type walked struct {
	mu                 sync.Mutex
	heads              []*commit
	known              map[string]*commit
	included, excluded []*commit
	rows               []*commit
}

// known are the commits that something in the repository leads to, by hash.
func (h *history) known() map[string]*commit {
	h.walked.mu.Lock()
	defer h.walked.mu.Unlock()
	if heads := h.heads(); h.walked.known == nil || !slices.Equal(heads, h.walked.heads) {
		h.walked.heads, h.walked.known = heads, map[string]*commit{}
		for c := range reachable(heads) {
			h.walked.known[c.hash] = c
		}
	}
	return h.walked.known
}

// log are the commits that the included ones lead back to and the excluded ones don't, in the order of the API.
func (h *history) log(included, excluded []*commit) []*commit {
	h.walked.mu.Lock()
	defer h.walked.mu.Unlock()
	if h.walked.rows == nil || !slices.Equal(included, h.walked.included) || !slices.Equal(excluded, h.walked.excluded) {
		wanted := reachable(included)
		for c := range reachable(excluded) {
			delete(wanted, c)
		}
		h.walked.included, h.walked.excluded, h.walked.rows = included, excluded, newest(wanted)
	}
	return h.walked.rows
}

func (h *history) branch(name string) *branch {
	for _, b := range h.branches {
		if b.name == name {
			return b
		}
	}
	return nil
}

func (h *history) deleteBranch(name string) {
	h.branches = slices.DeleteFunc(slices.Clone(h.branches), func(b *branch) bool { return b.name == name })
}

// heads are the commits that branches and tags stand at.
func (h *history) heads() []*commit {
	var all []*commit
	for _, b := range h.branches {
		all = append(all, b.head)
	}
	for _, t := range h.tags {
		all = append(all, t.head)
	}
	return all
}

// reachable collects the commits that others lead back to, themselves among them.
func reachable(from []*commit) map[*commit]bool {
	found := map[*commit]bool{}
	from = slices.Clone(from)
	for len(from) > 0 {
		c := from[len(from)-1]
		from = from[:len(from)-1]
		if !found[c] {
			found[c] = true
			from = append(from, c.parents...)
		}
	}
	return found
}

// newest puts commits in the order of the API.
func newest(of map[*commit]bool) []*commit {
	all := make([]*commit, 0, len(of))
	for c := range of {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *commit) int { return cmp.Or(b.date.Compare(a.date), cmp.Compare(a.hash, b.hash)) })
	return all
}

// commit makes a commit. The hash begins as the pull request says it, with twelve digits.
func (w *world) commit(short string, at time.Time, by *account, message string, parents ...*commit) *commit {
	if short == "" {
		short = fmt.Sprintf("%012x", w.side.Uint64()&0xffffffffffff)
	}
	if at.Before(w.start) {
		at = w.start
	}
	c := &commit{
		hash: short + fmt.Sprintf("%016x%012x", w.side.Uint64(), w.side.Uint64()&0xffffffffffff),
		date: at.Truncate(time.Second), message: message, parents: parents, author: by, raw: rawName(by),
	}
	if by != nil && by.kind == "user" && w.side.Float64() < 0.08 { // from a machine that git was not set up on
		c.author, c.raw = nil, by.name+" <"+slugify(by.nickname)+"@laptop.local>"
	}
	return c
}

// rawName is what git says of somebody.
func rawName(a *account) string {
	switch {
	case a == nil:
		return "root <root@localhost>"
	case a.email == "":
		return a.name + " <" + slugify(a.name) + "@bots.bitbucket.org>"
	}
	return a.name + " <" + a.email + ">"
}

// begin gives a repository its first commit.
func (w *world) begin(r *repository) {
	if r.mainbranch != "" {
		r.branches = []*branch{{name: r.mainbranch, head: w.commit("", r.created, nil, "Initial commit")}}
	}
}

// branchOff writes the commits that a pull request begins with, on a branch of the repository that it comes from. A fork elsewhere shows nothing of it.
func (w *world) branchOff(p *pullRequest, at time.Time) {
	from := p.repo
	if p.source.repo != nil {
		from = p.source.repo
	}
	p.dest.hash = p.repo.branches[0].head.hash[:12]
	p.tip = from.branches[0].head
	if b := from.branch(p.source.branch); b != nil && p.source.repo != nil {
		p.tip = b.head
	}
	if p.source.repo != nil {
		p.source.repo.updated = at // Assumed: its branch is pushed in the same moment, and that moves it as any push does
	}
	n := 1 + w.side.IntN(3)
	for i := range n {
		short := ""
		if i == n-1 {
			short = p.source.hash
		}
		w.work(p, short, p.author, at.Add(-time.Duration((n-i)*(20+w.side.IntN(100)))*time.Minute))
	}
}

// work adds a commit to the branch of a pull request.
func (w *world) work(p *pullRequest, short string, by *account, at time.Time) {
	message := pick2(w, verbs) + " it\n"
	if keys := w.storyKeys(p); len(keys) > 0 && w.side.Float64() < 0.6 {
		message = keys[0] + " " + message
	} else if w.side.Float64() < 0.1 {
		message = pick2(w, decoys) + " code\n"
	}
	p.tip = w.commit(short, at, by, message, p.tip)
	if p.source.repo == nil || p.source.repo.deleted {
		return
	}
	if b := p.source.repo.branch(p.source.branch); b != nil {
		b.head = p.tip
	} else {
		p.source.repo.branches = append(p.source.repo.branches, &branch{name: p.source.branch, head: p.tip})
	}
}

// merge puts a pull request's commits onto the main branch, with a commit that says so.
func (w *world) merge(p *pullRequest, by *account, at time.Time) {
	main := p.repo.branches[0]
	p.dest.hash = main.head.hash[:12]
	message := fmt.Sprintf("Merged in %s (pull request #%d)\n\n%s\n", p.source.branch, p.id, p.title)
	main.head = w.commit(p.mergeHash, at, by, message, main.head, p.tip)
	if p.closeSource && p.source.repo != nil {
		p.source.repo.deleteBranch(p.source.branch)
	}
}

// tagIt tags the head of the main branch: with a message, or as a mere name.
func (w *world) tagIt(r *repository, by *account, at time.Time) {
	t := &tag{name: fmt.Sprintf("v%d.%d.%d", 1+len(r.tags)/20, len(r.tags)%20, w.side.IntN(3)), head: r.branches[0].head}
	if slices.ContainsFunc(r.tags, func(x *tag) bool { return x.name == t.name }) {
		t.name += "-" + t.head.hash[:7]
	}
	if w.side.Float64() < 0.8 {
		t.message, t.date, t.tagger, t.raw = "Release "+t.name+"\n", at.Truncate(time.Second), by, rawName(by)
	}
	r.tags = append(r.tags, t)
}

// forcePush rewrites the branch of an open pull request: its commits are made anew, and the old ones are nowhere any more.
func (w *world) forcePush(r *repository, name string, at time.Time) error {
	b := r.branch(name)
	if b == nil || b == r.branches[0] || len(b.head.parents) == 0 {
		return fmt.Errorf("no such branch, or it is the main branch")
	}
	old := b.head
	b.head = w.commit("", at, old.author, strings.TrimSpace(old.message)+" (again)\n", r.branches[0].head)
	for _, p := range r.pulls {
		if p.open() && p.source.repo == r && p.source.branch == name {
			p.tip, p.source.hash, p.updated = b.head, b.head.hash[:12], at
		}
	}
	return nil
}

func (w *world) removeBranch(r *repository, name string) error {
	if b := r.branch(name); b == nil || b == r.branches[0] {
		return fmt.Errorf("no such branch, or it is the main branch")
	}
	r.deleteBranch(name)
	return nil
}

// pick2 picks as pick does, and leaves the course of the pull requests alone.
func pick2[T any](w *world, of []T) T { return of[w.side.IntN(len(of))] }

package bitbuckettest

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// account is a person or a machine. A deleted one is shown as null wherever it was named; one that left is only no member any more.
type account struct {
	uuid, accountID, name, nickname, email string
	kind                                   string // user, app_user
	admin                                  bool
	created                                time.Time
	deleted, left                          bool
	home                                   int     // index of the project it mostly works on
	weight                                 float64 // share of the activity; 0: a seat that is never used
	from, until                            time.Time
	seen                                   time.Time // when it last did something
}

func (a *account) acts(at time.Time) bool {
	return a.weight > 0 && !a.deleted && !a.left && !at.Before(a.from) && at.Before(a.until)
}

type project struct {
	uuid, key, name, description string
	private                      bool
	created, updated             time.Time
	stories                      int // number of the latest story in the tracker
	owner                        *workspace
}

type workspace struct {
	uuid, slug, name string
	created          time.Time
}

type repository struct {
	uuid, slug, name, description, language string
	project                                 *project
	private                                 bool
	created, updated                        time.Time
	mainbranch                              string // "": an empty repository
	parent                                  *repository
	deleted                                 bool
	forkPolicy                              string
	size                                    int64
	weight                                  float64
	pulls                                   []*pullRequest // id = index + 1
	activity                                []*entry       // oldest first
	history
	setup
	runs
}

func (r *repository) pull(id int) *pullRequest {
	if id < 1 || id > len(r.pulls) {
		return nil
	}
	return r.pulls[id-1]
}

// endpoint is one side of a pull request. Either the repository is one of the workspace, or it is a fork elsewhere, or it is gone.
type endpoint struct {
	repo         *repository
	fork         *fork
	gone         bool
	branch, hash string
}

type fork struct {
	uuid, fullName, name string
	shortLived           bool // deleted some days after the pull request is closed
}

type pullRequest struct {
	repo               *repository
	id                 int
	title, description string
	state              string // OPEN, MERGED, DECLINED, SUPERSEDED
	draft              bool
	author, closedBy   *account
	reason             string
	created, updated   time.Time
	closed             time.Time
	closeSource        bool
	mergeHash          string
	source, dest       endpoint
	reviewers          []*account
	participants       []*participant
	comments           []*comment
	tasks              []*task
	tip                *commit // of its branch
}

func (p *pullRequest) open() bool { return p.state == "OPEN" }

func (p *pullRequest) openTasks() int {
	n := 0
	for _, t := range p.tasks {
		if t.resolvedOn.IsZero() {
			n++
		}
	}
	return n
}

func (p *pullRequest) commentCount() int {
	n := 0
	for _, c := range p.comments {
		if !c.deleted {
			n++
		}
	}
	return n
}

// participant returns the account's participation, a new one where it has none yet.
func (p *pullRequest) participant(a *account) *participant {
	for _, x := range p.participants {
		if x.user == a {
			return x
		}
	}
	x := &participant{user: a}
	p.participants = append(p.participants, x)
	return x
}

type participant struct {
	user     *account
	reviewer bool
	state    string // "", approved, changes_requested
	at       time.Time
}

type comment struct {
	id               int64
	user             *account
	text             string
	created, updated time.Time
	deleted          bool
	path             string // "": not inline
	line             int
	parent           *comment
	resolvedBy       *account
	resolvedOn       time.Time
}

type task struct {
	id               int64
	creator          *account
	text             string
	created, updated time.Time
	comment          *comment
	resolvedOn       time.Time
	resolvedBy       *account
}

// entry is one line of a pull request's activity. The tasks are in no entry: the public activity leaves them out.
type entry struct {
	kind    string // update, approval, changes_requested, comment; "": an entry that says nothing
	pull    *pullRequest
	at      time.Time
	user    *account
	comment *comment
	update  *update
}

// update is a snapshot of the pull request after the update, and what it changed.
type update struct {
	title, description, state, reason string
	draft                             bool
	reviewers                         []*account
	source, dest                      endpoint
	changes                           map[string]any
}

// world is the workspace and its life. It has no locks: Bitbucket guards it.
type world struct {
	rng, side  *rand.Rand // the dice of the pull requests, and those of everything beside them
	start, end time.Time
	scale      Scale
	still      map[Action]bool
	stillOpen  bool // only while the pull request is open

	workspaces []*workspace // the first is the generated one
	accounts   []*account
	projects   []*project
	repos      []*repository // in order of creation
	renamed    map[string]*repository
	deps, ship *account // the dependency bot and the release bot

	hooks        []*webhook // of the workspace
	snippets     []*snippet
	snippetsMade int // those that are gone, too: an id is never given twice
	restrictions int // ever made

	crowds  []crowd // for each project, who works on it
	repoSum []float64
	queue   queue
	pushed  uint64 // events ever queued: the order among equal times
	opened  int    // pull requests ever opened
	last    time.Time
	nextID  int64
}

// id gives comments and tasks numbers that are unique in the whole of Bitbucket, growing, with gaps.
func (w *world) id() int64 {
	w.nextID += 1 + w.rng.Int64N(900)
	return w.nextID
}

func (w *world) uuid() string {
	a, b := w.rng.Uint64(), w.rng.Uint64()
	return fmt.Sprintf("{%08x-%04x-4%03x-%04x-%012x}", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// hash is an abbreviated commit hash: pull requests show twelve digits, not forty.
func (w *world) hash() string { return fmt.Sprintf("%012x", w.rng.Uint64()&0xffffffffffff) }

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// between draws a number from the inclusive range.
func (w *world) between(low, high int) int { return low + w.rng.IntN(high-low+1) }

func pick[T any](w *world, of []T) T { return of[w.rng.IntN(len(of))] }

// members are the seats of the generated workspace.
func (w *world) members() []*account {
	var all []*account
	for _, a := range w.accounts {
		if a.kind == "user" && !a.deleted && !a.left {
			all = append(all, a)
		}
	}
	return all
}

func (w *world) repository(slugOrUUID string) *repository {
	for _, r := range w.repos {
		if r.uuid == slugOrUUID || equalSlug(r.slug, slugOrUUID) {
			return r
		}
	}
	return nil
}

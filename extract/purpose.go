package extract

import (
	"slices"
	"time"
)

// A Purpose is what a run reads for. A run has one after the other, through all streams, because its
// requests may end before: what people wait for comes first.
type Purpose int

const (
	Everything Purpose = iota // one after the other
	News                      // what probably changed since it was last asked for, and what was left unfinished
	Backfill                  // what has never been read, the newest first
	Sweep                     // what may have changed unseen
)

// Purposes are those of a run, in their order.
func Purposes() []Purpose { return []Purpose{News, Backfill, Sweep} }

func (p Purpose) String() string { return [...]string{"everything", "news", "backfill", "sweep"}[p] }

// each returns the purposes that p is made of.
func (p Purpose) each() []Purpose {
	if p == Everything {
		return Purposes()
	}
	return []Purpose{p}
}

func (p Purpose) includes(q Purpose) bool { return p == Everything || p == q }

// A Repository is what is known about one before it is asked for anything.
type Repository struct {
	UUID string

	// Moved is the latest change that has landed, by Bitbucket's clock: the greatest updated_on of the repository itself
	// and of its pull requests.
	Moved time.Time

	// Hinted is when somebody last said that it changed, by our clock: a webhook. Nothing is believed but that asking
	// may be worth a request.
	Hinted time.Time
}

// A pace says what makes a stream ask a repository.
type pace int

const (
	// lively streams may change with nothing else to show for it. They are asked again after a share of the time for which
	// nothing has changed: most of what changes, changed lately.
	lively pace = iota
	// moving streams change with their repository: a push moves its updated_on.
	moving
	// slow streams change seldom, and nobody waits for them.
	slow
	// following streams follow what has landed. Whether there is something to ask for is found out without a request.
	following
)

const (
	// share is that of the time since the last change after which a lively stream asks again: a repository that has been
	// quiet for a day is asked every six hours.
	share = 4
	// recent is how new a change is that does not wait for the backfill of its repository.
	recent = 24 * time.Hour
	// quietLists is how many times longer slow lists wait where the repository shows no change.
	quietLists = 7
	// firstRetry is how long a repository that was refused rests the first time; each further time twice as long.
	firstRetry = 30 * time.Minute
)

// visit is when and why a stream last asked a repository.
type visit struct {
	Asked   time.Time `json:"asked,omitzero"`    // the beginning of the run that read it to its end, or was refused
	Moved   time.Time `json:"moved,omitzero"`    // Repository.Moved at that time
	Refused int       `json:"refused,omitempty"` // times in a row
}

func (v *visit) visited() *visit { return v }

// newest is the time of the newest row that was read.
func (*visit) newest() (t time.Time) { return t }

// reach is how far back the past has been read, and whether there is more of it.
func (*visit) reach() (t time.Time, more bool) { return time.Time{}, false }

// pending reports whether something was left unfinished that is asked for in every run.
func (*visit) pending() bool { return false }

// due reports whether a repository that has been asked before is asked again for a purpose.
func (v *visit) due(src Source, r Repository, p pace, pending bool, purpose Purpose) bool {
	if !src.Now.IsZero() && !v.Asked.Before(src.Now) { // in this run
		return false
	}
	bound := src.Quiet
	if p == slow {
		bound = src.Every
	}
	since := src.Now.Sub(v.Asked)
	hinted := r.Hinted.After(v.Asked) || r.Moved.After(v.Moved)
	switch {
	case p == following && v.Refused == 0:
		return purpose != Sweep
	case bound == 0:
		return purpose == News
	case v.Refused > 0 && !r.Hinted.After(v.Asked):
		return purpose == News && since >= min(bound, firstRetry<<min(v.Refused-1, 10))
	case pending || p == following:
		return purpose == News
	case p == slow:
		return purpose == Sweep && (hinted && since >= bound || since >= quietLists*bound)
	case purpose == Sweep:
		return since >= bound
	case hinted:
		return true
	}
	return p == lively && since >= src.Now.Sub(later(v.Moved, r.Moved))/share
}

// fresh reports whether a repository that has never been asked is asked for a purpose.
func (r Repository) fresh(src Source, p pace, purpose Purpose) bool {
	now := src.Quiet == 0 || (p == lively || p == moving) && src.Now.Sub(r.Moved) < recent
	return now == (purpose == News) && purpose != Sweep
}

// byAge puts those that have waited longest first: where an hour is never enough, each has its turn.
func byAge[T any](all []T, asked func(T) time.Time) {
	slices.SortStableFunc(all, func(a, b T) int { return asked(a).Compare(asked(b)) })
}

package extract

import (
	"math"
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

	// What has landed, by Bitbucket's clock.
	Pushed time.Time // updated_on of the repository: a push moves it
	Moved  time.Time // the greater of that and the greatest updated_on of its pull requests
	Open   time.Time // the greatest updated_on of its pull requests that are open or have been closed lately; zero where there is none

	// Authors are those of the pull requests that Open is about, where they are known.
	Authors []Author

	// Ended is when a pipeline of it was last found to have ended, by our clock.
	Ended time.Time

	// Hinted is when somebody last said that it changed, by our clock: a webhook. Nothing is believed but that asking
	// may be worth a request.
	Hinted time.Time
}

// A pace says what makes a stream ask a repository.
type pace int

const (
	// lively streams may change with nothing else to show for it, as long as pull requests are open. They are asked
	// again after a share of the time for which nothing has changed: most of what changes, changed lately.
	lively pace = iota
	// watching streams are lively ones that tell little that others don't.
	watching
	// moving streams change with their repository: a push moves its updated_on.
	moving
	// slow streams change seldom, and nobody waits for them.
	slow
	// deploying streams are slow ones that change when a pipeline ends.
	deploying
	// following streams follow what has landed. Whether there is something to ask for is found out without a request.
	following
)

const (
	// livelyShare and watchingShare are those of the time since the last change after which a stream asks again, by the
	// workspace's clock: where a pull request has been open for eight working hours without a change, its repository is
	// asked every two.
	livelyShare, watchingShare = 4, 1
	// OpenShare is the part of the hour's requests, a quarter, that may go to asking sooner those in which a pull request is
	// open. What an hour does not spend is lost, and a small workspace spends little.
	OpenShare = 4
	// recent is how new a change is that does not wait for the backfill of its repository.
	recent = 24 * time.Hour
	// aWeek and aMonth are how many times longer what shows no change may go unasked than the settings say, which are
	// made for days.
	aWeek, aMonth = 7, 30
	// firstRetry is how long what was refused rests the first time; each further time twice as long.
	firstRetry = 30 * time.Minute
)

// retryAfter is how long what was refused so many times in a row rests.
func retryAfter(times int) time.Duration { return firstRetry << min(times-1, 10) }

// seldom reports whether a stream is read as slow ones are, but for its signs.
func (p pace) seldom() bool { return p == slow || p == deploying }

// moved is the latest change that a stream goes by.
func (r Repository) moved(p pace) time.Time {
	if p == lively || p == watching {
		return r.Moved
	}
	return r.Pushed
}

// bound is how long a repository in which nothing seems to happen may go unasked.
func (r Repository) bound(src Source, p pace) time.Duration {
	switch {
	case p.seldom():
		return aMonth * src.Every
	case p == moving, p == watching && r.Open.IsZero():
		return aWeek * src.Quiet
	}
	return src.Quiet
}

// warm reports whether something may have happened unseen to an open pull request since a repository, or all authors, were
// asked, by the workspace's clock.
func (r Repository) warm(src Source, p pace, v *visit) bool {
	if r.Open.IsZero() || p != lively && p != watching {
		return false
	}
	if p == watching {
		return src.clock.between(v.Asked, src.Now) >= src.clock.between(r.Open, src.Now)/watchingShare
	}
	return src.lapsed(later(v.Asked, v.Heard), r.Open) || src.lapsed(v.Asked, r.orphaned())
}

// lapsed reports whether lively streams ask again about what was updated at a time, by when they last asked. The zero time is nothing.
func (src *Source) lapsed(asked, updated time.Time) bool {
	if updated.IsZero() {
		return false
	}
	return src.clock.between(asked, src.Now) >= min(src.clock.between(updated, src.Now)/livelyShare, src.patience)
}

// patience is how long a repository with an open pull request waits at most, so that all of them, or their authors, take
// their share of the hour's requests. Without a limit there is no such share.
func patience(src Source, repositories []Repository, authors *authorsMark) time.Duration {
	if src.PerHour == 0 {
		return math.MaxInt64
	}
	alone := 0
	var open []Repository
	for _, r := range repositories {
		switch {
		case r.Open.IsZero():
		case authors.answer(src, r) && r.orphaned().IsZero():
			open = append(open, r)
		default:
			alone++
		}
	}
	_, requests := cheapest(open)
	requests += alone
	return time.Hour * time.Duration(requests*OpenShare) / time.Duration(src.PerHour)
}

// visit is when and why a stream last asked a repository.
type visit struct {
	Asked   time.Time `json:"asked,omitzero"`    // the beginning of the run that read it to its end, or was refused
	Moved   time.Time `json:"moved,omitzero"`    // the latest change that was known then
	Refused int       `json:"refused,omitempty"` // times in a row
	Same    time.Time `json:"same,omitzero"`     // since when a slow list has been the same
	Rows    int       `json:"rows,omitempty"`    // that a list had
	Heard   time.Time `json:"heard,omitzero"`    // when the authors of what is open last had nothing new, after Asked
}

func (v *visit) visited() *visit { return v }

// newest is the time of the newest row that was read.
func (*visit) newest() (t time.Time) { return t }

// reach is how far back the past has been read, and whether there is more of it.
func (*visit) reach() (t time.Time, more bool) { return time.Time{}, false }

// pending reports whether something was left unfinished that is asked for in every run.
func (*visit) pending(Source) bool { return false }

// ended is when a pipeline was last found to have ended.
func (*visit) ended() (t time.Time) { return t }

// due reports whether a repository that has been asked before is asked again for a purpose.
func (v *visit) due(src Source, r Repository, p pace, pending bool, purpose Purpose) bool {
	if !src.Now.IsZero() && v.Asked.Equal(src.Now) { // in this run
		return false
	}
	since := src.Now.Sub(v.Asked)
	hinted := r.Hinted.After(v.Asked) || r.moved(p).After(v.Moved)
	always := src.Quiet == 0 || since < 0 // a clock was wrong
	if p.seldom() {
		always = src.Every == 0 || since < 0
	}
	switch {
	case p == following && v.Refused == 0:
		return purpose != Sweep
	case always:
		return purpose == News
	case v.Refused > 0 && !r.Hinted.After(v.Asked):
		return purpose == News && since >= min(r.bound(src, p), retryAfter(v.Refused))
	case pending || p == following:
		return purpose == News
	case p == deploying && purpose == News: // a long list not each time: an hour for each page but the first
		return v.Rows > 0 && r.Ended.After(v.Asked) && since >= time.Hour*time.Duration(v.Rows/longest)
	case p.seldom():
		return purpose == Sweep && (hinted && since >= v.rest(src, r) || since >= r.bound(src, p))
	case purpose == Sweep:
		return since >= r.bound(src, p)
	}
	return hinted || r.warm(src, p, v)
}

// rest is how long a slow list rests where the repository shows a change: for as long as it has been the same, a week at
// most. Whoever hints does not wait for that.
func (v *visit) rest(src Source, r Repository) time.Duration {
	if v.Same.IsZero() || r.Hinted.After(v.Asked) {
		return src.Every
	}
	return min(max(v.Asked.Sub(v.Same), src.Every), aWeek*src.Every)
}

// fresh reports whether a repository that has never been asked is asked for a purpose.
func (r Repository) fresh(src Source, p pace, purpose Purpose) bool {
	switch purpose {
	case News:
		moved := r.Moved
		if p == deploying {
			moved = r.Ended
		}
		return src.Quiet == 0 || p != slow && p != following && src.Now.Sub(moved) < recent
	case Backfill: // also what has shown itself to be news since
		return true
	}
	return false
}

// byAge puts those that have waited longest first: where an hour is never enough, each has its turn.
func byAge[T any](all []T, asked func(T) time.Time) {
	slices.SortStableFunc(all, func(a, b T) int { return asked(a).Compare(asked(b)) })
}

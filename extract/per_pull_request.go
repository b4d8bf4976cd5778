package extract

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// mostRefused is how many pull requests of one repository may be refused in a run before the rest of
// the repository waits for the next one.
const mostRefused = 2

// childPosition is how far a stream has followed the changes of the pull requests that landed.
//
// There are two queues: what has changed since Since, and the past, which may be long.
type childPosition struct {
	queue
	Since time.Time `json:"since,omitzero"` // updated_on, by Bitbucket's clock
	Past  queue     `json:"past,omitzero"`

	// Again holds single pull requests that were refused: the others of their repositories go on.
	Again []PullRequestChange `json:"again,omitempty"`

	// Open tells, by repository and number, how many open tasks a pull request that is open was last seen to have.
	Open map[string]map[int64]int64 `json:"open,omitempty"`

	Round round `json:"round,omitzero"`
}

// A queue is how far changes have been followed, in the order in which they landed. It counts by the landing's clock:
// by Bitbucket's updated_on, a pull request that lands late, behind one that was updated after it, would be passed over.
type queue struct {
	At place `json:"at,omitzero"`

	// Behind holds the repositories whose pull requests were refused, each where it stands.
	Behind map[string]place `json:"behind,omitempty"`
}

// A round asks all pull requests that are open, or were at the last one, once more: what happens to a task moves, as far
// as anybody says, neither the pull request's updated_on nor its activity.
type round struct {
	Begun  time.Time `json:"begun,omitzero"`
	Before time.Time `json:"before,omitzero"` // when the last one began
	At     place     `json:"at,omitzero"`     // without a time; zero: it is over
}

// place is a pull request in the order of the changes.
type place struct {
	Changed    time.Time `json:"changed,omitzero"`
	Repository string    `json:"repository,omitempty"`
	ID         int64     `json:"id,omitempty"`
}

func (p place) before(c PullRequestChange) bool {
	return cmp.Or(p.Changed.Compare(c.Changed), cmp.Compare(p.Repository, c.Repository), cmp.Compare(p.ID, c.ID)) < 0
}

func placeOf(c PullRequestChange) place { return place{c.Changed, c.Repository, c.ID} }

type readChild func(context.Context, Source, PullRequestChange) (Chunk, error)

// perPullRequest reads what hangs on each pull request that landed with a change, one pull request after the other.
type perPullRequest struct {
	read readChild

	// rounds says that it may change with nothing else to show for it.
	rounds bool

	// open tells how many open tasks an answer has. Where it is given, a pull request that is open, and counts as many as
	// it was last seen to have, is not asked: what came and went meanwhile is read when it is closed, or in a round.
	open func(Chunk) int64
}

// Standing implements Reader.
func (perPullRequest) Standing(json.RawMessage) ([]Standing, error) { return nil, nil }

// Read implements Reader.
func (r perPullRequest) Read(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		f := &follower{perPullRequest: r, src: src, yield: yield, inVain: map[string]bool{}}
		if err := f.begin(ctx, cursor); err != nil {
			yield(Chunk{}, err)
			return
		}
		for _, purpose := range src.Purpose.each() {
			switch purpose {
			case News:
				if f.retry(ctx); f.over {
					return
				}
				f.news(ctx)
			case Backfill:
				if f.news(ctx); f.over { // that the backfill of the pull requests has brought
					return
				}
				f.follow(ctx, &f.at.Past, func(c PullRequestChange) bool { return c.UpdatedOn.Before(f.at.Since) })
			case Sweep:
				if r.rounds {
					f.round(ctx)
				}
			}
			if f.over {
				return
			}
		}
	}
}

// follower follows the changes of pull requests.
type follower struct {
	perPullRequest
	src   Source
	yield func(Chunk, error) bool
	at    childPosition
	live  map[string]bool // repositories

	failed  int             // in a row
	refused map[string]int  // changes of a repository, in the queue that is followed
	inVain  map[string]bool // repositories of which one was tried again and is still refused
	over    bool            // nothing more is wanted, or possible
}

func (f *follower) begin(ctx context.Context, cursor json.RawMessage) error {
	if err := position(cursor, &f.at); err != nil {
		return err
	}
	if len(cursor) == 0 && !f.src.Now.IsZero() {
		landed, err := f.src.PullRequests(ctx, time.Time{})
		if err != nil {
			return err
		}
		now := f.src.Now
		for _, c := range landed { // our clock may be behind
			if c.UpdatedOn.After(now) {
				now = c.UpdatedOn
			}
		}
		f.at.Since = now.Add(-recent)
	}
	repositories, err := f.src.Repositories(ctx)
	f.live = map[string]bool{}
	for _, r := range repositories {
		f.live[r.UUID] = true
	}
	maps.DeleteFunc(f.at.Open, func(repository string, _ map[int64]int64) bool { return !f.live[repository] })
	return err
}

// needless reports whether a pull request counts as many open tasks as are known of it. One that was there before anything
// had been read may have had others.
func (f *follower) needless(c PullRequestChange) bool {
	seen, known := f.at.Open[c.Repository][c.ID]
	return f.open != nil && c.Open && c.Tasks == seen && (known || f.watched(c))
}

// watched reports whether a pull request was opened after the first run.
func (f *follower) watched(c PullRequestChange) bool {
	return !f.at.Since.IsZero() && c.CreatedOn.After(f.at.Since.Add(recent))
}

// see keeps how many open tasks an answer had, where that is not what would be taken for granted.
func (f *follower) see(c PullRequestChange, open int64) {
	of := f.at.Open[c.Repository]
	if delete(of, c.ID); len(of) == 0 {
		delete(f.at.Open, c.Repository)
	}
	if !c.Open || open == 0 && (f.watched(c) || c.UpdatedOn.Before(f.at.Since)) {
		return
	}
	if f.at.Open == nil {
		f.at.Open = map[string]map[int64]int64{}
	}
	if of = f.at.Open[c.Repository]; of == nil {
		of = map[int64]int64{}
		f.at.Open[c.Repository] = of
	}
	of[c.ID] = open
}

// ask reads one pull request and tells what became of it. It reports whether to go on.
func (f *follower) ask(ctx context.Context, c PullRequestChange, done, total int, became func(error)) bool {
	chunk, err := f.read(ctx, f.src, c)
	if f.failed++; err == nil || leftBehind(err) {
		f.failed = 0
	}
	if f.failed == outage || f.failed > 0 && !oneAnswer(err) {
		f.over = true
		f.yield(Chunk{}, err)
		return false
	}
	became(err)
	if f.open != nil && err == nil && chunk.Complete {
		f.see(c, f.open(chunk))
	}
	chunk.Err, chunk.Cursor, chunk.Done, chunk.Total = err, &f.at, done, total
	f.over = !f.yield(chunk, nil)
	return !f.over
}

// retry asks for those once more that were refused.
func (f *follower) retry(ctx context.Context) {
	for i, c := range slices.Clone(f.at.Again) {
		if f.inVain[c.Repository] || !f.live[c.Repository] {
			continue
		}
		goOn := f.ask(ctx, c, i, len(f.at.Again), func(err error) {
			f.at.remove(c)
			if err != nil {
				f.inVain[c.Repository] = true
				f.at.Again = append(f.at.Again, c) // another one's turn next time
			}
		})
		if !goOn {
			return
		}
	}
}

func (f *follower) news(ctx context.Context) {
	f.follow(ctx, &f.at.queue, func(c PullRequestChange) bool { return !c.UpdatedOn.Before(f.at.Since) })
}

// follow follows the changes of one queue.
func (f *follower) follow(ctx context.Context, q *queue, belongs func(PullRequestChange) bool) {
	changes, err := f.src.PullRequests(ctx, q.start())
	if err != nil {
		f.over = true
		f.yield(Chunk{}, err)
		return
	}
	changes = slices.DeleteFunc(changes, func(c PullRequestChange) bool { return !belongs(c) })
	f.refused = map[string]int{} // what one queue passes over, only that one remembers
	moved := false               // the position, after its last chunk
	for i, c := range changes {
		from, behind := q.Behind[c.Repository]
		if !behind {
			from = q.At
		}
		if !from.before(c) || f.refused[c.Repository] == mostRefused {
			continue
		}
		if f.needless(c) {
			q.follow(c, behind)
			moved = true
			continue
		}
		goOn := f.ask(ctx, c, i+1, len(changes), func(err error) {
			if err != nil {
				if f.refused[c.Repository]++; f.refused[c.Repository] == mostRefused {
					q.leave(c.Repository, from)
					return
				}
			}
			f.at.remove(c)
			if err != nil { // it alone, as far as is known
				f.at.Again = append(f.at.Again, c)
			}
			q.follow(c, behind)
		})
		if moved = true; !goOn {
			return
		}
	}
	// Whoever was behind and was not refused has caught up. Where a repository is gone nothing was
	// asked, and nothing is forgotten: it may come back.
	for repo := range q.Behind {
		if f.refused[repo] < mostRefused && f.live[repo] {
			delete(q.Behind, repo)
			moved = true
		}
	}
	if moved {
		f.close()
	}
}

// close hands the position over once more: it may have moved since the last chunk.
func (f *follower) close() {
	f.over = !f.yield(Chunk{Parent: bitbucket.Parent{Workspace: f.src.Workspace}, Cursor: &f.at}, nil)
}

// round goes on with the round, or begins a new one where the last one is old enough.
func (f *follower) round(ctx context.Context) {
	r := &f.at.Round
	if r.At == (place{}) && f.src.Now.Before(r.Begun.Add(aWeek*f.src.Every)) {
		return
	}
	if r.At == (place{}) {
		first := r.Begun.IsZero()
		r.Before, r.Begun = r.Begun, f.src.Now
		if first { // all have only just been asked
			f.close()
			return
		}
	}
	all, err := f.src.PullRequests(ctx, time.Time{})
	if err != nil {
		f.over = true
		f.yield(Chunk{}, err)
		return
	}
	var due []PullRequestChange
	for _, c := range all {
		c.Changed = time.Time{}
		if (c.Open || c.UpdatedOn.After(r.Before)) && r.At.before(c) {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b PullRequestChange) int {
		return cmp.Or(cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.ID, b.ID))
	})
	f.refused = map[string]int{}
	for i, c := range due {
		if f.refused[c.Repository] == mostRefused {
			continue
		}
		goOn := f.ask(ctx, c, i, len(due), func(err error) {
			if err != nil {
				f.refused[c.Repository]++
			}
			r.At = placeOf(c)
		})
		if !goOn {
			return
		}
	}
	r.At = place{}
	f.close()
}

// start returns the time from which changes are needed.
func (q *queue) start() time.Time {
	start := q.At.Changed
	for _, b := range q.Behind {
		if b.Changed.Before(start) {
			start = b.Changed
		}
	}
	if start.IsZero() {
		return start
	}
	return start.Add(-time.Millisecond) // the changes of that moment, too: they may not all have been followed
}

// remove forgets that a pull request is to be tried again.
func (p *childPosition) remove(c PullRequestChange) {
	p.Again = slices.DeleteFunc(p.Again, func(a PullRequestChange) bool { return a.Repository == c.Repository && a.ID == c.ID })
}

func (q *queue) leave(repository string, from place) {
	if q.Behind == nil {
		q.Behind = map[string]place{}
	}
	q.Behind[repository] = from
}

func (q *queue) follow(c PullRequestChange, behind bool) {
	here := placeOf(c)
	if behind {
		q.Behind[c.Repository] = here
	}
	if q.At.before(c) {
		q.At = here
	}
}

// childrenOf reads all that hangs on one pull request, so that what was deleted can be told.
func childrenOf[T any](ctx context.Context, src Source, c PullRequestChange, what string, id func(T) string) (Chunk, error) {
	chunk := Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace, Repository: c.Repository, PullRequest: c.ID, CreatedOn: c.CreatedOn}}
	path := bitbucket.Path("/repositories/%s/%s/pullrequests/%s/"+what, src.Workspace, c.Repository, fmt.Sprint(c.ID))
	values, complete, err := entire(ctx, src.Client, path, longest, nil, 0, id)
	if err != nil {
		return chunk, fmt.Errorf("listing %s of pull request %d of %s: %w", what, c.ID, c.Repository, err)
	}
	chunk.Objects, chunk.Complete = anys(values), complete
	return chunk, nil
}

package bitbuckettest

import (
	"container/heap"
	"math"
	"sort"
	"time"
)

// The life is a queue of things that people are going to do. Each one, when its time comes, changes the world and may put further ones into
// the queue: a pull request that is opened brings its reviews, a review its replies.

type event struct {
	at    time.Time
	order uint64
	do    func(at time.Time) *Change // nil: it had become pointless
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*q = old[:len(old)-1]
	return e
}

func (w *world) at(t time.Time, do func(at time.Time) *Change) {
	w.pushed++
	heap.Push(&w.queue, event{at: t, order: w.pushed, do: do})
}

// on queues something that happens to a pull request; nothing does once its repository is deleted.
func (w *world) on(p *pullRequest, t time.Time, do func(at time.Time) *Change) {
	w.at(t, func(at time.Time) *Change {
		if p.repo.deleted {
			return nil
		}
		return do(at)
	})
}

// step takes the next thing out of the queue. Changes have times of their own, ever growing.
func (w *world) step() *Change {
	e := heap.Pop(&w.queue).(event)
	at := w.tick(e.at)
	c := e.do(at)
	if c == nil {
		return nil
	}
	w.last = at
	return c
}

// tick is the time of the next change: t, or just after the last change where that is later. What is overdue does not crowd into one
// millisecond: people don't.
func (w *world) tick(t time.Time) time.Time {
	t = t.Truncate(time.Microsecond)
	if !t.After(w.last) {
		t = w.last.Add(time.Millisecond + time.Microsecond)
	}
	return t
}

// liveUntil makes the history. At its end two accounts are deleted.
func (w *world) liveUntil(end time.Time) {
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		w.step()
	}
	deleted := 0
	for _, a := range w.accounts {
		if deleted < 2 && a.kind == "user" && !a.admin && a.weight > 0 && a.from.IsZero() && a.until.Equal(farFuture) {
			a.deleted = true
			deleted++
		}
	}
	w.gather()
}

func (w *world) advance(n int) []Change {
	var done []Change
	for idle := 0; len(done) < n && len(w.queue) > 0 && idle < 10_000; idle++ { // idle for long: there is nobody, or nothing, left
		if c := w.step(); c != nil {
			done = append(done, *c)
			idle = 0
		}
	}
	return done
}

// crowd is who works on a project, to be drawn by weight.
type crowd struct {
	people []*account
	sum    []float64
}

// gather computes the weights anew; call it when somebody or some repository came or went.
func (w *world) gather() {
	w.crowds = make([]crowd, len(w.projects))
	for i := range w.projects {
		c := &w.crowds[i]
		total := 0.0
		for _, a := range w.accounts {
			if a.weight == 0 || a.deleted || a.left {
				continue
			}
			share := a.weight
			if a.home != i {
				share /= 8
			}
			total += share
			c.people, c.sum = append(c.people, a), append(c.sum, total)
		}
	}
	w.repoSum = w.repoSum[:0]
	total := 0.0
	for _, r := range w.repos {
		total += r.weight
		w.repoSum = append(w.repoSum, total)
	}
}

func (w *world) draw(sum []float64) int {
	x := w.rng.Float64() * sum[len(sum)-1]
	return min(sort.SearchFloat64s(sum, x), len(sum)-1)
}

// somebody draws a person of the project who works at that time and is not one of the others; nil where none is found soon.
func (w *world) somebody(p *project, at time.Time, not ...*account) *account {
	c := w.crowds[w.projectIndex(p)]
	if len(c.people) == 0 {
		return nil
	}
draw:
	for range 12 {
		a := c.people[w.draw(c.sum)]
		for _, other := range not {
			if a == other {
				continue draw
			}
		}
		if a.acts(at) {
			return a
		}
	}
	return nil
}

func (w *world) projectIndex(p *project) int {
	for i, x := range w.projects {
		if x == p {
			return i
		}
	}
	return 0
}

// arrive queues the k-th opening of a pull request. The arrivals are spread evenly over the months, and go on beyond them at the same rate:
// each one queues the one that is as many places later.
func (w *world) arrive(k int) {
	n := w.scale.PullRequests
	span := w.end.Sub(w.start)
	t := w.start.Add(time.Duration((float64(k) + w.rng.Float64()) / float64(n) * float64(span)))
	machine := k%16 == 9
	if machine {
		t = t.Truncate(24 * time.Hour).Add(4*time.Hour + time.Duration(w.rng.Int64N(int64(20*time.Minute))))
	} else if k < n {
		t = w.workday(t, -1)
	} else {
		t = w.workday(t, 1)
	}
	if t.Before(w.start) {
		t = t.AddDate(0, 0, 7)
	}
	if k < n && t.After(w.end) { // the last day is not over
		t = w.end.Add(-time.Duration(w.rng.Int64N(int64(span)/int64(n) + 1)))
	} else if k >= n && !t.After(w.end) {
		t = w.end.Add(time.Duration(1 + w.rng.Int64N(int64(12*time.Hour))))
	}
	w.at(t, func(at time.Time) *Change {
		w.arrive(k + n)
		return w.openPullRequest(at, machine)
	})
}

// workday moves a time to a working day (forwards or back, by the sign) and into working hours, except for the few who work late.
func (w *world) workday(t time.Time, sign int) time.Time {
	if w.chance(0.04) {
		return t
	}
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, sign*w.between(1, 4))
	}
	if h := t.Hour(); h < 8 || h >= 18 {
		hours := 8 + 5*(w.rng.Float64()+w.rng.Float64()) // most about one o'clock
		t = t.Truncate(24 * time.Hour).Add(time.Duration(hours * float64(time.Hour)))
	}
	return t
}

// later is a time some hours after t, within working hours, never before t.
func (w *world) later(t time.Time, hours float64) time.Time {
	x := t.Add(time.Duration(hours * float64(time.Hour)))
	y := w.workday(x, 1)
	if y.Before(t) {
		y = w.workday(y.AddDate(0, 0, 1), 1)
	}
	return y.Add(time.Duration(w.rng.Int64N(int64(time.Minute))))
}

// lasting draws a duration in hours around the median, with a heavy tail.
func (w *world) lasting(median float64) float64 { return median * math.Exp(w.rng.NormFloat64()*1.1) }

package extract

import "time"

// A Rhythm counts what has happened in each hour of the week, in UTC, from Sunday on: it tells when the people of a
// workspace work, wherever they live.
type Rhythm [7 * 24]int

// Add counts something that happened.
func (r *Rhythm) Add(at time.Time) { r[hourOfWeek(at)]++ }

func hourOfWeek(t time.Time) int { return int(t.UTC().Weekday())*24 + t.UTC().Hour() }

// A clock is a workspace's own. It runs as any other while people work, and slower while they sleep: what nobody does,
// nobody has to look for. It holds what has passed of the week at the beginning of each hour.
type clock [7*24 + 1]time.Duration

// Asleep is how fast the clock runs at least: somebody may always be awake.
const Asleep = 1. / 8

// clock makes the clock of a rhythm: an hour counts whole in which, with its neighbours, at least as much happened as in the
// mean. Each hour has one for nothing: where little has happened at all, nobody knows who sleeps.
func (r *Rhythm) clock() *clock {
	sum := 0
	for _, n := range r {
		sum += n
	}
	mean := 1 + float64(sum)/float64(len(r))
	var c clock
	for h, n := range r {
		around := 1 + float64(r[(h+len(r)-1)%len(r)]+2*n+r[(h+1)%len(r)])/4
		c[h+1] = c[h] + time.Duration(min(1, max(Asleep, around/mean))*float64(time.Hour))
	}
	return &c
}

// between is how long it took by the clock from one time to a later one.
func (c *clock) between(from, to time.Time) time.Duration {
	const week = 7 * 24 * time.Hour
	whole := c[len(c)-1]
	rest := c.ofWeek(to) - c.ofWeek(from)
	if rest < 0 {
		rest += whole
	}
	weeks := int64(to.Sub(from) / week)
	return time.Duration(weeks)*whole + rest
}

// ofWeek is what has passed of the week.
func (c *clock) ofWeek(t time.Time) time.Duration {
	h := hourOfWeek(t)
	return c[h] + time.Duration(t.Sub(t.Truncate(time.Hour)).Hours()*float64(c[h+1]-c[h]))
}

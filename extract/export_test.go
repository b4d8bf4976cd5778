package extract

import "time"

// LeastSampled is the smallest number of requests for a sample.
const LeastSampled = leastSampled

// SampleOf returns how many ranks a sample of so many repositories divides, for so many requests, how many it asks at least of
// each stratum, and the requests that it takes at most.
func SampleOf(repositories, requests int) (ranks, least, takes int) {
	least = repositories
	for _, s := range strataOf(repositories, requests) {
		span := (s.to-1)/longest - s.from/longest + 1 // pages
		if s.from%longest > 0 {
			span-- // the first one is still there
		}
		ranks, least, takes = ranks+s.to-s.from, min(least, s.asked, s.whole), takes+s.asked+perWhole*s.whole+min(s.asked, span)
	}
	return ranks, least, takes
}

// Waking is how long it took by the clock of a rhythm from one time to another.
func Waking(r Rhythm, from, to time.Time) time.Duration { return r.clock().between(from, to) }

// Cheapest returns the authors that are asked about repositories, and how many requests there are in all.
func Cheapest(repositories []Repository) (authors map[string]bool, requests int) {
	return cheapest(repositories)
}

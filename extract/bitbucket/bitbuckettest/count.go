package bitbuckettest

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// RequestCount says how often a route was answered with a status. The route is a template such as /2.0/repositories/{workspace}, "" for an unknown
// path; the status is 0 where a fault left the request without an answer.
type RequestCount struct {
	Route         string
	Status, Count int
}

type counter struct {
	mu    sync.Mutex
	count map[RequestCount]int // by RequestCount with Count 0
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count = map[RequestCount]int{}
}

func (c *counter) add(template string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[RequestCount{Route: template, Status: status}]++
}

// Requests returns what was asked since New or ResetRequests, by route and status.
func (b *Bitbucket) Requests() []RequestCount {
	b.counts.mu.Lock()
	defer b.counts.mu.Unlock()
	var all []RequestCount
	for k, n := range maps.All(b.counts.count) {
		k.Count = n
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b RequestCount) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Status, b.Status))
	})
	return all
}

// ResetRequests starts the count anew.
func (b *Bitbucket) ResetRequests() { b.counts.reset() }

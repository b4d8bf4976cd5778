package bitbuckettest

import (
	"sync"
	"time"
)

// limiter counts the requests of the last hour, for each consumer (not for each user: that is how Bitbucket's limit works for OAuth) and group
// of resources. Nothing is said to the client about how many are left. A refused request counts like any other: a client that keeps asking burns the next
// hour, too (reported by jenkinsci/bitbucket-branch-source-plugin#280).
type limiter struct {
	mu   sync.Mutex
	past map[[2]string][]time.Time
}

// use counts a request and returns how many there are in the hour, and whether it is within what is allowed.
func (l *limiter) use(client, group string, now time.Time, most int) (used int, ok bool) {
	if most < 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.past == nil {
		l.past = map[[2]string][]time.Time{}
	}
	key := [2]string{client, group}
	past := l.past[key]
	for len(past) > 0 && now.Sub(past[0]) >= time.Hour {
		past = past[1:]
	}
	l.past[key] = append(past, now)
	return len(past) + 1, len(past) < most
}

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

func (l *limiter) allow(client, group string, now time.Time, most int) bool {
	if most < 0 {
		return true
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
	return len(past) < most
}

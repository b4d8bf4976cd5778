package status

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// Bought is what a stream took of the requests, of all workspaces that share the hour.
type Bought struct {
	Stream string `json:"stream"`
	Hour   int    `json:"hour"` // in the last hour
	Day    int    `json:"day"`  // in the last 24 hours
}

// Return is when some of the requests that were spent may be spent again.
type Return struct {
	At       time.Time `json:"at"`
	Requests int       `json:"requests"`
}

// returns come together, so many minutes of them.
const returnsTogether = 10 * time.Minute

// readRequests reads what was spent, by whom, and when it comes back.
func (r *Reader) readRequests(ctx context.Context, c *oauth.Connection, s *Connection, now time.Time) (err error) {
	if s.RequestsSpent, err = r.DB.Spent(ctx, c.Bucket()); err != nil {
		return err
	}
	if s.RequestsLimit, err = PerHour(ctx, r.DB, c, r.PerHour); err != nil {
		return err
	}
	s.Spendings, err = r.DB.Spendings(ctx, c.Bucket(), now.Add(-24*time.Hour))
	s.RequestsByStream, s.RequestsBack = bought(s.Spendings, now), back(s.Spendings, now)
	return err
}

// bought adds up by stream, the one that took the most first.
func bought(spendings []state.Spending, now time.Time) []Bought {
	all := []Bought{}
	at := map[string]int{}
	for _, p := range spendings {
		i, ok := at[p.Stream]
		if !ok {
			i = len(all)
			at[p.Stream] = i
			all = append(all, Bought{Stream: p.Stream})
		}
		if all[i].Day += p.Requests; p.Counts(now) {
			all[i].Hour += p.Requests
		}
	}
	slices.SortStableFunc(all, func(a, b Bought) int {
		return cmp.Or(cmp.Compare(b.Hour, a.Hour), cmp.Compare(b.Day, a.Day), cmp.Compare(a.Stream, b.Stream))
	})
	return all
}

// back tells when requests come back, in steps; each at the end of its step, when all of them have.
func back(spendings []state.Spending, now time.Time) []Return {
	all := []Return{}
	for _, p := range spendings {
		if !p.Counts(now) {
			continue
		}
		at := p.Back().Truncate(returnsTogether)
		if at.Before(p.Back()) {
			at = at.Add(returnsTogether)
		}
		if n := len(all); n > 0 && all[n-1].At.Equal(at) {
			all[n-1].Requests += p.Requests
			continue
		}
		all = append(all, Return{at, p.Requests})
	}
	return all
}

// LeftAt is how many requests were, or, if nothing more is spent, will be, left at a moment of the last 23 hours or of
// those to come.
func (s *Connection) LeftAt(at time.Time) int {
	left := s.RequestsLimit
	for _, p := range s.Spendings {
		if p.Counts(at) {
			left -= p.Requests
		}
	}
	return max(0, left)
}

// PerHour returns how many requests a connection may spend in an hour: what Bitbucket's answers say, as they do to
// access tokens only, or what the settings say. 0: no limit.
func PerHour(ctx context.Context, db *state.DB, c *oauth.Connection, setting int) (int, error) {
	if c.Kind != oauth.KindAccessToken || setting == 0 {
		return setting, nil
	}
	limit, err := db.Limit(ctx, c.Bucket())
	if err != nil || limit == 0 {
		return setting, err
	}
	return limit, nil
}

// shared tells each connection with whom it shares its requests.
func shared(all []Connection, buckets []string) {
	for i := range all {
		for k := range all {
			if i != k && buckets[i] == buckets[k] {
				all[i].RequestsShared = append(all[i].RequestsShared, all[k].Workspace)
			}
		}
	}
}

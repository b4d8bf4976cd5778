package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"bucketlake/extract/state"
)

const (
	// freshFor is how long a token must live on to be handed out: longer than a request waits before it is sent.
	freshFor = time.Minute
	// lockPoll is the mean pause before another look whether somebody else's refresh is done.
	lockPoll = 150 * time.Millisecond
)

// Source hands out access tokens, refreshing them when needed: once, however many goroutines and processes ask. It is
// safe for concurrent use; its fields are set before the first.
type Source struct {
	// Alive asks Bitbucket whether it takes a workspace access token at all. The token was refused, and the same answer
	// says that it is dead or that one endpoint takes no such tokens. Its errors mean that nobody knows.
	Alive func(ctx context.Context, c Connection, access Secret) (bool, error)
	// Refreshed, where it is set, is told how each refresh ended, attempts and all.
	Refreshed func(c Connection, err error)
	// Pauses lie between the attempts of one refresh whose answers can't be used. In all they are shorter than the ten
	// minutes for which Bitbucket still takes a refresh token whose answer was lost.
	Pauses []time.Duration
	// Rest is how long nobody asks again after attempts that were in vain, or after the API refused a new token.
	Rest time.Duration
	// ConsumerRest is how long nobody asks again for a connection after Bitbucket refused its consumer. New settings come
	// with a new process, which asks at once; a consumer that is put right at Bitbucket is found out by asking.
	ConsumerRest time.Duration

	store     *Store
	consumers map[string]*Consumer // by client id

	mu    sync.Mutex
	known map[string]*memory // by connection id: what one connection has never serves another
}

// memory is what this process knows of one connection beside its row.
type memory struct {
	flight  *flight   // the refresh that is under way in this process
	unsaved *unsaved  // tokens that Bitbucket gave and the disk didn't take
	failed  *failure  // the attempts that were in vain
	forced  time.Time // when a token that the API had refused was last refreshed
	alive   verdict
}

// flight is one refresh that others in this process wait for.
type flight struct {
	done      chan struct{}
	token     string
	refreshed bool
	err       error
}

// unsaved is an answer that replaces the tokens of one generation.
type unsaved struct {
	generation int64
	grant      Grant
}

// failure is how the attempts to refresh one generation ended.
type failure struct {
	generation int64
	at         time.Time
	err        error // an *Unavailable, or ErrConsumer
}

// NewSource returns a source of access tokens for the connections in a store. Each is refreshed by the consumer that it
// was made through.
func NewSource(store *Store, consumers []Consumer) *Source {
	s := &Source{
		Pauses: []time.Duration{
			time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
		},
		Rest: 5 * time.Second, ConsumerRest: 10 * time.Minute,
		store: store, consumers: map[string]*Consumer{}, known: map[string]*memory{},
	}
	for _, c := range consumers {
		s.consumers[c.ClientID] = &c
	}
	return s
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Source) Format(f fmt.State, _ rune) { io.WriteString(f, "oauth.Source") }

// Token returns an access token of a workspace, named as for Store.Get. It is the stored one where that lives for
// another minute and isn't stale: the token that the API has just refused with 401, or empty. So a 401 forces one
// refresh, and none where somebody else has refreshed since. Workspace access tokens are handed out as they are.
//
// Errors: ErrNoConnection, ErrRevoked, ErrDisconnected, ErrConsumer and ErrKeyset need a person. ErrNotForToken is the
// endpoint's no. After ErrUnavailable (an *Unavailable says when), or an error of the state database, try again later.
//
// An answer of Bitbucket that was lost is asked for again, for up to three minutes; an end of ctx ends the pauses in
// between. A refresh that was begun is finished, and its answer stored, even if ctx ends meanwhile: an answer that is
// thrown away is a lost connection.
func (s *Source) Token(ctx context.Context, workspace, stale string) (string, error) {
	token, _, err := s.obtain(ctx, workspace, demand{stale: stale})
	return token, err
}

// KeepAlive refreshes a connection whose last refresh is before olderThan, or that has a refresh whose outcome isn't
// known, and says whether it did. It is the same refresh as Token's, with the same errors. Access tokens need none; of one
// that Bitbucket refused, it asks again whether it is good.
func (s *Source) KeepAlive(ctx context.Context, workspace string, olderThan time.Time) (refreshed bool, err error) {
	_, refreshed, err = s.obtain(ctx, workspace, demand{olderThan: olderThan})
	return refreshed, err
}

// demand is what a connection's tokens must be.
type demand struct {
	stale     string    // other than this one, and live for a while
	olderThan time.Time // where it is set: no older than this, and with nothing unfinished
}

func (d demand) met(r record) bool {
	token := r.grant.Token
	switch {
	case r.Kind == KindAccessToken && !d.olderThan.IsZero():
		return r.RefreshStarted.IsZero()
	case r.Kind == KindAccessToken:
		return token.Access.Reveal() != d.stale
	case !d.olderThan.IsZero():
		return r.RefreshStarted.IsZero() && !r.RefreshedAt.Before(d.olderThan)
	}
	return token.Access.Reveal() != d.stale && time.Until(token.Expiry) > freshFor
}

func (s *Source) obtain(ctx context.Context, workspace string, d demand) (token string, refreshed bool, err error) {
	for {
		r, err := s.read(ctx, workspace)
		if err != nil {
			return "", false, err
		}
		if d.met(r) {
			return r.grant.Token.Access.Reveal(), false, nil
		}
		f, leads, err := s.join(r, d)
		if err != nil {
			return "", false, err
		}
		if leads {
			s.lead(ctx, f, r.ID, d)
			if errors.Is(f.err, errSuperseded) {
				continue
			}
			return f.token, f.refreshed, f.err
		}
		select {
		case <-ctx.Done():
			return "", false, fmt.Errorf("waiting for a token of workspace %s: %w", r.Workspace, context.Cause(ctx))
		case <-f.done:
		}
		switch {
		case errors.Is(f.err, errSuperseded) || errors.Is(f.err, errAbandoned):
			// Look again: it changed, or its leader left.
		case f.err == nil && (f.token == d.stale || !d.olderThan.IsZero()) || errors.Is(f.err, ErrNotForToken) && d.stale == "":
			// Look again: it was begun for something else than we want.
		default:
			return f.token, false, f.err
		}
	}
}

// errAbandoned says that a leader's context ended before its refresh was done.
var errAbandoned = errors.New("the refresh was not finished")

// join returns the refresh that is under way, or a new one to lead, or, where it is too early for another one, why.
func (s *Source) join(r record, d demand) (f *flight, leads bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memory(r.ID)
	if m.flight != nil {
		return m.flight, false, nil
	}
	forced := d.stale != "" && d.stale == r.grant.Token.Access.Reveal()
	switch {
	case r.Kind == KindAccessToken:
		if forced && m.alive.generation == r.generation && time.Since(m.alive.at) < aliveFor {
			return nil, false, notForToken(r)
		}
	case m.failed != nil && m.failed.generation == r.generation && time.Since(m.failed.at) < s.rest(m.failed.err):
		return nil, false, refreshing(r, m.failed.again())
	case forced && time.Since(m.forced) < s.Rest:
		return nil, false, refreshing(r, &Unavailable{
			RetryAfter: max(s.Rest-time.Since(m.forced), time.Second),
			Err:        errors.New("the API refuses a token that was refreshed just now"),
		})
	case forced:
		m.forced = time.Now()
	}
	m.flight = &flight{done: make(chan struct{})}
	return m.flight, true, nil
}

// rest is how long nobody asks again after an error.
func (s *Source) rest(err error) time.Duration {
	if errors.Is(err, ErrConsumer) {
		return s.ConsumerRest
	}
	return s.Rest
}

// again is the error for those who come while nobody asks.
func (f *failure) again() error {
	fault, ok := errors.AsType[*Unavailable](f.err)
	if !ok {
		return f.err
	}
	later := *fault
	later.RetryAfter = max(fault.RetryAfter-time.Since(f.at), time.Second)
	return &later
}

// memory is called with mu held.
func (s *Source) memory(id string) *memory {
	m := s.known[id]
	if m == nil {
		m = &memory{}
		s.known[id] = m
	}
	return m
}

// lead does the refresh on the caller's goroutine, not on one of its own: a process that shuts down waits for its
// callers, and so for this.
func (s *Source) lead(ctx context.Context, f *flight, id string, d demand) {
	f.err = errAbandoned // what the others see if a panic passes through here
	defer func() {
		s.mu.Lock()
		s.memory(id).flight = nil
		s.mu.Unlock()
		close(f.done)
	}()
	f.token, f.refreshed, f.err = s.underLock(ctx, id, d)
}

// underLock takes the connection's lock, waiting while another process holds it, and refreshes. The other process's
// refresh serves us as well, so each look begins with the stored token.
//
// A crash of a lock's holder: the system releases the lock, and the next one finds the tokens as they were.
func (s *Source) underLock(ctx context.Context, id string, d demand) (token string, refreshed bool, err error) {
	for {
		unlock, err := s.store.db.Lock(ctx, "refresh-"+id)
		if err == nil {
			defer unlock()
			return s.refresh(ctx, id, d)
		}
		if !errors.Is(err, state.ErrLocked) {
			return "", false, abandoned(ctx, err)
		}
		select {
		case <-ctx.Done():
			return "", false, abandoned(ctx, context.Cause(ctx))
		case <-time.After(lockPoll/2 + rand.N(lockPoll)):
		}
		r, err := s.read(ctx, id)
		if err != nil {
			return "", false, abandoned(ctx, err)
		}
		if d.met(r) {
			return r.grant.Token.Access.Reveal(), false, nil
		}
	}
}

// abandoned marks an error that came of the leader's own context, so that those who wait for it don't fail with it.
func abandoned(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("waiting to refresh a token: %w: %w", errAbandoned, err)
}

// read returns a connection that may be used, with its tokens.
func (s *Source) read(ctx context.Context, workspace string) (record, error) {
	r, err := s.store.load(ctx, workspace)
	switch {
	case err != nil:
		return record{}, err
	case r.unopened != nil:
		return record{}, r.unopened
	case r.State == NeedsReconnect:
		return record{}, r.revoked()
	case r.State == Disconnected:
		return record{}, fmt.Errorf("%w: workspace %s: %s: %s", ErrDisconnected, r.Workspace, r.Reason, r.Remedy())
	}
	return r, nil
}

func refreshing(r record, err error) error {
	return fmt.Errorf("refreshing the token of workspace %s: %w", r.Workspace, err)
}

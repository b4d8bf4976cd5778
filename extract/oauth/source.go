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
	// saveTimeout bounds the note before a refresh and the tokens after it.
	saveTimeout = 20 * time.Second
	// saveAttempts are made, savePause apart, to store tokens that Bitbucket has already given.
	saveAttempts = 3
	savePause    = 500 * time.Millisecond
	// lockPoll is the mean pause before another look whether somebody else's refresh is done.
	lockPoll = 150 * time.Millisecond
)

// Source hands out access tokens, refreshing them when needed: once, however many goroutines and processes ask. It is
// safe for concurrent use.
type Source struct {
	store    *Store
	consumer *Consumer

	mu      sync.Mutex
	flights map[string]*flight  // by connection id: the refresh that is under way in this process
	unsaved map[string]*unsaved // by connection id: tokens that Bitbucket gave and the disk didn't take
}

// flight is one refresh that others in this process wait for.
type flight struct {
	done  chan struct{}
	token string
	err   error
}

// unsaved is an answer that replaces the tokens of one generation.
type unsaved struct {
	generation int64
	grant      Grant
}

// NewSource returns a source of access tokens for the connections in a store.
func NewSource(store *Store, consumer Consumer) *Source {
	return &Source{store: store, consumer: &consumer, flights: map[string]*flight{}, unsaved: map[string]*unsaved{}}
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Source) Format(f fmt.State, _ rune) { io.WriteString(f, "oauth.Source") }

// Token returns an access token of a workspace, named as for Store.Get. It is the stored one where that lives for
// another minute and isn't stale: the token that the API has just refused with 401, or empty. So a 401 forces one
// refresh, and none where somebody else has refreshed since.
//
// Errors: ErrNoConnection, ErrRevoked, ErrDisconnected, ErrConsumer and ErrKeyset need a person; after ErrUnavailable,
// or an error of the state database, try again later. A refresh that was begun is finished, and its answer stored,
// even if ctx ends meanwhile: an answer that is thrown away is a lost connection.
func (s *Source) Token(ctx context.Context, workspace, stale string) (string, error) {
	for {
		r, grant, err := s.read(ctx, workspace)
		if err != nil {
			return "", err
		}
		if usable(grant.Token, stale) {
			return grant.Token.Access.Reveal(), nil
		}
		f, leads := s.join(r.ID)
		if leads {
			s.lead(ctx, f, r.ID, stale)
			if errors.Is(f.err, errSuperseded) {
				continue
			}
			return f.token, f.err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for a token of workspace %s: %w", r.Workspace, context.Cause(ctx))
		case <-f.done:
		}
		switch {
		case errors.Is(f.err, errSuperseded) || errors.Is(f.err, errAbandoned) || f.err == nil && f.token == stale:
			// Look again: it changed, or its leader left before it began, or it was begun before ours went stale.
		default:
			return f.token, f.err
		}
	}
}

// errAbandoned says that a leader's context ended before its refresh began.
var errAbandoned = errors.New("the refresh was not begun")

func (s *Source) join(id string) (f *flight, leads bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.flights[id]; ok {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	s.flights[id] = f
	return f, true
}

// lead does the refresh on the caller's goroutine, not on one of its own: a process that shuts down waits for its
// callers, and so for this.
func (s *Source) lead(ctx context.Context, f *flight, id, stale string) {
	f.err = errAbandoned // what the others see if a panic passes through here
	defer func() {
		s.mu.Lock()
		delete(s.flights, id)
		s.mu.Unlock()
		close(f.done)
	}()
	f.token, f.err = s.underLock(ctx, id, stale)
}

// underLock takes the connection's lock, waiting while another process holds it, and refreshes. The other process's
// refresh serves us as well, so each look begins with the stored token.
//
// A crash of a lock's holder: the system releases the lock, and the next one finds the tokens as they were.
func (s *Source) underLock(ctx context.Context, id, stale string) (string, error) {
	for {
		unlock, err := s.store.db.Lock(ctx, "refresh-"+id)
		if err == nil {
			defer unlock()
			return s.refresh(ctx, id, stale)
		}
		if !errors.Is(err, state.ErrLocked) {
			return "", abandoned(ctx, err)
		}
		select {
		case <-ctx.Done():
			return "", abandoned(ctx, context.Cause(ctx))
		case <-time.After(lockPoll/2 + rand.N(lockPoll)):
		}
		_, grant, err := s.read(ctx, id)
		if err != nil {
			return "", abandoned(ctx, err)
		}
		if usable(grant.Token, stale) {
			return grant.Token.Access.Reveal(), nil
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

// refresh is the protocol that keeps a connection alive. The order of its steps is the point.
func (s *Source) refresh(ctx context.Context, id, stale string) (string, error) {
	// 1. Read again under the lock: whoever held it before us may have refreshed.
	r, grant, err := s.read(ctx, id)
	if err != nil {
		return "", abandoned(ctx, err)
	}
	if usable(grant.Token, stale) {
		return grant.Token.Access.Reveal(), nil
	}
	// From here on the caller's end is not ours.
	ctx = context.WithoutCancel(ctx)
	next, err := s.renew(ctx, r, grant)
	if err != nil {
		return "", err
	}
	// 4. Store the new pair. A crash before this is durable loses the answer: the old refresh token, still stored,
	// works for about ten minutes after step 3, and the next run tries it.
	if err := s.save(ctx, r, next); err != nil {
		return "", err
	}
	// 5. Only now use it. A crash here costs nothing.
	return next.Token.Access.Reveal(), nil
}

// renew gets the answer that replaces the tokens of a record: steps 2 and 3.
func (s *Source) renew(ctx context.Context, r record, grant Grant) (Grant, error) {
	if next, ok := s.takeUnsaved(r); ok {
		return next, nil
	}
	if r.ClientID != s.consumer.ClientID {
		return Grant{}, fmt.Errorf("refreshing the token of workspace %s: %w: it was connected through client id %s, and BITBUCKET_CLIENT_ID is %s: set it back, or run `bucketlake connect --workspace %s`",
			r.Workspace, ErrConsumer, r.ClientID, s.consumer.ClientID, r.Workspace)
	}
	// 2. Note that a refresh begins. A crash after this leaves the note: should Bitbucket refuse the old refresh token
	// later, the reason is known. If even the note can't be stored, the answer couldn't be either: don't ask for it.
	saving, cancel := context.WithTimeout(ctx, saveTimeout)
	err := s.store.begin(saving, r)
	cancel()
	if err != nil {
		return Grant{}, fmt.Errorf("refreshing the token of workspace %s: noting that it begins: %w", r.Workspace, err)
	}
	// 3. Ask. A crash before the request left the process: nothing has happened. A crash after it: see step 4.
	next, err := s.consumer.renew(ctx, grant.Token.Refresh)
	if errors.Is(err, errRefused) {
		return Grant{}, s.revoke(ctx, r, err)
	}
	if err != nil {
		return Grant{}, fmt.Errorf("refreshing the token of workspace %s: %w", r.Workspace, err)
	}
	if len(next.Scopes) == 0 {
		next.Scopes = grant.Scopes
	}
	return next, nil
}

// save stores an answer, in several attempts. One that the disk doesn't take is kept in memory for the next call: to
// ask Bitbucket again would need the old refresh token, whose minutes are counted.
func (s *Source) save(ctx context.Context, r record, next Grant) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	var err error
	for attempt := range saveAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(savePause):
			}
		}
		if err = s.store.renewed(ctx, r, next); err == nil || errors.Is(err, errSuperseded) {
			return err
		}
	}
	s.mu.Lock()
	s.unsaved[r.ID] = &unsaved{generation: r.generation, grant: next}
	s.mu.Unlock()
	return fmt.Errorf("storing the new tokens of workspace %s: %w: make %s writable and keep this process running, or the workspace must be connected again", r.Workspace, err, s.store.db.Name())
}

func (s *Source) takeUnsaved(r record) (Grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.unsaved[r.ID]
	delete(s.unsaved, r.ID)
	if u == nil || u.generation != r.generation {
		return Grant{}, false
	}
	return u.grant, true
}

// revoke notes a final refusal. Where the connection has changed meanwhile, the refusal was about tokens that nobody
// uses any more, and errSuperseded comes back.
func (s *Source) revoke(ctx context.Context, r record, refusal error) error {
	r.Reason = fmt.Sprintf("Bitbucket no longer accepts its refresh token (%v)", refusal)
	if !r.started.IsZero() {
		r.Reason += fmt.Sprintf("; a refresh begun at %s was never finished, and its answer is lost", r.started.Format(time.RFC3339))
	}
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	if err := s.store.revoke(ctx, r, r.Reason); errors.Is(err, errSuperseded) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w (noting it: %w)", r.revoked(), err)
	}
	return r.revoked()
}

// read returns a connection that may be used, with its tokens.
func (s *Source) read(ctx context.Context, workspace string) (record, Grant, error) {
	r, err := s.store.load(ctx, workspace)
	if err != nil {
		return record{}, Grant{}, err
	}
	switch r.State {
	case NeedsReconnect:
		return record{}, Grant{}, r.revoked()
	case Disconnected:
		return record{}, Grant{}, fmt.Errorf("%w: workspace %s: run `bucketlake connect --workspace %s`", ErrDisconnected, r.Workspace, r.Workspace)
	}
	grant, err := s.store.unseal(r)
	return r, grant, err
}

func usable(t Token, stale string) bool {
	return t.Access != "" && t.Access.Reveal() != stale && time.Until(t.Expiry) > freshFor
}

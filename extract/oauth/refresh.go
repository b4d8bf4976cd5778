package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// saveTimeout bounds the note before a refresh and the tokens after it.
	saveTimeout = 20 * time.Second
	// saveAttempts are made, savePause apart, to store tokens that Bitbucket has already given.
	saveAttempts = 3
	savePause    = 500 * time.Millisecond
	// grace is how long Bitbucket takes a refresh token that it has replaced: about ten minutes.
	grace = 10 * time.Minute
	// askingLife bounds the attempts of one refresh, pauses and all.
	askingLife = 3 * time.Minute
	// unhurried is how many pauses are made where Bitbucket has certainly given nothing: no answer is lost meanwhile.
	unhurried = 3
	// longestPause is how long a Retry-After may keep a refresh, and those who wait for it; beyond, the caller decides.
	longestPause = 30 * time.Second
)

// refresh is the protocol that keeps a connection alive. The order of its steps is the point.
func (s *Source) refresh(ctx context.Context, id string, d demand) (token string, refreshed bool, err error) {
	// 1. Read again under the lock: whoever held it before us may have refreshed.
	r, err := s.read(ctx, id)
	if err != nil {
		return "", false, abandoned(ctx, err)
	}
	if d.met(r) {
		return r.grant.Token.Access.Reveal(), false, nil
	}
	if r.Kind == KindAccessToken {
		return s.confirm(ctx, r, d)
	}
	if s.Refreshed != nil {
		defer func() { s.Refreshed(r.Connection, err) }()
	}
	next, err := s.renew(ctx, r)
	if err != nil {
		return "", false, err
	}
	// 4. Store the new pair. A crash before this is durable loses the answer: the old refresh token, still stored,
	// works for about ten minutes after step 3, and the next run tries it.
	if err := s.save(ctx, r, next); err != nil {
		return "", false, err
	}
	// 5. Only now use it. A crash here costs nothing.
	return next.Token.Access.Reveal(), true, nil
}

// renew gets the answer that replaces the tokens of a record: steps 2 and 3.
func (s *Source) renew(ctx context.Context, r record) (Grant, error) {
	if next, ok := s.takeUnsaved(r); ok {
		return next, nil
	}
	consumer := s.consumers[r.ClientID]
	if consumer == nil {
		return Grant{}, refreshing(r, s.noConsumer(r))
	}
	// 2. Note that a refresh begins. A crash after this leaves the note: should Bitbucket refuse the old refresh token
	// later, the reason is known. If even the note can't be stored, the answer couldn't be either: don't ask for it.
	began := time.Now()
	if err := s.note(ctx, r, s.store.begin); err != nil {
		return Grant{}, refreshing(r, fmt.Errorf("noting that it begins: %w", err))
	}
	// 3. Ask. A crash before the request left the process: nothing has happened. A crash after it: see step 4.
	next, ambiguous, err := s.ask(ctx, consumer, r)
	if err == nil {
		if len(next.Scopes) == 0 {
			next.Scopes = r.grant.Scopes
		}
		return next, nil
	}
	if errors.Is(err, errRefused) {
		if ambiguous && r.RefreshStarted.IsZero() {
			r.RefreshStarted = began.UTC()
		}
		return Grant{}, s.refused(ctx, r, err)
	}
	if !ambiguous {
		// Without the note's being taken back, the next refusal would give a reason that isn't one: nothing worse.
		_ = s.note(ctx, r, s.store.setNote)
	}
	s.remember(r, err)
	return Grant{}, refreshing(r, err)
}

// ask asks for new tokens until there is an answer that can be used. One that was lost may have held new tokens, so it
// is asked for again soon, while Bitbucket still takes the old refresh token: ambiguous says that this has happened.
// Where nothing can be lost any more, and where Bitbucket wants a long pause, the caller comes back later.
//
// A request that was sent is waited for, whatever becomes of ctx. The pauses end with it: whoever stops this process
// waits for it, and the next one goes on.
func (s *Source) ask(ctx context.Context, consumer *Consumer, r record) (next Grant, ambiguous bool, err error) {
	began := time.Now()
	hurry := !r.RefreshStarted.IsZero() && time.Since(r.RefreshStarted) < grace
	for attempt := 0; ; attempt++ {
		next, err := consumer.renew(context.WithoutCancel(ctx), r.grant.Token.Refresh)
		fault, ok := errors.AsType[*Unavailable](err)
		if !ok {
			return next, ambiguous, err
		}
		ambiguous = ambiguous || fault.Ambiguous
		fault.Ambiguous = ambiguous
		pause, again := s.pause(fault, attempt, hurry || ambiguous)
		if !again || time.Since(began)+pause > askingLife {
			return Grant{}, ambiguous, fault
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Grant{}, ambiguous, abandoned(ctx, fmt.Errorf("%w: %w", fault, context.Cause(ctx)))
		}
	}
}

// pause returns how long to wait after an attempt, the first of which is 0, and whether there is another.
func (s *Source) pause(fault *Unavailable, attempt int, hurry bool) (pause time.Duration, again bool) {
	pauses := s.Pauses
	if !hurry {
		pauses = pauses[:min(len(pauses), unhurried)]
	}
	if attempt >= len(pauses) {
		return 0, false
	}
	if fault.limited {
		return max(pauses[attempt], fault.RetryAfter), fault.RetryAfter <= longestPause
	}
	return pauses[attempt], true
}

// remember keeps attempts that were in vain, for those who ask again at once. A caller's end is no such attempt.
func (s *Source) remember(r record, err error) {
	if errors.Is(err, errAbandoned) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory(r.ID).failed = &failure{generation: r.generation, at: time.Now(), err: err}
}

// note writes a note about a refresh, whatever becomes of ctx.
func (s *Source) note(ctx context.Context, r record, write func(context.Context, record) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	return write(ctx, r)
}

// save stores an answer, in several attempts. One that the disk doesn't take is kept in memory for the next call: to
// ask Bitbucket again would need the old refresh token, whose minutes are counted.
func (s *Source) save(ctx context.Context, r record, next Grant) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
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
	s.memory(r.ID).unsaved = &unsaved{generation: r.generation, grant: next}
	s.mu.Unlock()
	return fmt.Errorf("storing the new tokens of workspace %s: %w: make %s writable and keep this process running, or the workspace must be connected again", r.Workspace, err, s.store.db.Name())
}

func (s *Source) takeUnsaved(r record) (Grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memory(r.ID)
	u := m.unsaved
	m.unsaved = nil
	if u == nil || u.generation != r.generation {
		return Grant{}, false
	}
	return u.grant, true
}

// refused notes a final refusal of the refresh token.
func (s *Source) refused(ctx context.Context, r record, refusal error) error {
	r.Reason = fmt.Sprintf("Bitbucket no longer accepts its refresh token (%v)", refusal)
	if !r.RefreshStarted.IsZero() {
		r.Reason += fmt.Sprintf("; a refresh begun at %s was never finished, and its answer is lost", r.RefreshStarted.Format(time.RFC3339))
	}
	return s.revoke(ctx, r)
}

// revoke notes that Bitbucket refused a connection for good. Where the connection has changed meanwhile, the refusal
// was about tokens that nobody uses any more, and errSuperseded comes back.
func (s *Source) revoke(ctx context.Context, r record) error {
	err := s.note(ctx, r, func(ctx context.Context, r record) error { return s.store.revoke(ctx, r, r.Reason) })
	switch {
	case errors.Is(err, errSuperseded):
		return err
	case err != nil:
		return fmt.Errorf("%w (noting it: %w)", r.revoked(), err)
	}
	return r.revoked()
}

// noConsumer says what to set so that a connection's consumer is among ours.
func (s *Source) noConsumer(r record) error {
	var ids []string
	for id := range s.consumers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	have := "none is set up"
	if len(ids) > 0 {
		have = "set up are " + strings.Join(ids, ", ")
	}
	return fmt.Errorf("%w: it was connected through client id %s, and %s: set up that consumer again (BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET), or %s",
		ErrConsumer, r.ClientID, have, r.Remedy())
}

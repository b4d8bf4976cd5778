package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// aliveFor is how long a workspace access token that Bitbucket accepts isn't asked about again.
	aliveFor = 5 * time.Minute
	// confirmAfter is how far apart two refusals of an access token must be to be final: a bad minute of Bitbucket's has
	// passed. confirmWithin is how far apart they may be: beyond, they aren't about the same thing.
	confirmAfter  = time.Minute
	confirmWithin = 25 * time.Hour // a schedule of once a day, and what it is late
)

// verdict is that Bitbucket took the access token of one generation.
type verdict struct {
	generation int64
	at         time.Time
}

// confirm is what a refresh is to an access token: it finds out whether the token that the API refused is still good.
func (s *Source) confirm(ctx context.Context, r record, d demand) (token string, refreshed bool, err error) {
	if err := s.judge(ctx, r); err != nil {
		return "", false, err
	}
	if token = r.grant.Token.Access.Reveal(); token == d.stale {
		return "", false, notForToken(r)
	}
	return token, false, nil
}

// judge asks whether Bitbucket takes a workspace access token at all; nil where it does. Revoking is final, and a bad
// minute may answer 401 to a good token. So it takes two refusals that are apart: the first is noted in the row, for all
// processes, and nobody asks until a second one counts. A crash in between leaves the note, and the next one goes on.
func (s *Source) judge(ctx context.Context, r record) error {
	age := time.Since(r.RefreshStarted)       // of no note: ages
	noted := age >= 0 && age <= confirmWithin // one from a time that is yet to come is a wrong clock's
	if noted && age < confirmAfter {
		return refusedOnce(r, confirmAfter-age)
	}
	alive, err := false, errors.New("this command can't ask")
	if s.Alive != nil {
		alive, err = s.Alive(ctx, r.Connection, r.grant.Token.Access)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return abandoned(ctx, err)
	case err != nil:
		return judging(r, &Unavailable{RetryAfter: askAgain, Err: err})
	case alive:
		return s.acquit(ctx, r)
	case !noted:
		r.RefreshStarted = time.Now().UTC()
		if err := s.note(ctx, r, s.store.setNote); err != nil {
			return judging(r, fmt.Errorf("noting that Bitbucket refused it: %w", err))
		}
		return refusedOnce(r, confirmAfter)
	}
	r.Reason = "Bitbucket no longer accepts its access token"
	if !r.TokenExpiresAt.IsZero() && r.TokenExpiresAt.Before(time.Now()) {
		r.Reason += ", which was to expire on " + r.TokenExpiresAt.Format(time.DateOnly)
	}
	return s.revoke(ctx, r)
}

// acquit remembers that Bitbucket takes an access token, and takes the note of a refusal back.
func (s *Source) acquit(ctx context.Context, r record) error {
	if !r.RefreshStarted.IsZero() {
		r.RefreshStarted = time.Time{}
		if err := s.note(ctx, r, s.store.setNote); err != nil {
			return judging(r, fmt.Errorf("noting that it is: %w", err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory(r.ID).alive = verdict{generation: r.generation, at: time.Now()}
	return nil
}

func judging(r record, err error) error {
	return fmt.Errorf("asking whether the access token of workspace %s is still good: %w", r.Workspace, err)
}

func refusedOnce(r record, again time.Duration) error {
	return judging(r, &Unavailable{RetryAfter: again, Err: errors.New("Bitbucket refused its access token; it is asked again")})
}

func notForToken(r record) error {
	return fmt.Errorf("%w: the token of workspace %s is good elsewhere: connect the workspace through an OAuth consumer to read this", ErrNotForToken, r.Workspace)
}

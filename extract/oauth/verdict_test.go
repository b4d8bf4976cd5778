package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bucketlake/extract/oauth"
)

// refusedAgo makes the note of a refusal as old as that.
func (p *process) refusedAgo(t *testing.T, ago time.Duration) {
	t.Helper()
	p.execute(t, fmt.Sprintf("UPDATE connections SET refresh_started_at = %d WHERE refresh_started_at <> 0", time.Now().Add(-ago).UnixMilli()))
}

// bench is what Bitbucket says of access tokens, and how often it was asked.
type bench struct {
	alive atomic.Bool
	asked atomic.Int32
}

func (b *bench) ask(context.Context, oauth.Connection, oauth.Secret) (bool, error) {
	b.asked.Add(1)
	return b.alive.Load(), nil
}

// bring lets a process ask at the bench.
func (b *bench) bring(p *process) *process {
	p.source.Alive = b.ask
	return p
}

func wantRefusedOnce(t *testing.T, p *process, err error) {
	t.Helper()
	fault, ok := errors.AsType[*oauth.Unavailable](err)
	if !ok || fault.RetryAfter <= 0 || fault.RetryAfter > time.Minute || errors.Is(err, oauth.ErrRevoked) ||
		!strings.Contains(err.Error(), "Bitbucket refused its access token; it is asked again") || strings.Contains(err.Error(), "planted") {
		t.Errorf("refused once: %v", err)
	}
	if c := p.get(t); c.State != oauth.Connected || time.Since(c.RefreshStarted) > 30*time.Minute {
		t.Errorf("refused once: %+v", c)
	}
}

// A bad minute of Bitbucket's, in which a hundred streams of two processes get 401, costs no access token.
func TestRefusalsTogetherAreOne(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		var b bench
		processes := []*process{b.bring(i.start(t)), b.bring(i.start(t))}
		processes[0].connectToken(t, "planted-1", time.Time{})
		var group sync.WaitGroup
		for n := range 100 {
			group.Go(func() {
				p := processes[n%2]
				_, err := p.source.Token(t.Context(), "acme", "planted-1")
				wantRefusedOnce(t, p, err)
			})
		}
		group.Wait()
		p := b.bring(i.start(t)) // as after a crash
		p.refusedAgo(t, 58*time.Second)
		_, err := p.source.Token(t.Context(), "acme", "planted-1")
		wantRefusedOnce(t, p, err)
		_, err = p.source.KeepAlive(t.Context(), "acme", time.Now())
		wantRefusedOnce(t, p, err)
		if n := b.asked.Load(); n != 1 {
			t.Errorf("asked %d times within a minute, want once", n)
		}
		if token := p.mustToken(t, ""); token != "planted-1" {
			t.Errorf("token %s; it may be good", token)
		}
		// The minute is over, and Bitbucket is well again.
		b.alive.Store(true)
		p.refusedAgo(t, time.Minute)
		if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrNotForToken) {
			t.Errorf("well again: %v", err)
		}
		if c := p.get(t); c.State != oauth.Connected || !c.RefreshStarted.IsZero() {
			t.Errorf("well again: %+v", c)
		}
		// The next refusal is a first one.
		b.alive.Store(false)
		p = b.bring(i.start(t))
		_, err = p.source.Token(t.Context(), "acme", "planted-1")
		wantRefusedOnce(t, p, err)
	})
}

func TestRefusalsApartAreFinal(t *testing.T) {
	for _, c := range []struct {
		ago   time.Duration
		final bool
	}{{time.Minute, true}, {24 * time.Hour, true}, {26 * time.Hour, false}, {-10 * time.Minute, false}} {
		t.Run(c.ago.String(), func(t *testing.T) {
			i := newInstall(t)
			var b bench
			p := b.bring(i.start(t))
			p.connectToken(t, "planted-1", time.Time{})
			_, err := p.source.Token(t.Context(), "acme", "planted-1")
			wantRefusedOnce(t, p, err)
			p.refusedAgo(t, c.ago)
			_, err = p.source.Token(t.Context(), "acme", "planted-1")
			if n := b.asked.Load(); n != 2 {
				t.Errorf("asked %d times, want twice", n)
			}
			if !c.final {
				wantRefusedOnce(t, p, err)
				if at := p.get(t).RefreshStarted; time.Since(at).Abs() > time.Minute {
					t.Errorf("noted as of %s, want now", at)
				}
				return
			}
			if got := p.get(t); !errors.Is(err, oauth.ErrRevoked) || got.State != oauth.NeedsReconnect || !got.RefreshStarted.IsZero() {
				t.Errorf("%v; %+v", err, got)
			}
		})
	}
}

// A refusal that nobody met again is settled all the same, so that it isn't half of a verdict for a day.
func TestKeepAliveSettlesARefusal(t *testing.T) {
	i := newInstall(t)
	var b bench
	p := b.bring(i.start(t))
	refuse := func() {
		t.Helper()
		p.connectToken(t, "planted-1", time.Time{})
		_, err := p.source.Token(t.Context(), "acme", "planted-1")
		wantRefusedOnce(t, p, err)
		p.refusedAgo(t, 2*time.Minute)
	}
	refuse()
	b.alive.Store(true)
	for range 2 {
		if done, err := p.source.KeepAlive(t.Context(), "acme", time.Now()); done || err != nil {
			t.Errorf("alive: %t, %v", done, err)
		}
	}
	if c := p.get(t); c.State != oauth.Connected || !c.RefreshStarted.IsZero() || b.asked.Load() != 2 {
		t.Errorf("alive, asked %d times: %+v", b.asked.Load(), c)
	}
	b.alive.Store(false)
	refuse()
	if _, err := p.source.KeepAlive(t.Context(), "acme", time.Now()); !errors.Is(err, oauth.ErrRevoked) {
		t.Errorf("dead: %v", err)
	}
}

// Both settle the same refusal at once; each gets the answer to what it asked.
func TestKeepAliveBesideToken(t *testing.T) {
	i := newInstall(t)
	var b bench
	p := b.bring(i.start(t))
	p.connectToken(t, "planted-1", time.Time{})
	_, err := p.source.Token(t.Context(), "acme", "planted-1")
	wantRefusedOnce(t, p, err)
	p.refusedAgo(t, 2*time.Minute)
	p.source.Alive = func(context.Context, oauth.Connection, oauth.Secret) (bool, error) {
		b.asked.Add(1)
		time.Sleep(20 * time.Millisecond)
		return true, nil
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if done, err := p.source.KeepAlive(t.Context(), "acme", time.Now()); done || err != nil {
				t.Errorf("KeepAlive: %t, %v", done, err)
			}
		})
		group.Go(func() {
			if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrNotForToken) {
				t.Errorf("Token: %v", err)
			}
		})
	}
	group.Wait()
	if n := b.asked.Load(); n > 3 { // the first one; and one each, where Token's look comes after KeepAlive's
		t.Errorf("asked %d times", n)
	}
}

// A refusal that can't be noted is no half of a verdict, and no verdict.
func TestRefusalThatIsNotNoted(t *testing.T) {
	eachInstall(t, func(t *testing.T, i *install) {
		var b bench
		p := b.bring(i.start(t))
		p.connectToken(t, "planted-1", time.Time{})
		p.trigger(t, "UPDATE ON connections", "NEW.refresh_started_at <> OLD.refresh_started_at")
		for range 2 {
			_, err := p.source.Token(t.Context(), "acme", "planted-1")
			if err == nil || errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), "disk full") {
				t.Errorf("got %v", err)
			}
		}
		p.heal(t, "connections")
		_, err := p.source.Token(t.Context(), "acme", "planted-1")
		wantRefusedOnce(t, p, err)
	})
}

// A new token that comes between two refusals is none of their business.
func TestRefusalOfAnOlderToken(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connectToken(t, "planted-1", time.Time{})
	p.source.Alive = func(context.Context, oauth.Connection, oauth.Secret) (bool, error) {
		p.connectToken(t, "planted-2", time.Time{})
		return false, nil
	}
	if token := p.mustToken(t, "planted-1"); token != "planted-2" {
		t.Errorf("token %s", token)
	}
	if c := p.get(t); c.State != oauth.Connected || !c.RefreshStarted.IsZero() {
		t.Errorf("connection %+v", c)
	}
}

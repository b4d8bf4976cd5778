package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/oauth"
)

// Two workspaces, two consumers, all at once: each connection gets tokens of its own consumer and no other's, whatever
// is in flight, fails or waits to be stored.
func TestConnectionsNeverMix(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		i.bitbucket.secrets["other-key"] = "planted-other-secret"
		other := i.consumer
		other.ClientID, other.ClientSecret = "other-key", "planted-other-secret"
		p := i.open(t)
		p.source = impatient(p.store, other, i.consumer)
		clients := map[string]string{"acme": clientID, "globex": "other-key"}
		for workspace, client := range clients {
			c := oauth.Connection{Workspace: workspace, WorkspaceUUID: "{" + workspace + "}", ClientID: client}
			if _, err := p.store.Save(t.Context(), c, i.bitbucket.IssueTo(client, 0)); err != nil {
				t.Fatal(err)
			}
		}
		var n sync.Map
		i.bitbucket.Fail(func(w http.ResponseWriter, r *http.Request) bool { // now and then, an answer is lost
			id, _, _ := r.BasicAuth()
			count, _ := n.LoadOrStore(id, new(int))
			*count.(*int)++ // one refresh at a time for each
			if *count.(*int)%3 == 1 {
				i.bitbucket.Lose(r)
				w.WriteHeader(502)
				return true
			}
			return false
		})
		var group sync.WaitGroup
		for worker := range 20 {
			group.Go(func() {
				for workspace, client := range clients {
					stale := ""
					for range 5 {
						token, err := p.source.Token(t.Context(), workspace, stale)
						if err != nil || !strings.HasSuffix(token, "-"+client) || token == stale {
							t.Errorf("worker %d, workspace %s: token %s, %v; want another one of %s", worker, workspace, token, err, client)
						}
						stale = token
					}
				}
			})
		}
		group.Wait()
	})
}

// An answer that the disk didn't take is one connection's: another whose row is as old doesn't get it.
func TestUnsavedAnswersNeverMix(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	c := oauth.Connection{Workspace: "globex", WorkspaceUUID: "{g}", ClientID: clientID}
	if _, err := p.store.Save(t.Context(), c, i.bitbucket.Issue(0)); err != nil {
		t.Fatal(err)
	}
	p.trigger(t, "UPDATE ON connections", "NEW.sealed <> OLD.sealed")
	if _, err := p.source.Token(t.Context(), "acme", ""); err == nil {
		t.Fatal("stored on a full disk")
	}
	p.heal(t, "connections")
	theirs, err := p.source.Token(t.Context(), "globex", "")
	if err != nil {
		t.Fatal(err)
	}
	if ours := p.mustToken(t, ""); ours == theirs {
		t.Errorf("both get %s", ours)
	}
	if n := i.bitbucket.Refreshes(); n != 2 {
		t.Errorf("%d refreshes, want one each", n)
	}
}

func (p *process) connectToken(t *testing.T, token oauth.Secret, expires time.Time) oauth.Connection {
	t.Helper()
	c, err := p.store.Save(t.Context(), oauth.Connection{
		Workspace: "acme", WorkspaceUUID: "{7a1c}", AccountName: "acme's token", Kind: oauth.KindAccessToken, ClientID: clientID, TokenExpiresAt: expires,
	}, oauth.Grant{Token: oauth.Token{Access: token, Refresh: "planted-ignored"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		expires := time.Now().Add(-time.Hour).Truncate(time.Millisecond).UTC()
		c := p.connectToken(t, "planted-1", expires)
		got := p.get(t)
		if got.Kind != oauth.KindAccessToken || got.ClientID != "" || !got.TokenExpiresAt.Equal(expires) || !got.IdleUntil().IsZero() || got.Bucket() == "" || strings.Contains(got.Bucket(), clientID) {
			t.Errorf("connection %+v, bucket %q", got, got.Bucket())
		}
		if token := p.mustToken(t, ""); token != "planted-1" {
			t.Errorf("token %s", token)
		}
		if token := p.mustToken(t, "another"); token != "planted-1" {
			t.Errorf("token %s", token)
		}
		if done, err := p.source.KeepAlive(t.Context(), "acme", time.Now().Add(time.Hour)); done || err != nil {
			t.Errorf("KeepAlive: %t, %v", done, err)
		}
		// Nobody can say.
		if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("without Alive: %v", err)
		}
		asked := 0
		fault := errors.New("the network is gone")
		p.source.Alive = func(_ context.Context, asked4 oauth.Connection, access oauth.Secret) (bool, error) {
			asked++
			if asked4.ID != c.ID || access != "planted-1" {
				t.Errorf("asked about %+v, %s", asked4, access.Reveal())
			}
			return true, fault
		}
		if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, fault) {
			t.Errorf("where the question fails: %v", err)
		}
		// Alive: the endpoint doesn't take it. It isn't asked again for each endpoint.
		fault = nil
		for range 3 {
			_, err := p.source.Token(t.Context(), "acme", "planted-1")
			if !errors.Is(err, oauth.ErrNotForToken) || errors.Is(err, oauth.ErrRevoked) || errors.Is(err, oauth.ErrUnavailable) {
				t.Errorf("where it is alive: %v", err)
			}
		}
		if asked != 2 || p.get(t).State != oauth.Connected {
			t.Errorf("asked %d times, want 2; %s", asked, p.get(t).State)
		}
		// Dead: so it is said twice.
		p = i.start(t)
		p.source.Alive = func(context.Context, oauth.Connection, oauth.Secret) (bool, error) { return false, nil }
		if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrUnavailable) || p.get(t).State != oauth.Connected {
			t.Errorf("refused once: %v", err)
		}
		p.refusedAgo(t, 2*time.Minute)
		_, err := p.source.Token(t.Context(), "acme", "planted-1")
		for _, want := range []string{"which was to expire on " + expires.Format(time.DateOnly), "make a new access token", "`bucketlake connect --access-token-file FILE --workspace acme`"} {
			if !errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "planted") {
				t.Errorf("where it is dead: %v, want %q", err, want)
			}
		}
		if got := p.get(t); got.State != oauth.NeedsReconnect || !strings.Contains(got.Reason, "no longer accepts its access token") {
			t.Errorf("connection %+v", got)
		}
		if i.bitbucket.Refreshes() != 0 {
			t.Error("an access token was refreshed")
		}
		// A new one, and then a grant of the consent page: the same connection.
		if again := p.connectToken(t, "planted-2", time.Time{}); again.ID != c.ID || p.mustToken(t, "planted-1") != "planted-2" || !p.get(t).TokenExpiresAt.IsZero() {
			t.Errorf("connected again: %+v", again)
		}
		_, grant := p.connect(t, i, time.Hour)
		if got := p.get(t); p.mustToken(t, "") != grant.Token.Access.Reveal() || got.Kind != oauth.KindOAuth || got.ID != c.ID || got.Bucket() != clientID {
			t.Errorf("connected through the consent page: %+v", got)
		}
	})
}

// A hundred streams that meet the same 401 ask once.
func TestAliveIsAskedOnce(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connectToken(t, "planted-1", time.Time{})
	asked := 0
	p.source.Alive = func(context.Context, oauth.Connection, oauth.Secret) (bool, error) {
		asked++
		time.Sleep(20 * time.Millisecond)
		return true, nil
	}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := p.source.Token(t.Context(), "acme", "planted-1"); !errors.Is(err, oauth.ErrNotForToken) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p, other := i.start(t), i.start(t)
		before, _ := p.connect(t, i, time.Hour)
		if want := before.RefreshedAt.AddDate(0, 3, 0); !before.IdleUntil().Equal(want) {
			t.Errorf("idle until %s, want %s", before.IdleUntil(), want)
		}
		if done, err := p.source.KeepAlive(t.Context(), "acme", before.RefreshedAt); done || err != nil || i.bitbucket.Refreshes() != 0 {
			t.Errorf("what is fresh enough: %t, %v", done, err)
		}
		due := before.RefreshedAt.Add(time.Millisecond)
		time.Sleep(2 * time.Millisecond)
		var group sync.WaitGroup
		var mu sync.Mutex
		refreshed := 0
		for n := range 20 {
			group.Go(func() {
				done, err := []*process{p, other}[n%2].source.KeepAlive(t.Context(), "acme", due)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if done {
					refreshed++
				}
			})
		}
		group.Wait()
		if refreshed != 1 || i.bitbucket.Refreshes() != 1 {
			t.Errorf("%d say that they refreshed, %d did; want 1 and 1", refreshed, i.bitbucket.Refreshes())
		}
		if after := p.get(t); !after.RefreshedAt.After(before.RefreshedAt) || !after.IdleUntil().After(before.IdleUntil()) {
			t.Errorf("connection %+v", after)
		}
		i.bitbucket.Revoke()
		if _, err := p.source.KeepAlive(t.Context(), "acme", time.Now().Add(time.Hour)); !errors.Is(err, oauth.ErrRevoked) {
			t.Errorf("of a dead grant: %v", err)
		}
	})
}

func TestCheckConsumer(t *testing.T) {
	i := newInstall(t)
	skew := time.Duration(0)
	i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(-skew).UTC().Format(http.TimeFormat))
		return false
	})
	for _, skew = range []time.Duration{0, time.Hour, -90 * time.Second} {
		result, err := i.consumer.Check(t.Context())
		if d := result.Skew - skew; err != nil || !result.Dated || d > time.Second || d < -time.Second {
			t.Errorf("skew %s: %+v, %v", skew, result, err)
		}
	}
	if i.bitbucket.Refreshes() != 0 {
		t.Error("something was refreshed")
	}
	wrong := i.consumer
	wrong.ClientSecret = "planted-wrong"
	if result, err := wrong.Check(t.Context()); !errors.Is(err, oauth.ErrConsumer) || strings.Contains(err.Error(), "planted") || !result.Dated {
		t.Errorf("a wrong secret: %+v, %v", result, err)
	}
	for name, c := range map[string]struct {
		status int
		body   map[string]any
		want   error
	}{
		"no callback":   {400, map[string]any{"error": "invalid_request", "error_description": "No callback uri defined for the OAuth client."}, oauth.ErrConsumer},
		"invalid_grant": {400, map[string]any{"error": "invalid_grant"}, nil},
		"tokens":        {200, map[string]any{"access_token": "planted"}, oauth.ErrConsumer},
		"a bad hour":    {503, map[string]any{"error": "planted"}, oauth.ErrUnavailable},
	} {
		i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool { answer(w, c.status, c.body); return true })
		if _, err := i.consumer.Check(t.Context()); !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header()["Date"] = nil
		return false
	})
	if result, err := i.consumer.Check(t.Context()); err != nil || result.Dated {
		t.Errorf("without a date: %+v, %v", result, err)
	}
	i.bitbucket.Close()
	if _, err := i.consumer.Check(t.Context()); !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("unreachable: %v", err)
	}
}

// What holds tokens prints none, whichever way an error or a log prints it.
func TestConnectionsPrintNoSecrets(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	c := p.connectToken(t, "planted-1", time.Time{})
	p.source.Alive = func(context.Context, oauth.Connection, oauth.Secret) (bool, error) { return false, errors.New("no") }
	_, err := p.source.Token(t.Context(), "acme", "planted-1")
	fault, _ := errors.AsType[*oauth.Unavailable](err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb+verb+verb+verb, c, p.source, fault, err); strings.Contains(text, "planted") {
			t.Errorf("%s shows a secret: %s", verb, text)
		}
	}
}

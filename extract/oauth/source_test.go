package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/oauth"
)

func TestTokenReturnsTheStoredOne(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	_, grant := p.connect(t, i, 2*time.Minute)
	if token := p.mustToken(t, ""); token != grant.Token.Access.Reveal() || i.bitbucket.Refreshes() != 0 {
		t.Errorf("token %s after %d refreshes, want the stored one", token, i.bitbucket.Refreshes())
	}
	if token := p.mustToken(t, "an older token"); token != grant.Token.Access.Reveal() || i.bitbucket.Refreshes() != 0 {
		t.Errorf("token %s after %d refreshes, want the stored one: only an older one was refused", token, i.bitbucket.Refreshes())
	}
	if _, err := p.source.Token(t.Context(), "nobody", ""); !errors.Is(err, oauth.ErrNoConnection) {
		t.Errorf("an unknown workspace: %v", err)
	}
}

func TestTokenRefreshes(t *testing.T) {
	for name, c := range map[string]struct {
		life  time.Duration
		stale bool
	}{"expired": {-time.Hour, false}, "about to expire": {30 * time.Second, false}, "refused by the API": {time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			i := newInstall(t)
			p := i.start(t)
			before, grant := p.connect(t, i, c.life)
			stale := ""
			if c.stale {
				stale = grant.Token.Access.Reveal()
			}
			token := p.mustToken(t, stale)
			if token == grant.Token.Access.Reveal() || i.bitbucket.Refreshes() != 1 {
				t.Fatalf("token %s after %d refreshes", token, i.bitbucket.Refreshes())
			}
			if again := i.start(t).mustToken(t, stale); again != token || i.bitbucket.Refreshes() != 1 {
				t.Errorf("another process gets %s after %d refreshes, want the stored %s", again, i.bitbucket.Refreshes(), token)
			}
			after := p.get(t)
			if after.State != oauth.Connected || after.RefreshedAt.Before(before.RefreshedAt) || time.Until(after.ExpiresAt) < time.Hour || len(after.Scopes) != 2 {
				t.Errorf("connection %+v", after)
			}
			// The rotated refresh token is the one that was kept.
			p.mustToken(t, token)
			if i.bitbucket.Refreshes() != 2 {
				t.Errorf("%d refreshes, want 2", i.bitbucket.Refreshes())
			}
		})
	}
}

func TestTokenRefreshesOnce(t *testing.T) {
	i := newInstall(t)
	processes := []*process{i.start(t), i.start(t)}
	_, grant := processes[0].connect(t, i, time.Hour)
	i.bitbucket.Fail(func(http.ResponseWriter, *http.Request) bool { time.Sleep(100 * time.Millisecond); return false })
	var tokens sync.Map
	var group sync.WaitGroup
	for n := range 100 {
		group.Go(func() {
			token, err := processes[n%2].source.Token(t.Context(), "acme", grant.Token.Access.Reveal())
			if err != nil {
				t.Error(err)
			}
			tokens.Store(token, true)
		})
	}
	group.Wait()
	different := 0
	tokens.Range(func(any, any) bool { different++; return true })
	if i.bitbucket.Refreshes() != 1 || different != 1 {
		t.Errorf("%d refreshes and %d tokens for 100 goroutines in two processes, want 1 and 1", i.bitbucket.Refreshes(), different)
	}
}

func TestTokenFinishesARefreshThatItsCallerLeaves(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	ctx, cancel := context.WithCancel(t.Context())
	i.bitbucket.Fail(func(http.ResponseWriter, *http.Request) bool {
		cancel()
		time.Sleep(50 * time.Millisecond)
		return false
	})
	token, err := p.source.Token(ctx, "acme", "")
	if err != nil {
		t.Fatalf("the answer was thrown away: %v", err)
	}
	if stored := i.start(t).mustToken(t, ""); stored != token {
		t.Errorf("stored %s, want %s", stored, token)
	}
}

// A caller that gives up while it waits takes nobody with it: neither when it leads nor when it follows.
func TestTokenGivesUpWaiting(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	p, other := i.start(t), i.start(t)
	c, _ := p.connect(t, i, 0)
	unlock, err := other.db.Lock(t.Context(), "refresh-"+c.ID)
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	var gaveUp atomic.Int32
	for range 5 {
		group.Go(func() {
			if _, err := p.source.Token(impatient, "acme", ""); errors.Is(err, context.DeadlineExceeded) {
				gaveUp.Add(1)
			}
		})
		group.Go(func() {
			if _, err := p.source.Token(t.Context(), "acme", ""); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	unlock()
	group.Wait()
	if gaveUp.Load() != 5 || i.bitbucket.Refreshes() != 1 {
		t.Errorf("%d gave up, %d refreshes; want 5 and 1", gaveUp.Load(), i.bitbucket.Refreshes())
	}
}

func TestTerminalAnswersEndTheConnection(t *testing.T) {
	for _, code := range []int{400, 401} {
		for _, name := range []string{"invalid_grant", "invalid_request"} {
			i := newInstall(t)
			p := i.start(t)
			_, grant := p.connect(t, i, 0)
			i.bitbucket.Fail(func(w http.ResponseWriter, r *http.Request) bool {
				answer(w, code, map[string]any{"error": name, "error_description": "Invalid refresh_token " + r.FormValue("refresh_token")})
				return true
			})
			for range 2 { // the second time without asking Bitbucket
				_, err := p.source.Token(t.Context(), "acme", "")
				if !errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), "run `bucketlake connect --workspace acme`") {
					t.Errorf("%d %s: %v, want ErrRevoked and what to do", code, name, err)
				}
				if strings.Contains(err.Error(), "planted") {
					t.Errorf("error shows a secret: %v", err)
				}
				i.bitbucket.Fail(nil)
			}
			if c := p.get(t); c.State != oauth.NeedsReconnect || !strings.Contains(c.Reason, name) || strings.Contains(c.Reason, grant.Token.Refresh.Reveal()) {
				t.Errorf("%d %s: connection %+v", code, name, c)
			}
			if i.bitbucket.Refreshes() != 0 {
				t.Error("asked again after a final no")
			}
		}
	}
}

func TestOperatorsMistakesLeaveTheConnectionAlive(t *testing.T) {
	for name, c := range map[string]struct {
		mistake func(i *install)
		want    string
	}{
		"wrong secret": {func(i *install) { i.consumer.ClientSecret = "planted-wrong" }, "BITBUCKET_CLIENT_SECRET"},
		"wrong id":     {func(i *install) { i.consumer.ClientID = "another-key" }, "through client id key, and set up are another-key"},
		"invalid_client": {func(i *install) {
			i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
				answer(w, 401, map[string]any{"error": "invalid_client"})
				return true
			})
		}, "BITBUCKET_CLIENT_SECRET"},
		"no callback": {func(i *install) {
			i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
				answer(w, 400, map[string]any{"error": "invalid_request", "error_description": "No callback uri defined for the OAuth client."})
				return true
			})
		}, "no callback URL"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstall(t)
			right := i.consumer
			p := i.start(t)
			p.connect(t, i, 0)
			c.mistake(i)
			_, err := i.start(t).source.Token(t.Context(), "acme", "")
			if !errors.Is(err, oauth.ErrConsumer) || errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "planted") {
				t.Errorf("error %v, want ErrConsumer with %q", err, c.want)
			}
			if got := p.get(t); got.State != oauth.Connected {
				t.Errorf("connection %+v", got)
			}
			i.consumer = right
			i.bitbucket.Fail(nil)
			i.start(t).mustToken(t, "")
		})
	}
}

// A consumer that Bitbucket refuses isn't tried again and again, unless something has changed.
func TestRefusedConsumersRest(t *testing.T) {
	i := newInstall(t)
	synctest.Test(t, func(t *testing.T) {
		p := i.open(t)
		defer p.db.Close()
		p.connect(t, i, 0)
		asked, right := 0, false
		i.consumer.HTTP = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			if asked++; right {
				return response(200, nil, tokens), nil
			}
			return response(401, http.Header{"Content-Type": {"application/json"}}, `{"error":"unauthorized_client"}`), nil
		})}
		p.source = oauth.NewSource(p.store, []oauth.Consumer{i.consumer})
		refused := func(want int) {
			t.Helper()
			_, err := p.source.Token(t.Context(), "acme", "")
			if !errors.Is(err, oauth.ErrConsumer) || !strings.Contains(err.Error(), "check BITBUCKET_CLIENT_ID") || asked != want {
				t.Errorf("asked %d times, want %d: %v", asked, want, err)
			}
			if _, again := p.source.KeepAlive(t.Context(), "acme", time.Now().Add(time.Hour)); again == nil || err == nil || again.Error() != err.Error() || asked != want {
				t.Errorf("asked %d times, want %d: %v, and before %v", asked, want, again, err)
			}
		}
		for range 9 {
			refused(1)
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		refused(2)
		p.connect(t, i, 0) // a new grant was not refused yet
		refused(3)
		right = true
		refused(3)
		if p.source = oauth.NewSource(p.store, []oauth.Consumer{i.consumer}); p.mustToken(t, "") != "a" || asked != 4 {
			t.Errorf("after a restart: asked %d times", asked)
		}
	})
}

func TestAnswersAreReadAsTheyCome(t *testing.T) {
	for name, c := range map[string]struct {
		body     map[string]any
		scopes   string
		expiry   time.Duration
		keepsOld bool
	}{
		"scope":            {map[string]any{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "account issue"}, "account issue", time.Hour, false},
		"scopes":           {map[string]any{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scopes": "account wiki"}, "account wiki", time.Hour, false},
		"no scopes":        {map[string]any{"access_token": "a", "refresh_token": "r", "expires_in": "3600"}, "account repository", time.Hour, false},
		"no life":          {map[string]any{"access_token": "a", "refresh_token": "r"}, "account repository", 2 * time.Hour, false},
		"no refresh token": {map[string]any{"access_token": "a", "expires_in": 3600}, "account repository", time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstall(t)
			p := i.start(t)
			_, grant := p.connect(t, i, 0)
			i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool { answer(w, 200, c.body); return true })
			if token := p.mustToken(t, ""); token != "a" {
				t.Errorf("token %q", token)
			}
			got := p.get(t)
			if strings.Join(got.Scopes, " ") != c.scopes {
				t.Errorf("scopes %q, want %q", got.Scopes, c.scopes)
			}
			if d := time.Until(got.ExpiresAt) - c.expiry; d > time.Second || d < -time.Minute {
				t.Errorf("expires at %s", got.ExpiresAt)
			}
			sent := ""
			i.bitbucket.Fail(func(_ http.ResponseWriter, r *http.Request) bool { sent = r.FormValue("refresh_token"); return false })
			p.source.Token(t.Context(), "acme", "a")
			want := "r"
			if c.keepsOld {
				want = grant.Token.Refresh.Reveal()
			}
			if sent != want {
				t.Errorf("the next refresh sends %q, want %q", sent, want)
			}
		})
	}
}

func TestUnreachableEndpointIsTransient(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	i.bitbucket.Close()
	_, err := p.source.Token(t.Context(), "acme", "")
	if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v, want ErrUnavailable and why", err)
	}
	if c := p.get(t); c.State != oauth.Connected {
		t.Errorf("connection %+v", c)
	}
}

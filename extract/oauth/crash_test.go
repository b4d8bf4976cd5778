package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/oauth"
)

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// crashes are the places at which a process may die, or a write fail, in a refresh. Each happens in the first process,
// at its only attempt.
func crashes(i *install) map[string]func(t *testing.T, p *process) {
	trigger := func(when string) func(*testing.T, *process) {
		return func(t *testing.T, p *process) { p.trigger(t, "UPDATE ON connections", when) }
	}
	transport := func(f roundTripper) func(*testing.T, *process) {
		return func(_ *testing.T, p *process) {
			consumer := i.consumer
			consumer.HTTP = &http.Client{Transport: f}
			p.source = oauth.NewSource(p.store, []oauth.Consumer{consumer})
			p.source.Pauses = nil
		}
	}
	return map[string]func(*testing.T, *process){
		"noting the attempt":      trigger("NEW.refresh_started_at <> 0"),
		"before the request left": transport(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }),
		"before the answer came": transport(func(r *http.Request) (*http.Response, error) {
			response, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			response.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}),
		"storing the answer": trigger("NEW.sealed <> OLD.sealed"),
	}
}

func TestCrashAnywhereIsHealedByTheNextProcess(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		for name, crash := range crashes(i) {
			t.Run(name, func(t *testing.T) {
				p := i.start(t)
				p.connect(t, i, 0)
				crash(t, p)
				token, err := p.source.Token(t.Context(), "acme", "")
				if err == nil {
					t.Fatalf("crashed with %q, %v", token, err)
				}
				if strings.Contains(err.Error(), "planted") || errors.Is(err, oauth.ErrRevoked) {
					t.Errorf("error %v", err)
				}
				if c := p.get(t); c.RefreshStarted.IsZero() != (name == "noting the attempt") {
					t.Errorf("a refresh was begun at %s", c.RefreshStarted)
				}
				next := i.start(t)
				next.heal(t, "connections")
				next.mustToken(t, "")
				if c := next.get(t); c.State != oauth.Connected || !c.RefreshStarted.IsZero() {
					t.Errorf("connection %+v", c)
				}
				next.mustToken(t, next.mustToken(t, "")) // and the pair it stored is good
			})
		}
	})
}

// Too late for the old refresh token: only where the answer was lost does a person have to come, and learns why.
func TestCrashBeyondTheGraceNeedsAReconnect(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		i.bitbucket.Grace = 0
		for name, crash := range crashes(i) {
			t.Run(name, func(t *testing.T) {
				p := i.start(t)
				p.connect(t, i, 0)
				crash(t, p)
				p.source.Token(t.Context(), "acme", "")
				time.Sleep(time.Millisecond)
				next := i.start(t)
				next.heal(t, "connections")
				_, err := next.source.Token(t.Context(), "acme", "")
				if name != "before the answer came" && name != "storing the answer" {
					if err != nil {
						t.Errorf("nothing was lost, but: %v", err)
					}
					return
				}
				if !errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), "was never finished, and its answer is lost") {
					t.Errorf("error %v, want ErrRevoked and why", err)
				}
				if c := next.get(t); c.State != oauth.NeedsReconnect {
					t.Errorf("connection %+v", c)
				}
			})
		}
	})
}

// A disk that was full for longer than the grace: the process that has the answer stores it as soon as it can.
func TestUnsavedAnswerIsKept(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	i.bitbucket.Grace = 0
	p := i.start(t)
	p.connect(t, i, 0)
	crashes(i)["storing the answer"](t, p)
	for range 2 {
		if _, err := p.source.Token(t.Context(), "acme", ""); err == nil || !strings.Contains(err.Error(), "keep this process running") {
			t.Fatalf("on a full disk: %v", err)
		}
	}
	p.heal(t, "connections")
	token := p.mustToken(t, "")
	if i.bitbucket.Refreshes() != 1 {
		t.Errorf("%d refreshes, want 1", i.bitbucket.Refreshes())
	}
	if stored := i.start(t).mustToken(t, ""); stored != token {
		t.Errorf("stored %s, want %s", stored, token)
	}
}

// A person who reconnects while a refresh is under way wins over it, whatever its answer.
func TestReconnectDuringARefreshWins(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"answered": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			i := newInstall(t)
			p, person := i.start(t), i.start(t)
			p.connect(t, i, 0)
			var grant oauth.Grant
			i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
				i.bitbucket.Fail(nil)
				_, grant = person.connect(t, i, time.Hour)
				if refused {
					answer(w, 400, map[string]any{"error": "invalid_grant"})
				}
				return refused
			})
			if token := p.mustToken(t, ""); token != grant.Token.Access.Reveal() {
				t.Errorf("token %s, want the new grant's %s", token, grant.Token.Access.Reveal())
			}
			if c := p.get(t); c.State != oauth.Connected {
				t.Errorf("connection %+v", c)
			}
		})
	}
}

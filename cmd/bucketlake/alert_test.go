package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/cmd/bucketlake/alerts"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
)

// pager is a receiver of alerts.
type pager struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	status int
}

func newPager(t *testing.T) *pager {
	t.Helper()
	p := &pager{status: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("an alert came as %s %s, %v", r.Method, r.Header, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.status != http.StatusOK {
			w.WriteHeader(p.status)
			return
		}
		p.bodies = append(p.bodies, string(body))
	}))
	t.Cleanup(p.Close)
	return p
}

// take returns what came since the last time, as status and kind.
func (p *pager) take(t *testing.T) (said []string, last alerts.Body) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bodies {
		last = alerts.Body{}
		if err := json.Unmarshal([]byte(b), &last); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		var one []string
		for _, e := range last.Alerts {
			one = append(one, e.Status+" "+string(e.Kind)+" "+e.Workspace)
		}
		said = append(said, strings.Join(one, ", "))
	}
	p.bodies = nil
	return said, last
}

// alertLab is a lab whose alerts go to a receiver in memory: a server's goroutines don't belong to the bubble's time.
type alertLab struct {
	*lab
	app   *app
	watch *alerts.Watch
	said  [][]alerts.Alert
	down  error
}

func newAlertLab(t *testing.T) *alertLab {
	l := &alertLab{lab: newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})}
	l.config.alertURL, l.config.alertStaleAfter, l.config.alertFailures = "http://pager.invalid", 26*time.Hour, 3
	l.app = l.open(t)
	l.watch = l.app.alertWatch()
	l.watch.Tell = l.tell
	return l
}

func (l *alertLab) tell(_ context.Context, all []alerts.Alert) error {
	if l.down != nil {
		return l.down
	}
	l.said = append(l.said, all)
	return nil
}

// hours lets hours pass, with a sync and three looks in each, and returns what was said meanwhile, a line a message.
func (l *alertLab) hours(t *testing.T, n int, sync bool) (said []string) {
	t.Helper()
	l.said = nil
	for range n {
		if sync {
			l.app.syncWorkspace(t.Context(), connectionOf(l.app), syncScope{streams: l.config.streams}, silent{l.app.log})
		}
		for range 3 {
			time.Sleep(20 * time.Minute)
			l.app.look(t.Context(), l.watch)
		}
	}
	for _, message := range l.said {
		var words []string
		for _, a := range message {
			word := string(a.Kind)
			if a.Over {
				word += " over"
			}
			words = append(words, word)
		}
		said = append(said, strings.Join(words, ", "))
	}
	return said
}

func (l *alertLab) expect(t *testing.T, when string, said []string, want ...string) {
	t.Helper()
	if !slices.Equal(said, want) {
		t.Errorf("%s it said %q, want %q", when, said, want)
	}
}

// TestAlerts lives through what is told: each once, and once more when it is over.
func TestAlerts(t *testing.T) {
	for name, live := range map[string]func(t *testing.T, l *alertLab){
		"all is well": func(t *testing.T, l *alertLab) {
			l.expect(t, "for a day", l.hours(t, 30, true))
		},
		"the grant is revoked": func(t *testing.T, l *alertLab) {
			l.expect(t, "at first", l.hours(t, 2, true))
			l.bitbucket.RevokeGrants()
			// It grows stale and its runs fail, too; but that is no news.
			l.expect(t, "for a day", l.hours(t, 30, true), "needs_reconnect")
			if a := l.said[0][0]; !strings.Contains(a.Summary, "acme must be connected again") || !strings.Contains(a.Remedy, "bucketlake connect --workspace acme") {
				t.Errorf("it says %+v", a)
			}
			l.reconnect(t)
			l.expect(t, "connected again", l.hours(t, 5, true), "needs_reconnect over")
		},
		"nobody syncs": func(t *testing.T, l *alertLab) {
			l.expect(t, "for a day", l.hours(t, 25, false))
			l.expect(t, "for two more", l.hours(t, 48, false), "stale")
			if a := l.said[0][0]; !strings.Contains(a.Summary, "older than 26h") || !strings.Contains(a.Summary, "pull_requests") {
				t.Errorf("it says %+v", a)
			}
			l.expect(t, "synced again", l.hours(t, 2, true), "stale over")
		},
		"one stream fails": func(t *testing.T, l *alertLab) {
			l.hours(t, 1, true)
			l.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500})
			l.expect(t, "for a day", l.hours(t, 30, true), "stale")
			if a := l.said[0][0]; strings.Contains(a.Summary, "projects") || !strings.Contains(a.Summary, "members") || !strings.Contains(a.Remedy, "500") {
				t.Errorf("it says %+v", a)
			}
		},
		"every run fails": func(t *testing.T, l *alertLab) {
			l.hours(t, 1, true)
			l.bitbucket.Fault(bitbuckettest.Fault{Path: "access_token", Times: -1, Status: 503})
			time.Sleep(2 * time.Hour) // until a refresh is due
			l.expect(t, "after two runs", l.hours(t, 2, true))
			l.expect(t, "after three", l.hours(t, 1, true), "failing")
			l.expect(t, "for ten more", l.hours(t, 10, true))
			l.bitbucket.ClearFaults()
			l.expect(t, "mended", l.hours(t, 1, true), "failing over")
		},
		"it comes and goes": func(t *testing.T, l *alertLab) {
			l.config.alertFailures, l.watch.Failures = 1, 1
			fail := func(n int) []string {
				l.bitbucket.Fault(bitbuckettest.Fault{Path: "/2.0/", Times: -1, Status: 500})
				return l.minutes(t, n)
			}
			mend := func(n int) []string {
				l.bitbucket.ClearFaults()
				return l.minutes(t, n)
			}
			l.expect(t, "at first", fail(1), "failing")
			l.expect(t, "then", mend(1), "failing over")
			for range 3 {
				l.expect(t, "again within the hour", append(fail(1), mend(1)...))
			}
			l.expect(t, "when the hour is over, and it lasts", fail(13), "failing")
		},
		"the receiver is down": func(t *testing.T, l *alertLab) {
			l.down = io.ErrUnexpectedEOF
			l.expect(t, "down", l.hours(t, 30, false))
			l.down = nil
			l.expect(t, "up again", l.hours(t, 1, false), "stale")
			l.expect(t, "later", l.hours(t, 1, false))
			got := scrape(t, opsOf(t, l.app))
			if failed := got[`bucketlake_alerts_total{kind="stale",outcome="failed"}`]; failed < 3 || failed > 15 {
				t.Errorf("a receiver that was down for four hours was asked %v times", failed)
			}
			if told := got[`bucketlake_alerts_total{kind="stale",outcome="told"}`]; told != 1 {
				t.Errorf("it was told %v times", told)
			}
		},
		"the worker starts anew": func(t *testing.T, l *alertLab) {
			l.expect(t, "before", l.hours(t, 30, false), "stale")
			l.app.close()
			l.app = l.open(t)
			l.watch = l.app.alertWatch()
			l.watch.Tell = l.tell
			l.expect(t, "after", l.hours(t, 2, false))
		},
		"somebody disconnects it": func(t *testing.T, l *alertLab) {
			l.expect(t, "before", l.hours(t, 30, false), "stale")
			if err := l.app.store.Disconnect(t.Context(), connectionOf(l.app).ID, "a test"); err != nil {
				t.Fatal(err)
			}
			l.expect(t, "after", l.hours(t, 48, false), "stale over")
		},
		"the hour is never enough": func(t *testing.T, l *alertLab) {
			l.hours(t, 1, true)
			l.config.requestsPerHour = 5
			l.expect(t, "for ten hours", slices.DeleteFunc(l.hours(t, 10, true), func(s string) bool { return s == "stale" }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newAlertLab(t)
				defer func() {
					l.app.close()
					l.close()
				}()
				live(t, l)
			})
		})
	}
}

// minutes is like hours, with a sync and a look every five minutes.
func (l *alertLab) minutes(t *testing.T, n int) (said []string) {
	t.Helper()
	for range n {
		l.app.syncWorkspace(t.Context(), connectionOf(l.app), syncScope{streams: l.config.streams}, silent{l.app.log})
		time.Sleep(5 * time.Minute)
		l.said = nil
		l.app.look(t.Context(), l.watch)
		for _, message := range l.said {
			for _, a := range message {
				word := string(a.Kind)
				if a.Over {
					word += " over"
				}
				said = append(said, word)
			}
		}
	}
	return said
}

// reconnect grants access anew.
func (l *alertLab) reconnect(t *testing.T) {
	t.Helper()
	access, refresh := l.bitbucket.Grant(bitbuckettest.DefaultConsumer.ID)
	_, err := l.app.store.Save(t.Context(), connectionOf(l.app), oauth.Grant{
		Token: oauth.Token{Access: oauth.Secret(access), Refresh: oauth.Secret(refresh), Expiry: time.Now().Add(time.Hour)}, Scopes: bitbuckettest.AllScopes,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAlertsArePosted has a worker, and syncs without one, post to a receiver.
func TestAlertsArePosted(t *testing.T) {
	t.Parallel()
	p := newPager(t)
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	i.set("ALERT_URL", p.URL+"/secret-path")
	i.must(t, "sync")
	if said, _ := p.take(t); said != nil {
		t.Errorf("nothing is the matter, and it said %q", said)
	}
	i.bitbucket.RevokeGrants()
	i.execute(t, "UPDATE connections SET expires_at = 1")
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || strings.Contains(stderr, "secret-path") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	said, body := p.take(t)
	if diff := cmp.Diff([]string{"firing needs_reconnect acme"}, said); diff != "" {
		t.Fatalf("alerts (-want +got):\n%s", diff)
	}
	if body.Source != "bucketlake" || !strings.Contains(body.Text, "⚠️ acme must be connected again") || !strings.Contains(body.Text, "connect --workspace acme") {
		t.Errorf("it says %+v", body)
	}
	_, _ = i.worker(t) // looks as it starts: it was told already
	_, log := i.worker(t)
	eventually(t, "a second worker to start", func() bool { return strings.Contains(log.String(), "worker started") })
	i.connect(t)
	eventually(t, "the end of what a worker reads", func() bool {
		_, stderr, code := i.run(t, "sync")
		if code != 0 && !strings.Contains(stderr, "another run of it is under way") {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		return code == 0
	})
	if said, _ := p.take(t); !slices.Equal(said, []string{"resolved needs_reconnect acme"}) {
		t.Errorf("connected again, it said %q", said)
	}
}

func TestAlertsOnSlack(t *testing.T) {
	t.Parallel()
	p := newPager(t)
	r := alerts.Receiver{URL: oauth.Secret(p.URL), Format: alerts.Slack, PublicURL: "https://bucketlake.example.com"}
	all := []alerts.Alert{{Kind: alerts.Stale, Workspace: "a", Summary: "a is <old> & tired.", Remedy: "Wake it."}, {Kind: alerts.Failing, Workspace: "b", Over: true, Summary: "b works."}}
	if err := r.Tell(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	want := `{"text":"⚠️ a is \u0026lt;old\u0026gt; \u0026amp; tired. Wake it.\n✅ b works.\nhttps://bucketlake.example.com"}`
	if diff := cmp.Diff([]string{want}, p.bodies); diff != "" {
		t.Errorf("it was told (-want +got):\n%s", diff)
	}
	for _, status := range []int{http.StatusNotFound, http.StatusFound} {
		p.status = status
		if err := r.Tell(t.Context(), all); err == nil || strings.Contains(err.Error(), p.URL) {
			t.Errorf("the receiver answers %d: %v", status, err)
		}
	}
	p.Close()
	if err := r.Tell(t.Context(), all); err == nil || !strings.Contains(err.Error(), "ALERT_URL can't be reached") {
		t.Errorf("the receiver is gone: %v", err)
	}
	for address, want := range map[string]alerts.Format{"https://hooks.slack.com/services/a/b/c": alerts.Slack, "https://example.com/hooks.slack.com": alerts.JSON} {
		if got := alerts.FormatOf(address); got != want {
			t.Errorf("%s is told as %s", address, got)
		}
	}
}

func TestAlertSettings(t *testing.T) {
	defaults(t)
	path := file(t, "https://hooks.slack.com/services/planted\n")
	t.Setenv("ALERT_URL_FILE", path)
	c, err := readConfig()
	if err != nil || c.alertURL.Reveal() != "https://hooks.slack.com/services/planted" || c.alertFormat != alerts.Slack || c.alertFailures != 3 || c.alertStaleAfter != 26*time.Hour {
		t.Errorf("got %v, %s, %v", c, c.alertFormat, err)
	}
	t.Setenv("ALERT_FORMAT", "json")
	if c, err := readConfig(); err != nil || c.alertFormat != alerts.JSON {
		t.Errorf("got %s, %v", c.alertFormat, err)
	}
	for name, value := range map[string]string{"ALERT_URL": "https://planted.example", "ALERT_FORMAT": "xml", "ALERT_FAILURES": "0", "ALERT_STALE_AFTER": "soon"} {
		t.Setenv(name, value)
		if _, err := readConfig(); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s=%s: %v", name, value, err)
		}
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("ALERT_URL_FILE", "")
	t.Setenv("ALERT_URL", "planted")
	if _, err := readConfig(); err == nil || !strings.Contains(err.Error(), "ALERT_URL is not an address") || strings.Contains(err.Error(), "planted") {
		t.Errorf("no address: %v", err)
	}
}

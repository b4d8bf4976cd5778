package status_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

// installation is a state database with one connection.
type installation struct {
	t      *testing.T
	db     *state.DB
	reader *status.Reader
	now    time.Time
}

func install(t *testing.T, url string, c oauth.Connection, scopes ...string) *installation {
	t.Helper()
	db, err := state.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := oauth.OpenKeyset(t.Context(), oauth.KeysetConfig{File: filepath.Join(t.TempDir(), "keyset.json")}, db)
	if err != nil {
		t.Fatal(err)
	}
	c.Workspace, c.WorkspaceUUID, c.AccountName = "acme", "{7a1c}", "Ada"
	grant := oauth.Grant{Token: oauth.Token{Access: "a", Expiry: time.Now().Add(time.Hour)}, Scopes: scopes}
	if c.Kind == oauth.KindOAuth {
		grant.Token.Refresh, c.ClientID = "r", "key"
	}
	store := oauth.NewStore(db, keys)
	if _, err := store.Save(t.Context(), c, grant); err != nil {
		t.Fatal(err)
	}
	return &installation{t, db, &status.Reader{DB: db, Store: store, Streams: extract.Streams(), PerHour: 1000}, time.Now()}
}

func (i *installation) execute(statement string, args ...any) {
	i.t.Helper()
	if _, err := i.db.SQL().ExecContext(i.t.Context(), statement, args...); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installation) read() status.Connection {
	i.t.Helper()
	all, err := i.reader.Read(i.t.Context(), i.now)
	if err != nil || len(all) != 1 {
		i.t.Fatalf("%d connections, %v", len(all), err)
	}
	return all[0]
}

var all = []string{"account", "project", "repository", "pullrequest", "pipeline", "webhook", "snippet", "repository:admin"}

func TestHealth(t *testing.T) {
	statetest.Each(t, func(t *testing.T, url string) {
		i := install(t, url, oauth.Connection{Kind: oauth.KindOAuth}, all...)
		want := func(health status.Health, reasons ...string) {
			t.Helper()
			c := i.read()
			if c.Health != health {
				t.Errorf("health %s, want %s: %s", c.Health, health, c.Reason)
			}
			for _, reason := range reasons {
				if !strings.Contains(c.Reason, reason) {
					t.Errorf("no %q in %q", reason, c.Reason)
				}
			}
			if len(reasons) == 0 && c.Reason != "" {
				t.Errorf("a reason for nothing: %q", c.Reason)
			}
		}
		want(status.Green)
		i.execute("UPDATE connections SET refresh_started_at = $1", i.now.Add(-2*time.Minute).UnixMilli())
		want(status.Yellow, "A refresh of its token that began at", "it is tried again.")
		i.execute("UPDATE connections SET refresh_started_at = 0, refreshed_at = $1", i.now.AddDate(0, 0, -84).UnixMilli())
		want(status.Yellow, "Bitbucket forgets this grant in")
		i.execute("UPDATE connections SET refreshed_at = $1, scopes = 'account project repository'", i.now.UnixMilli())
		want(status.Yellow, "Not read: pull_requests, pull_request_activity", "tick Pull requests: Read")
		i.execute("UPDATE connections SET scopes = $1", strings.Join(all, " "))
		err := i.db.SaveRun(t.Context(), state.Run{WorkspaceUUID: "{7a1c}", Started: i.now, Ended: i.now.Add(time.Second), Problem: "the hour's requests are spent"})
		if err != nil {
			t.Fatal(err)
		}
		want(status.Yellow, "The last run is not complete: the hour's requests are spent.")
		i.execute("UPDATE connections SET connected_at = $1", i.now.Add(time.Minute).UnixMilli()) // again, since that run
		want(status.Green)
		i.execute("UPDATE connections SET state = 'needs_reconnect', reason = 'Bitbucket no longer accepts it'")
		want(status.Red, "Bitbucket no longer accepts it.")
		if err := i.reader.Store.Disconnect(t.Context(), i.read().ID, "Ada"); err != nil {
			t.Fatal(err)
		}
		want(status.Off, "Ada disconnected it: nothing is read, and what has landed stays.")
		if c := i.read(); c.GrantDaysLeft != nil || !c.NextRun.IsZero() {
			t.Errorf("disconnected, but %+v", c)
		}
	})
}

func TestAccessTokenThatEnds(t *testing.T) {
	i := install(t, statetest.SQLite(t), oauth.Connection{Kind: oauth.KindAccessToken, TokenExpiresAt: time.Now().AddDate(0, 0, 20)})
	if c := i.read(); c.Health != status.Green || c.GrantDaysLeft != nil {
		t.Errorf("20 days before its end: %+v", c)
	}
	i.now = i.now.AddDate(0, 0, 10)
	if c := i.read(); c.Health != status.Yellow || !strings.Contains(c.Reason, "The access token ends on") {
		t.Errorf("10 days before its end: %+v", c)
	}
	i.db.Observe(t.Context(), "access token of connection "+i.read().ID, state.Limit{PerHour: 2500, NearLimit: true})
	if c := i.read(); c.RequestsLimit != 2500 || c.RequestsLeft() != 500 {
		t.Errorf("the limit is %d, %d are left", c.RequestsLimit, c.RequestsLeft())
	}
}

func TestNextRun(t *testing.T) {
	i := install(t, statetest.SQLite(t), oauth.Connection{Kind: oauth.KindOAuth}, all...)
	i.reader.Started = time.Date(2026, 11, 1, 12, 0, 10, 0, time.UTC)
	i.now = time.Date(2026, 11, 1, 14, 7, 30, 0, time.UTC)
	for spec, want := range map[string]time.Time{
		"@hourly":    time.Date(2026, 11, 1, 15, 0, 0, 0, time.UTC),
		"@every 10m": time.Date(2026, 11, 1, 14, 10, 10, 0, time.UTC),
	} {
		schedule, err := cron.ParseStandard(spec)
		if err != nil {
			t.Fatal(err)
		}
		i.reader.Schedule = schedule
		if got := i.read().NextRun; !got.Equal(want) {
			t.Errorf("%s: the next run is at %s, want %s", spec, got, want)
		}
	}
}

func TestRunningAndWaiting(t *testing.T) {
	i := install(t, statetest.SQLite(t), oauth.Connection{Kind: oauth.KindOAuth}, all...)
	due := i.now.Add(20 * time.Minute)
	i.reader.Queue = func(context.Context) (map[string]time.Time, error) {
		return map[string]time.Time{"{7a1c}": due, "{other}": i.now}, nil
	}
	if c := i.read(); c.Running != nil || c.Waiting == nil || !c.Waiting.Equal(due) {
		t.Errorf("waiting: %+v", c)
	}
	if err := i.db.SetProgress(t.Context(), state.Progress{WorkspaceUUID: "{7a1c}", Started: i.now, Stream: "projects", Done: 1, Total: 3, Requests: 7}); err != nil {
		t.Fatal(err)
	}
	if c := i.read(); c.Waiting != nil || c.Running == nil || c.Running.Stream != "projects" || c.Running.Requests != 7 {
		t.Errorf("running: %+v", c)
	}
}

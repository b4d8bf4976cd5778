package oauth_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/extract/oauth"
)

func TestStoreSavesAndFinds(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	saved, grant := p.connect(t, i, time.Hour)
	if saved.ID == "" || saved.State != oauth.Connected || time.Since(saved.ConnectedAt) > time.Minute ||
		!saved.ExpiresAt.Equal(grant.Token.Expiry.Truncate(time.Millisecond)) {
		t.Errorf("saved %+v", saved)
	}
	for _, name := range []string{"acme", "{7a1c}", "7a1c", saved.ID} {
		got, err := p.store.Get(t.Context(), name)
		if err != nil || cmp.Diff(saved, got) != "" {
			t.Errorf("Get(%q): %v %s", name, err, cmp.Diff(saved, got))
		}
	}
	if _, err := p.store.Get(t.Context(), "nobody"); !errors.Is(err, oauth.ErrNoConnection) || !strings.Contains(err.Error(), "bucketlake connect") {
		t.Errorf("an unknown workspace: %v", err)
	}
	list, err := oauth.NewStore(p.db, nil).List(t.Context())
	if err != nil || cmp.Diff([]oauth.Connection{saved}, list) != "" {
		t.Errorf("List without a keyset: %v %s", err, cmp.Diff([]oauth.Connection{saved}, list))
	}
}

func TestStoreReconnects(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	first, _ := p.connect(t, i, 0)
	i.bitbucket.Revoke()
	if _, err := p.source.Token(t.Context(), "acme", ""); !errors.Is(err, oauth.ErrRevoked) || !strings.Contains(err.Error(), "run `bucketlake connect --workspace acme`") {
		t.Errorf("a token of it: %v", err)
	}
	if c := p.get(t); c.State != oauth.NeedsReconnect || c.Reason == "" {
		t.Errorf("state %s, reason %q", c.State, c.Reason)
	}
	second, grant := p.connect(t, i, time.Hour)
	if second.ID != first.ID || second.State != oauth.Connected || second.Reason != "" {
		t.Errorf("connected again: %+v, was %+v", second, first)
	}
	if token := p.mustToken(t, ""); token != grant.Token.Access.Reveal() {
		t.Errorf("token %s isn't the new grant's", token)
	}
	renamed, err := p.store.Save(t.Context(), oauth.Connection{Workspace: "acme-inc", WorkspaceUUID: "{7a1c}", ClientID: clientID}, i.bitbucket.Issue(time.Hour))
	if err != nil || renamed.ID != first.ID {
		t.Errorf("a renamed workspace: %+v, %v", renamed, err)
	}
	if list, err := p.store.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d connections, %v; want 1", len(list), err)
	}
}

func TestStoreDisconnects(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		c, _ := p.connect(t, i, time.Hour)
		if err := p.store.Disconnect(t.Context(), c.ID, "Ada"); err != nil {
			t.Fatal(err)
		}
		if _, err := p.source.Token(t.Context(), "acme", ""); !errors.Is(err, oauth.ErrDisconnected) || !strings.Contains(err.Error(), "Ada disconnected it") {
			t.Errorf("a token of it: %v", err)
		}
		if got := p.get(t); got.State != oauth.Disconnected || got.Reason != "Ada disconnected it" || len(got.Scopes) != 0 {
			t.Errorf("connection %+v", got)
		}
		var sealed int
		if err := p.db.SQL().QueryRow("SELECT COUNT(sealed) FROM connections").Scan(&sealed); err != nil || sealed != 0 {
			t.Errorf("%d tokens kept, %v", sealed, err)
		}
		if err := p.store.Disconnect(t.Context(), "nobody", "Ada"); !errors.Is(err, oauth.ErrNoConnection) {
			t.Errorf("an unknown connection: %v", err)
		}
		again, grant := p.connect(t, i, time.Hour)
		if again.ID != c.ID || p.mustToken(t, "") != grant.Token.Access.Reveal() {
			t.Errorf("connected again: %+v, was %+v", again, c)
		}
	})
}

// A refresh that is under way can't bring back what a person has disconnected.
func TestDisconnectDuringARefreshWins(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p, person := i.start(t), i.start(t)
		c, _ := p.connect(t, i, 0)
		i.bitbucket.Fail(func(http.ResponseWriter, *http.Request) bool {
			i.bitbucket.Fail(nil)
			if err := person.store.Disconnect(t.Context(), c.ID, "Ada"); err != nil {
				t.Error(err)
			}
			return false
		})
		if _, err := p.source.Token(t.Context(), "acme", ""); !errors.Is(err, oauth.ErrDisconnected) {
			t.Errorf("a token of it: %v", err)
		}
		if got := person.get(t); got.State != oauth.Disconnected {
			t.Errorf("connection %+v", got)
		}
	})
}

func TestStoreRefusesGrantsThatCantLive(t *testing.T) {
	p := newInstall(t).start(t)
	for _, c := range []struct {
		kind  oauth.Kind
		token oauth.Token
	}{{oauth.KindOAuth, oauth.Token{Access: "planted"}}, {oauth.KindOAuth, oauth.Token{Refresh: "planted"}}, {oauth.KindAccessToken, oauth.Token{}}} {
		_, err := p.store.Save(t.Context(), oauth.Connection{Workspace: "acme", WorkspaceUUID: "{7a1c}", Kind: c.kind}, oauth.Grant{Token: c.token})
		if err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("saved %s with %+v: %v", c.kind, c.token, err)
		}
	}
}

func TestSealedTokensBelongToTheirConnection(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connect(t, i, time.Hour)
		if _, err := p.store.Save(t.Context(), oauth.Connection{Workspace: "evil", WorkspaceUUID: "{e}", ClientID: clientID}, i.bitbucket.Issue(time.Hour)); err != nil {
			t.Fatal(err)
		}
		p.execute(t, "UPDATE connections SET sealed = (SELECT sealed FROM connections WHERE workspace = 'acme') WHERE workspace = 'evil'")
		if _, err := p.source.Token(t.Context(), "evil", ""); !errors.Is(err, oauth.ErrKeyset) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("opened another connection's tokens: %v", err)
		}
		p.mustToken(t, "") // acme's own still open
	})
}

func TestNothingPlainOnDisk(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	p.mustToken(t, "")
	files, err := filepath.Glob(filepath.Join(i.dir, "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v: want the database, its -wal and -shm, the keyset", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "planted") {
			t.Errorf("%s holds a secret", file)
		}
	}
}

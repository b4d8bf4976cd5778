// Package connect makes connections: it finds out what a grant reaches, says what storing it would change, and stores
// it. The command and the page share it.
package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
)

// Maker makes connections.
type Maker struct {
	Store *oauth.Store

	// Client returns a client of the API that shows an access token which is not stored yet, and whose requests count
	// against the budget of c.
	Client func(c oauth.Connection, access oauth.Secret) *bitbucket.Client
}

// Offer is a grant, or an access token, that can be stored as the connection of one of the workspaces that it reaches.
type Offer struct {
	Workspaces []Workspace // by slug
	Account    string      // display name of who granted access

	connection oauth.Connection // but for the workspace
	grant      oauth.Grant
	wanted     string // slug or uuid; empty: any
	name       string // slug of what is wanted, as far as it is known
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Offer) Format(f fmt.State, _ rune) { io.WriteString(f, "connect.Offer") }

// Workspace is one that an offer reaches.
type Workspace struct {
	Slug, UUID string
	// Changes says, in sentences, what a person should know before the offer replaces the connection that is there.
	Changes []string
}

// Consent makes an offer of a consent.
func (m *Maker) Consent(ctx context.Context, consent oauth.Consent) (*Offer, error) {
	o := &Offer{
		connection: oauth.Connection{Kind: oauth.KindOAuth, ClientID: consent.Consumer.ClientID},
		grant:      consent.Grant, wanted: consent.Workspace, name: consent.Workspace,
	}
	client := m.Client(o.connection, o.grant.Token.Access)
	user, err := bitbucket.Get[bitbucket.Account](ctx, client, "/user")
	if err != nil {
		return nil, fmt.Errorf("asking who granted access: %w", err)
	}
	o.Account, o.connection.AccountName, o.connection.AccountUUID = user.DisplayName, user.DisplayName, user.UUID
	for page, err := range bitbucket.Pages[bitbucket.WorkspaceAccess](ctx, client, "/user/workspaces", 100, nil) {
		if err != nil {
			return nil, fmt.Errorf("listing the workspaces that access reaches: %w", err)
		}
		for _, w := range page.Values {
			o.Workspaces = append(o.Workspaces, Workspace{Slug: w.Workspace.Slug, UUID: w.Workspace.UUID})
		}
	}
	if len(o.Workspaces) == 0 {
		return nil, errors.New("the account that granted access belongs to no workspace: grant it with an account that does")
	}
	return o, m.compare(ctx, o)
}

// AccessToken makes an offer of a workspace access token. Such a token belongs to no person, and nothing lists what it
// reaches, so the workspace must be named.
//
// Nor does Bitbucket tell when it ends: expires is what the person knows, or zero.
func (m *Maker) AccessToken(ctx context.Context, workspace string, access oauth.Secret, expires time.Time) (*Offer, error) {
	o := &Offer{
		connection: oauth.Connection{Kind: oauth.KindAccessToken, TokenExpiresAt: expires},
		grant:      oauth.Grant{Token: oauth.Token{Access: access}},
	}
	client := m.Client(o.connection, access)
	w, err := bitbucket.Get[bitbucket.Workspace](ctx, client, bitbucket.Path("/workspaces/%s", workspace))
	if err != nil {
		return nil, fmt.Errorf("trying the access token on workspace %s: %w", workspace, err)
	}
	o.Account, o.connection.AccountName = "an access token", "access token"
	o.Workspaces = []Workspace{{Slug: w.Slug, UUID: w.UUID}}
	return o, m.compare(ctx, o)
}

// Choose returns the workspace that is meant, by slug or uuid; where none is named, the one that was asked for, or the
// only one.
func (o *Offer) Choose(workspace string) (Workspace, error) {
	workspace = cmp.Or(workspace, o.wanted)
	var slugs []string
	for _, w := range o.Workspaces {
		if w.Slug == workspace || w.UUID == workspace || workspace == "" && len(o.Workspaces) == 1 {
			return w, nil
		}
		slugs = append(slugs, w.Slug)
	}
	if workspace == "" {
		return Workspace{}, fmt.Errorf("access reaches several workspaces (%s): run bucketlake connect --workspace %s, or another of them",
			strings.Join(slugs, ", "), slugs[0])
	}
	if workspace == o.wanted {
		workspace = o.name
	}
	return Workspace{}, fmt.Errorf("access does not reach workspace %q, only %s: grant it with an account of that workspace, or connect %s",
		workspace, strings.Join(slugs, ", "), slugs[0])
}

// Accept stores the offer as the connection of one of its workspaces.
func (m *Maker) Accept(ctx context.Context, o *Offer, w Workspace) (oauth.Connection, error) {
	c := o.connection
	c.Workspace, c.WorkspaceUUID = w.Slug, w.UUID
	return m.Store.Save(ctx, c, o.grant)
}

// compare fills in what the offer would change of the connections that are there.
func (m *Maker) compare(ctx context.Context, o *Offer) error {
	present, err := m.Store.List(ctx)
	if err != nil {
		return err
	}
	for _, c := range present {
		if c.WorkspaceUUID == o.wanted {
			o.name = c.Workspace
		}
	}
	for i := range o.Workspaces {
		w := &o.Workspaces[i]
		at := slices.IndexFunc(present, func(c oauth.Connection) bool { return c.WorkspaceUUID == w.UUID })
		if at >= 0 {
			w.Changes = changes(&present[at], &o.connection, o.grant.Scopes)
		}
	}
	slices.SortFunc(o.Workspaces, func(a, b Workspace) int { return cmp.Compare(a.Slug, b.Slug) })
	return nil
}

// changes says what is different when after takes the place of before. That permissions come to the ones that were
// there needs no asking.
func changes(before, after *oauth.Connection, scopes []string) []string {
	var said []string
	switch {
	case before.Kind != after.Kind && after.Kind == oauth.KindAccessToken:
		said = append(said, fmt.Sprintf("The access token takes the place of the grant of %s.", before.AccountName))
	case before.Kind != after.Kind:
		said = append(said, fmt.Sprintf("The grant of %s takes the place of the access token.", after.AccountName))
	case before.AccountUUID != after.AccountUUID:
		said = append(said, fmt.Sprintf("It was connected by %s and will be by %s: what only the former may see is no longer read.", before.AccountName, after.AccountName))
	}
	if before.Kind == after.Kind && before.ClientID != after.ClientID {
		said = append(said, fmt.Sprintf("It goes over from the OAuth consumer %s to %s, and its requests count against that one's hour.", before.ClientID, after.ClientID))
	}
	if len(scopes) == 0 || len(before.Scopes) == 0 {
		return said
	}
	streams := lost(before.Scopes, scopes)
	for _, scope := range slices.Sorted(maps.Keys(streams)) {
		said = append(said, fmt.Sprintf("It loses the permission %s, and with it what needs that: %s.",
			extract.Permission(scope), strings.Join(streams[scope], ", ")))
	}
	return said
}

// lost returns the streams that could be read with the scopes before and can't with those after, by the scope that lacks.
func lost(before, after []string) map[string][]string {
	streams := map[string][]string{}
	for _, st := range extract.Streams() {
		if len(st.Missing(before)) > 0 {
			continue
		}
		for _, scope := range st.Missing(after) {
			streams[scope] = append(streams[scope], st.Name)
		}
	}
	return streams
}

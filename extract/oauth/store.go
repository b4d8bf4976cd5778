package oauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"bucketlake/extract/state"
)

// Store keeps connections in the state database.
type Store struct {
	db   *state.DB
	keys *Keyset

	mu     sync.Mutex
	opened map[string]opened // by connection id
}

// opened is what was sealed, as it was last opened: a worker reads the same tokens for each of its requests.
type opened struct {
	sealed []byte
	grant  Grant
}

// NewStore returns a store over an open state database. One without a keyset only lists connections, and can't see
// whether their tokens open.
func NewStore(db *state.DB, keys *Keyset) *Store {
	return &Store{db: db, keys: keys, opened: map[string]opened{}}
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*Store) Format(f fmt.State, _ rune) { io.WriteString(f, "oauth.Store") }

// Save makes a connection out of a grant: connected from now, by the workspace, account, kind, client id and
// TokenExpiresAt of c (its other fields are ignored). A workspace that was connected before, even if it was disconnected
// since, keeps its connection id and gets the new tokens. It returns the connection as it is stored.
//
// Where the keyset is lost, a new one is made; no keyset that exists is ever overwritten.
func (s *Store) Save(ctx context.Context, c Connection, grant Grant) (Connection, error) {
	if c.Kind == "" {
		c.Kind = KindOAuth
	}
	switch {
	case c.Workspace == "" || c.WorkspaceUUID == "":
		return Connection{}, errors.New("saving a connection: the workspace's slug and uuid are needed")
	case grant.Token.Access == "":
		return Connection{}, fmt.Errorf("saving the connection of workspace %s: the access token is empty", c.Workspace)
	case c.Kind == KindOAuth && grant.Token.Refresh == "":
		return Connection{}, fmt.Errorf("saving the connection of workspace %s: there is no refresh token", c.Workspace)
	}
	if c.Kind == KindAccessToken { // what comes of a consumer isn't its own
		c.ClientID, grant.Token.Refresh, grant.Token.Expiry = "", "", c.TokenExpiresAt
	} else {
		c.TokenExpiresAt = time.Time{}
	}
	for {
		saved, err := s.save(ctx, c, grant)
		if errors.Is(err, errSuperseded) {
			continue // another process connected the same workspace for the first time just now
		}
		if err != nil {
			return Connection{}, fmt.Errorf("saving the connection of workspace %s: %w", c.Workspace, err)
		}
		return saved, nil
	}
}

func (s *Store) save(ctx context.Context, c Connection, grant Grant) (Connection, error) {
	c.ID = uuid.NewString()
	err := s.db.SQL().QueryRowContext(ctx, "SELECT id FROM connections WHERE workspace_uuid = $1", c.WorkspaceUUID).Scan(&c.ID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Connection{}, err
	}
	sealed, err := s.seal(ctx, c.ID, grant)
	if err != nil {
		return Connection{}, err
	}
	now := state.FromMillis(state.Millis(time.Now()))
	c.State, c.Reason, c.Scopes, c.ConnectedAt, c.RefreshedAt, c.RefreshStarted = Connected, "", grant.Scopes, now, now, time.Time{}
	c.ExpiresAt, c.TokenExpiresAt = state.FromMillis(state.Millis(grant.Token.Expiry)), state.FromMillis(state.Millis(c.TokenExpiresAt))
	// The id is part of the seal, so the row must still be the one that was looked up, or still be absent.
	result, err := s.db.SQL().ExecContext(ctx, `
		INSERT INTO connections (id, workspace, workspace_uuid, account_name, account_uuid, client_id, state, reason, scopes,
			connected_at, refreshed_at, expires_at, sealed, generation, refresh_started_at, kind, token_expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $9, $10, $11, 1, 0, $12, $13)
		ON CONFLICT (workspace_uuid) DO UPDATE SET workspace = excluded.workspace, account_name = excluded.account_name,
			account_uuid = excluded.account_uuid, client_id = excluded.client_id, state = excluded.state, reason = '',
			scopes = excluded.scopes, connected_at = excluded.connected_at, refreshed_at = excluded.refreshed_at,
			expires_at = excluded.expires_at, sealed = excluded.sealed, generation = connections.generation + 1,
			refresh_started_at = 0, kind = excluded.kind, token_expires_at = excluded.token_expires_at
		WHERE connections.id = excluded.id`,
		c.ID, c.Workspace, c.WorkspaceUUID, c.AccountName, c.AccountUUID, c.ClientID, c.State, strings.Join(c.Scopes, " "),
		state.Millis(now), state.Millis(c.ExpiresAt), sealed, c.Kind, state.Millis(c.TokenExpiresAt))
	return c, changedOne(result, err)
}

// List returns all connections, by workspace. Those whose tokens no key opens are presented as NeedsReconnect, with the
// reason: computed each time, so that they are connected again once the keyset is back.
func (s *Store) List(ctx context.Context) ([]Connection, error) {
	records, err := s.records(ctx)
	if err != nil {
		return nil, err
	}
	var list []Connection
	for _, r := range records {
		s.open(ctx, &r)
		list = append(list, r.Connection)
	}
	return list, nil
}

// Get returns the connection of a workspace, named by slug, uuid (with or without braces) or connection id, or
// ErrNoConnection. Its state is computed as for List.
func (s *Store) Get(ctx context.Context, workspace string) (Connection, error) {
	r, err := s.load(ctx, workspace)
	return r.Connection, err
}

// load returns the record of a workspace, opened.
func (s *Store) load(ctx context.Context, workspace string) (record, error) {
	r, err := s.row(ctx, workspace)
	if err == nil {
		s.open(ctx, &r)
	}
	return r, err
}

// Disconnect forgets a connection's tokens, and says who wanted that. It is durable when it returns, and a refresh that
// is under way can't bring them back. The workspace keeps its connection id: Save connects it again.
//
// SQLite may keep the bytes in its log and in free pages until it needs the space. They are sealed there as well. At
// Bitbucket the grant lives on until it is idle for three months or is revoked in the account's settings.
func (s *Store) Disconnect(ctx context.Context, id, by string) error {
	err := changedOne(s.db.SQL().ExecContext(ctx, `
		UPDATE connections SET state = $2, reason = $3, sealed = NULL, scopes = '', expires_at = 0, token_expires_at = 0,
			refresh_started_at = 0, generation = generation + 1
		WHERE id = $1`, id, Disconnected, by+" disconnected it"))
	if errors.Is(err, errSuperseded) {
		err = ErrNoConnection
	}
	if err != nil {
		return fmt.Errorf("disconnecting connection %s: %w", id, err)
	}
	return nil
}

package oauth

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"bucketlake/extract/state"
)

// columns are those of a record, in the order in which scan reads them.
const columns = `id, workspace, workspace_uuid, account_name, account_uuid, client_id, state, reason, scopes,
	connected_at, refreshed_at, expires_at, sealed, generation, refresh_started_at, kind, token_expires_at`

// errSuperseded says that a connection changed since it was read: somebody reconnected it, or finished the same work.
var errSuperseded = errors.New("the connection has changed meanwhile")

// record is a connection's row. Its generation moves with every change of tokens or state, and every write that
// follows a read says which generation it read: a refresh that comes back late can't overwrite a newer grant, nor
// call it dead.
type record struct {
	Connection
	sealed     []byte
	generation int64
	grant      Grant // opened, where the connection is connected
	unopened   error // why it could not be
}

// sealedTokens is the plain text of a sealed blob.
type sealedTokens struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Expiry  time.Time `json:"expiry"`
	Scopes  []string  `json:"scopes"`
}

func (s *Store) records(ctx context.Context) ([]record, error) {
	rows, err := s.db.SQL().QueryContext(ctx, "SELECT "+columns+" FROM connections ORDER BY workspace, workspace_uuid")
	if err != nil {
		return nil, fmt.Errorf("listing connections: %w", err)
	}
	defer rows.Close()
	var all []record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("listing connections: %w", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing connections: %w", err)
	}
	return all, nil
}

func (s *Store) row(ctx context.Context, workspace string) (record, error) {
	// A slug that one workspace gave up may be another's by now: the latest consent decides.
	r, err := scan(s.db.SQL().QueryRowContext(ctx, "SELECT "+columns+` FROM connections
		WHERE workspace = $1 OR id = $1 OR workspace_uuid = $1 OR workspace_uuid = $2
		ORDER BY CASE WHEN workspace = $1 THEN 1 ELSE 0 END, connected_at DESC LIMIT 1`, workspace, "{"+workspace+"}"))
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, fmt.Errorf("%w: workspace %s: run `bucketlake connect --workspace %s`", ErrNoConnection, workspace, workspace)
	}
	if err != nil {
		return record{}, fmt.Errorf("reading the connection of workspace %s: %w", workspace, err)
	}
	return r, nil
}

// open opens a connected record's tokens. Where no key does, it presents the connection as one that needs a person, and
// stores nothing of that. Where the keyset can't be read now, nothing is known of it.
func (s *Store) open(ctx context.Context, r *record) {
	if r.State != Connected {
		s.mu.Lock()
		delete(s.opened, r.ID) // what is forgotten there is here, too
		s.mu.Unlock()
		return
	}
	if s.keys == nil {
		r.unopened = fmt.Errorf("opening the tokens of workspace %s: %w: none was given", r.Workspace, ErrKeyset)
		return
	}
	s.mu.Lock()
	last := s.opened[r.ID]
	s.mu.Unlock()
	if last.sealed != nil && bytes.Equal(last.sealed, r.sealed) {
		r.grant = last.grant
		return
	}
	plain, err := s.keys.open(ctx, r.sealed, r.ID)
	if lost, ok := errors.AsType[*unopenable](err); ok {
		r.State, r.Reason = NeedsReconnect, lost.reason
		r.unopened = fmt.Errorf("%w (%w): workspace %s: %s: %s", ErrRevoked, ErrKeyset, r.Workspace, r.Reason, r.Remedy())
		return
	}
	if err != nil {
		r.unopened = fmt.Errorf("opening the tokens of workspace %s: %w", r.Workspace, err)
		return
	}
	var t sealedTokens
	if err := json.Unmarshal(plain, &t); err != nil { // its words could quote a token
		r.unopened = fmt.Errorf("opening the tokens of workspace %s: they aren't in a form that this version knows: run the newest version", r.Workspace)
		return
	}
	r.grant = Grant{Token: Token{Access: Secret(t.Access), Refresh: Secret(t.Refresh), Expiry: t.Expiry}, Scopes: t.Scopes}
	s.mu.Lock()
	s.opened[r.ID] = opened{r.sealed, r.grant}
	s.mu.Unlock()
}

// begin notes that a refresh is about to be asked for. The first of several unfinished attempts counts: from there
// run the minutes for which Bitbucket still takes the old refresh token.
func (s *Store) begin(ctx context.Context, r record) error {
	return changedOne(s.db.SQL().ExecContext(ctx, `
		UPDATE connections SET refresh_started_at = CASE WHEN refresh_started_at = 0 THEN $3 ELSE refresh_started_at END
		WHERE id = $1 AND generation = $2`, r.ID, r.generation, state.Millis(time.Now())))
}

// setNote makes the note what the record says. That takes the note of begin back, where Bitbucket has certainly given
// nothing; one that was there before stays, as what became of that refresh still isn't known. Of an access token it notes
// a refusal, or takes it back.
func (s *Store) setNote(ctx context.Context, r record) error {
	return changedOne(s.db.SQL().ExecContext(ctx, "UPDATE connections SET refresh_started_at = $3 WHERE id = $1 AND generation = $2",
		r.ID, r.generation, state.Millis(r.RefreshStarted)))
}

// renewed stores the tokens that a refresh brought, and is durable when it returns.
func (s *Store) renewed(ctx context.Context, r record, grant Grant) error {
	sealed, err := s.seal(ctx, r.ID, grant)
	if err != nil {
		return err
	}
	return changedOne(s.db.SQL().ExecContext(ctx, `
		UPDATE connections SET sealed = $3, scopes = $4, refreshed_at = $5, expires_at = $6, refresh_started_at = 0,
			generation = generation + 1
		WHERE id = $1 AND generation = $2`,
		r.ID, r.generation, sealed, strings.Join(grant.Scopes, " "), state.Millis(time.Now()), state.Millis(grant.Token.Expiry)))
}

// revoke notes that Bitbucket refused the tokens of this record for good. It keeps them: they cost nothing.
func (s *Store) revoke(ctx context.Context, r record, reason string) error {
	return changedOne(s.db.SQL().ExecContext(ctx, `
		UPDATE connections SET state = $3, reason = $4, refresh_started_at = 0, generation = generation + 1
		WHERE id = $1 AND generation = $2`, r.ID, r.generation, NeedsReconnect, reason))
}

func (s *Store) seal(ctx context.Context, id string, grant Grant) ([]byte, error) {
	if s.keys == nil {
		return nil, fmt.Errorf("sealing tokens: %w: none was given", ErrKeyset)
	}
	plain, err := json.Marshal(sealedTokens{
		Access: grant.Token.Access.Reveal(), Refresh: grant.Token.Refresh.Reveal(), Expiry: grant.Token.Expiry, Scopes: grant.Scopes,
	})
	if err != nil {
		return nil, fmt.Errorf("sealing tokens: %w", err)
	}
	return s.keys.seal(ctx, plain, id)
}

func scan(row interface{ Scan(...any) error }) (record, error) {
	var r record
	var scopes string
	var connected, refreshed, expires, started, tokenExpires int64
	err := row.Scan(&r.ID, &r.Workspace, &r.WorkspaceUUID, &r.AccountName, &r.AccountUUID, &r.ClientID, &r.State, &r.Reason, &scopes,
		&connected, &refreshed, &expires, &r.sealed, &r.generation, &started, &r.Kind, &tokenExpires)
	r.Scopes = strings.Fields(scopes)
	r.ConnectedAt, r.RefreshedAt, r.ExpiresAt = state.FromMillis(connected), state.FromMillis(refreshed), state.FromMillis(expires)
	r.RefreshStarted, r.TokenExpiresAt = state.FromMillis(started), state.FromMillis(tokenExpires)
	return r, err
}

// changedOne returns errSuperseded where a fenced write met no row.
func changedOne(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return errSuperseded
	}
	return nil
}

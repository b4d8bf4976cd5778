// Package oauth connects to Bitbucket workspaces and keeps the connections alive.
//
// Flow leads a person through the consent page and ends in a Grant. Store keeps one connection a workspace in the
// state database, its tokens sealed with a Keyset. Source hands out access tokens and refreshes them: Bitbucket rotates
// refresh tokens, so each refresh must happen once, and its answer must never be lost.
package oauth

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNoConnection says that a workspace was never connected.
	ErrNoConnection = errors.New("no such connection")
	// ErrRevoked is terminal: Bitbucket no longer accepts the connection's refresh token. A person must reconnect.
	ErrRevoked = errors.New("the connection must be made again")
	// ErrDisconnected says that a person has disconnected the workspace.
	ErrDisconnected = errors.New("the workspace is disconnected")
	// ErrConsumer says that Bitbucket doesn't accept the consumer's id, secret or callback address: an operator's
	// mistake in the settings. The connections are alive.
	ErrConsumer = errors.New("the OAuth consumer is not accepted")
	// ErrUnavailable says that the token endpoint gave no usable answer this time. The connection is alive: try later.
	ErrUnavailable = errors.New("Bitbucket's token endpoint gave no usable answer")
	// ErrDenied says that a visit to the consent page ended without a grant: a person should try once more.
	ErrDenied = errors.New("access was not granted")
	// ErrKeyset says that the keyset can't be used, or can't open the tokens it should. Nothing was destroyed.
	ErrKeyset = errors.New("the keyset can't be used")
	// ErrKeysetLost is the ErrKeyset of a keyset file that is missing although tokens are sealed with it.
	ErrKeysetLost = fmt.Errorf("%w: its file is missing", ErrKeyset)
)

// State is what can be done with a connection.
type State string

const (
	// Connected has tokens that Bitbucket accepts as far as anybody knows.
	Connected State = "connected"
	// NeedsReconnect has tokens that Bitbucket refused for good.
	NeedsReconnect State = "needs_reconnect"
	// Disconnected has no tokens.
	Disconnected State = "disconnected"
)

// Connection is one workspace and one OAuth grant. Times are UTC.
type Connection struct {
	ID            string // ours; stays the same when the workspace is connected again
	Workspace     string // slug
	WorkspaceUUID string
	AccountName   string // of the person who granted access
	AccountUUID   string
	ClientID      string // of the consumer that the grant was given to
	State         State
	Reason        string // why it isn't connected, in a sentence
	Scopes        []string
	ConnectedAt   time.Time
	RefreshedAt   time.Time // when Bitbucket last gave tokens; a grant unused for three months from here dies
	ExpiresAt     time.Time // of the access token
}

// Token is a pair of tokens.
type Token struct {
	Access  Secret
	Refresh Secret
	Expiry  time.Time // of the access token, UTC
}

// Grant is what Bitbucket gives for a consent, or for a refresh token.
type Grant struct {
	Token  Token
	Scopes []string
}

// revoked is the error for a connection that only a person can bring back.
func (c *Connection) revoked() error {
	return fmt.Errorf("%w: workspace %s: %s: run `bucketlake connect --workspace %s`", ErrRevoked, c.Workspace, c.Reason, c.Workspace)
}

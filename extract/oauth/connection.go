// Package oauth connects to Bitbucket workspaces and keeps the connections alive.
//
// Flow leads a person through the consent page and ends in a Grant. Store keeps one connection a workspace in the
// state database, its tokens sealed with a Keyset. Source hands out access tokens and refreshes them: Bitbucket rotates
// refresh tokens, so each refresh must happen once, and its answer must never be lost.
//
// The tokens in the database open with the Keyset alone. The Keyset is a file, or it is kept beside them, wrapped by a
// key that never leaves AWS KMS.
package oauth

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNoConnection says that a workspace was never connected.
	ErrNoConnection = errors.New("no such connection")
	// ErrRevoked is terminal: only a person can bring the connection back. Bitbucket no longer accepts its tokens, or, where
	// the error is ErrKeyset as well, no key opens them.
	ErrRevoked = errors.New("the connection must be made again")
	// ErrDisconnected says that a person has disconnected the workspace.
	ErrDisconnected = errors.New("the workspace is disconnected")
	// ErrConsumer says that Bitbucket doesn't accept the consumer's id, secret or callback address: an operator's
	// mistake in the settings. The connections are alive.
	ErrConsumer = errors.New("the OAuth consumer is not accepted")
	// ErrUnavailable says that Bitbucket gave no usable answer this time; the error is an *Unavailable. The connection is
	// alive: try later.
	ErrUnavailable = errors.New("Bitbucket gave no usable answer")
	// ErrNotForToken says that Bitbucket refuses a workspace access token at one endpoint and accepts it at others. The
	// connection is alive.
	ErrNotForToken = errors.New("Bitbucket doesn't take workspace access tokens here")
	// ErrDenied says that a visit to the consent page ended without a grant: a person should try once more.
	ErrDenied = errors.New("access was not granted")
	// ErrKeyset says that the keyset can't be used, or can't open the tokens it should. Nothing was destroyed.
	ErrKeyset = errors.New("the keyset can't be used")
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

// Kind is what a connection's tokens are.
type Kind string

const (
	// KindOAuth is a grant of the consent page: an access token of two hours, and a refresh token that rotates.
	KindOAuth Kind = "oauth"
	// KindAccessToken is a workspace access token that a person made in the workspace's settings. Nothing refreshes it.
	KindAccessToken Kind = "access_token"
)

// Connection is one workspace and one grant of access to it. Times are UTC.
type Connection struct {
	ID             string // ours; stays the same when the workspace is connected again
	Workspace      string // slug
	WorkspaceUUID  string
	Kind           Kind
	AccountName    string // of the person who granted access
	AccountUUID    string
	ClientID       string // of the consumer that the grant was given to; empty for an access token
	State          State
	Reason         string // why it isn't connected, in a sentence
	Scopes         []string
	ConnectedAt    time.Time
	RefreshedAt    time.Time // when Bitbucket last gave tokens
	ExpiresAt      time.Time // of the access token; zero where nobody knows
	TokenExpiresAt time.Time // what the person said of an access token's end; zero: nothing
	// RefreshStarted is when the first of the refreshes began whose outcome isn't known; zero where there is none. From
	// there on Bitbucket takes the old refresh token for about ten minutes: KeepAlive, soon, settles it. Of an access token
	// it is when Bitbucket refused it, which is to be confirmed: KeepAlive settles that as well, a minute later.
	RefreshStarted time.Time
}

// Bucket names whose requests an hour Bitbucket counts this connection's against: the OAuth consumer's, which all its
// connections share, or an access token's own.
func (c *Connection) Bucket() string {
	if c.Kind == KindAccessToken {
		return "access token of connection " + c.ID
	}
	return c.ClientID
}

// IdleUntil is when Bitbucket forgets the grant unless it is refreshed before: three months after the last time. Zero
// for access tokens, which don't mind being idle.
func (c *Connection) IdleUntil() time.Time {
	if c.Kind == KindAccessToken || c.RefreshedAt.IsZero() {
		return time.Time{}
	}
	return c.RefreshedAt.AddDate(0, 3, 0)
}

// Remedy is what a person does to bring the connection back.
func (c *Connection) Remedy() string {
	if c.Kind == KindAccessToken {
		return "make a new access token in the workspace's settings and run `bucketlake connect --access-token-file FILE --workspace " + c.Workspace + "`"
	}
	return "run `bucketlake connect --workspace " + c.Workspace + "`"
}

// Token is a pair of tokens, or an access token alone.
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
	return fmt.Errorf("%w: workspace %s: %s: %s", ErrRevoked, c.Workspace, c.Reason, c.Remedy())
}

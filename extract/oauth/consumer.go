package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	// requestTimeout bounds one call of the token endpoint.
	requestTimeout = 30 * time.Second
	// defaultLife is how long an access token lives where the answer doesn't say; Bitbucket's live two hours.
	defaultLife = 2 * time.Hour
	// shortestLife is how long a new access token is taken to live at least. One that is over before it can be used would
	// be refreshed for every request; the API may refuse it instead.
	shortestLife = 2 * freshFor
)

// errRefused is the token endpoint's final no to a code or a refresh token.
var errRefused = errors.New("refused")

// Consumer is an OAuth consumer, as registered in a Bitbucket workspace's settings.
type Consumer struct {
	ClientID     string
	ClientSecret Secret
	AuthorizeURL string
	TokenURL     string
	Name         string       // what people call it; may be empty
	RedirectURL  string       // the consumer's callback URL, or below it; ends in CallbackPath
	HTTP         *http.Client // nil: http.DefaultTransport
}

// config is made for each call, on the stack: no formatter meets the plain secret in a field.
func (c *Consumer) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret.Reveal(),
		RedirectURL:  c.RedirectURL,
		// Bitbucket documents HTTP Basic only. Guessing the style, the library's default, would send a code twice.
		Endpoint: oauth2.Endpoint{AuthURL: c.AuthorizeURL, TokenURL: c.TokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
}

// authorizeURL is the address of the consent page. Scopes are those ticked on the consumer.
func (c *Consumer) authorizeURL(state, verifier string) string {
	return c.config().AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
}

// exchange turns the code of a consent into a grant.
func (c *Consumer) exchange(ctx context.Context, code, verifier string) (Grant, error) {
	ctx, cancel := c.withClient(ctx)
	defer cancel()
	token, err := c.config().Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		err = c.explain(ctx, err)
		if errors.Is(err, errRefused) {
			err = fmt.Errorf("%w: the code of the consent page was not accepted, as it is too old or used: connect again", ErrDenied)
		}
		return Grant{}, fmt.Errorf("exchanging the code of the consent page: %w", err)
	}
	if token.RefreshToken == "" {
		return Grant{}, fmt.Errorf("exchanging the code of the consent page: %w", lost(errors.New("the answer has no refresh token: connect again")))
	}
	return grantOf(token), nil
}

// renew turns a refresh token into a new grant. Bitbucket expires the old refresh token about ten minutes after this;
// where the answer has no new one, the old one stays.
func (c *Consumer) renew(ctx context.Context, refresh Secret) (Grant, error) {
	ctx, cancel := c.withClient(ctx)
	defer cancel()
	token, err := c.config().TokenSource(ctx, &oauth2.Token{RefreshToken: refresh.Reveal()}).Token()
	if err != nil {
		return Grant{}, c.explain(ctx, err)
	}
	return grantOf(token), nil
}

// CheckResult is what an answer of the token endpoint says besides.
type CheckResult struct {
	// Skew is our clock minus Bitbucket's, give or take a second.
	Skew time.Duration
	// Dated is false where the answer bore no date, and Skew is unknown.
	Dated bool
}

// Check asks Bitbucket whether it accepts the consumer's id and secret, by refreshing a made-up token: ErrConsumer where
// it doesn't. No connection is touched.
func (c *Consumer) Check(ctx context.Context) (CheckResult, error) {
	ctx, cancel := c.withClient(ctx)
	defer cancel()
	sent := time.Now()
	_, err := c.config().TokenSource(ctx, &oauth2.Token{RefreshToken: "made-up-to-check-the-consumer"}).Token()
	var result CheckResult
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if theirs, err := http.ParseTime(answer.Response.Header.Get("Date")); err == nil {
			half := time.Since(sent) / 2 // the answer was dated somewhere in between, in whole seconds
			result = CheckResult{Skew: sent.Add(half).Sub(theirs.Add(time.Second / 2)), Dated: true}
		}
	}
	if err == nil {
		return result, fmt.Errorf("checking the OAuth consumer: %w: it gave tokens for a made-up refresh token: check BITBUCKET_TOKEN_URL", ErrConsumer)
	}
	if err = c.explain(ctx, err); errors.Is(err, errRefused) {
		return result, nil
	}
	return result, fmt.Errorf("checking the OAuth consumer: %w", err)
}

// withClient hands the HTTP client to the oauth2 library, which bounds what it reads of a body to one megabyte.
// Redirects are not followed: a 307 would carry the tokens to another host.
func (c *Consumer) withClient(ctx context.Context) (context.Context, context.CancelFunc) {
	client := http.Client{}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	return context.WithValue(ctx, oauth2.HTTPClient, &client), cancel
}

// explain turns an error of the oauth2 library into ErrConsumer, errRefused or an *Unavailable. The library's errors
// print bodies, and those of net/http print what a server sent: none of their words get through, only statuses, and
// errors that are known to quote nobody.
func (c *Consumer) explain(ctx context.Context, err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return c.explainAnswer(answer)
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			cause = fmt.Errorf("no answer within %s", requestTimeout)
		}
		return lost(cause)
	}
	safe := quotesNobody(err)
	switch {
	case neverSent(err):
		return &Unavailable{RetryAfter: askAgain, Err: safe}
	case safe != nil:
		return lost(safe)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return lost(errors.New("the connection failed"))
	}
	return lost(errors.New("it answered with something else than tokens"))
}

// explainAnswer judges an answer of the token endpoint. Only 400 and 401 with one of four error codes are final:
// Bitbucket says invalid_request, not invalid_grant, of a dead refresh token. Anything else, an HTML page with status
// 400 among it, may be a proxy or a bad hour, and a proxy may have lost Bitbucket's answer.
func (c *Consumer) explainAnswer(answer *oauth2.RetrieveError) error {
	status := answer.Response.StatusCode
	if status == http.StatusBadRequest || status == http.StatusUnauthorized {
		switch answer.ErrorCode {
		case "invalid_client", "unauthorized_client":
			return fmt.Errorf("%w: Bitbucket answered %d %s to client id %s: check BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET",
				ErrConsumer, status, answer.ErrorCode, c.ClientID)
		case "invalid_grant", "invalid_request":
			// "No callback uri defined for the OAuth client." is about the consumer, not about the token.
			if strings.Contains(strings.ToLower(answer.ErrorDescription), "callback") {
				return fmt.Errorf("%w: the consumer has no callback URL: set it to %s in the workspace's OAuth consumer settings", ErrConsumer, c.RedirectURL)
			}
			return fmt.Errorf("%w: %d %s", errRefused, status, answer.ErrorCode)
		}
	}
	why := fmt.Errorf("the token endpoint answered %d %s", status, http.StatusText(status))
	if status == http.StatusTooManyRequests {
		return refusedByLimit(answer.Response.Header, why)
	}
	return lost(why)
}

// quotesNobody returns the part of a network error whose text holds nothing that a server or a request said.
func quotesNobody(err error) error {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	return nil
}

func grantOf(token *oauth2.Token) Grant {
	now := time.Now()
	expiry := token.Expiry
	if !expiry.After(now) {
		expiry = now.Add(defaultLife)
	} else if expiry.Before(now.Add(shortestLife)) {
		expiry = now.Add(shortestLife)
	}
	// Bitbucket called the field scopes until May 2026, and scope since.
	scopes := words(token.Extra("scope"))
	if len(scopes) == 0 {
		scopes = words(token.Extra("scopes"))
	}
	return Grant{
		Token:  Token{Access: Secret(token.AccessToken), Refresh: Secret(token.RefreshToken), Expiry: expiry.UTC()},
		Scopes: scopes,
	}
}

// words splits a list of scopes.
func words(scopes any) []string {
	text, _ := scopes.(string)
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
}

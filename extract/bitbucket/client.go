// Package bitbucket is a client of the Bitbucket Cloud REST API 2.0, as far as bucketlake reads it.
//
// It asks for nothing that no table needs (Fields), never sends the token to another host, retries
// what is worth retrying, and counts every request, because requests are what Bitbucket limits.
package bitbucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	attempts       = 5                // of one request, the first one included
	attemptTimeout = 60 * time.Second // of one attempt, body and all
	maxBody        = 32 << 20         // of one answer, unpacked: a page has a few hundred KB
	tooLong        = 555              // what Bitbucket answers where a difference takes it too long
	longestWait    = 60 * time.Second // that a Retry-After may make a request wait; beyond, the caller decides
)

// bodies are buffers that answers are read into; nothing that is made of an answer keeps its bytes.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Client reads the API in the name of one connection.
type Client struct {
	// Base is the address of the API, such as https://api.bitbucket.org/2.0.
	Base string

	// Token returns an access token. It is asked before every attempt; refused is the token that
	// the attempt before was refused with, or empty.
	Token func(ctx context.Context, refused string) (string, error)

	// Spend is asked before every attempt whether the hour's budget has a request left.
	Spend func(ctx context.Context) error

	// Observed, where it is set, is told what an answer says about the hour's limit.
	Observed func(ctx context.Context, limit RateLimit)

	// Attempted, where it is set, is told how each attempt ended, also one that Spend refused.
	Attempted func(ctx context.Context, err error)

	// Transport performs the requests; nil for http.DefaultTransport.
	Transport http.RoundTripper

	// Backoff is how long to wait before the second attempt, on average; it doubles from there.
	// Zero: two seconds.
	Backoff time.Duration

	UserAgent string
	Log       *slog.Logger
}

// Get reads one object into the value that v points to. The query gains the fields= that T needs.
func Get[T any](ctx context.Context, c *Client, path string) (T, error) {
	var v T
	q := url.Values{"fields": {Fields[T]("")}}
	err := c.get(ctx, c.Base+path+"?"+q.Encode(), &v)
	return v, err
}

// get reads address into v, in as many attempts as it takes and is allowed.
func (c *Client) get(ctx context.Context, address string, v any) error {
	var refused string
	backoff := c.Backoff
	if backoff == 0 {
		backoff = 2 * time.Second
	}
	for attempt := 1; ; attempt++ {
		token, err := c.Token(ctx, refused)
		if err != nil {
			return err
		}
		err = c.attempt(ctx, address, token, v)
		if c.Attempted != nil {
			c.Attempted(ctx, err)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		wait := backoff/2 + rand.N(backoff)
		backoff *= 2
		switch e := (*Error)(nil); {
		case errors.Is(err, ErrForeignLink), errors.Is(err, ErrTooLarge), errors.As(err, new(refusal)), attempt == attempts:
			return err
		case !errors.As(err, &e): // a network fault, or a body that ended early or made no sense
		case e.Status == http.StatusUnauthorized:
			if refused != "" {
				return err // a fresh token is refused too: another one won't help
			}
			refused, wait = token, 0
		case e.RetryAfter > longestWait:
			return err
		case e.Status == http.StatusTooManyRequests:
			if e.RetryAfter == 0 {
				return err // the hour is spent; asking again at once would only spend more of the next
			}
			wait = e.RetryAfter
		case e.Status == http.StatusInternalServerError && attempt > 1:
			return err // some queries fail every time
		case e.Status == tooLong:
			return err // and would be again
		case e.Status >= 500:
			wait = max(wait, e.RetryAfter)
		default:
			return err
		}
		c.Log.WarnContext(ctx, "trying again", "error", err, "wait", wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// refusal marks an error of Spend: the budget, not Bitbucket, refused the request.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func (c *Client) attempt(ctx context.Context, address, token string, v any) error {
	if err := c.Spend(ctx); err != nil {
		return refusal{err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, attemptTimeout, ErrUnfinished)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.UserAgent)
	client := http.Client{Transport: c.Transport, CheckRedirect: c.checkRedirect}
	resp, err := client.Do(req) // the transport asks for gzip and unpacks it
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // without the address and its query
		}
		return fmt.Errorf("GET %s: %w", req.URL.Path, unfinished(ctx, err))
	}
	defer resp.Body.Close()
	read := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(read)
	read.Reset()
	_, err = read.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	body := read.Bytes()
	c.Log.DebugContext(ctx, "request", "path", req.URL.Path, "status", resp.StatusCode, "bytes", len(body))
	if limit, said := rateLimit(resp.Header); said && c.Observed != nil {
		c.Observed(ctx, limit)
	}
	switch {
	case resp.StatusCode/100 != 2:
		return newError(resp, body)
	case err != nil:
		return fmt.Errorf("GET %s: reading the answer: %w", req.URL.Path, unfinished(ctx, err))
	case len(body) > maxBody:
		return fmt.Errorf("GET %s: %w", req.URL.Path, ErrTooLarge)
	}
	if err := decode(body, v); err != nil {
		return fmt.Errorf("GET %s: %w: %w", req.URL.Path, ErrNonsense, err)
	}
	return nil
}

// unfinished names the end of an attempt that took too long.
func unfinished(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(context.Cause(ctx), ErrUnfinished) {
		return ErrUnfinished
	}
	return err
}

// checkRedirect follows redirects within the API only (a renamed repository answers with one):
// the token goes with them.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > 5 {
		return errors.New("more than five redirects")
	}
	return c.own(req.URL)
}

// own refuses an address that is not below Base.
func (c *Client) own(u *url.URL) error {
	base, err := url.Parse(c.Base)
	if err != nil {
		return err
	}
	if u.Scheme != base.Scheme || u.Host != base.Host || !strings.HasPrefix(u.Path, base.Path+"/") {
		return fmt.Errorf("%w: to %s", ErrForeignLink, shorten(u.Host))
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

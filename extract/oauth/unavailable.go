package oauth

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// askAgain is when to come back after a fault that says nothing about it.
	askAgain = time.Minute
	// longestRetryAfter bounds what a Retry-After is believed: Bitbucket's limits are those of an hour.
	longestRetryAfter = time.Hour
)

// Unavailable is an answer that could not be used, or none. The connection is alive.
type Unavailable struct {
	// RetryAfter is when it is worth asking again. It is never zero.
	RetryAfter time.Duration
	// Ambiguous says that Bitbucket may have given new tokens, and the answer with them was lost: the old refresh token
	// works for about ten minutes from then.
	Ambiguous bool
	// Err is why. It quotes nobody's words.
	Err error

	limited bool // 429
}

func (e *Unavailable) Error() string { return ErrUnavailable.Error() + ": " + e.Err.Error() }

// Is makes errors.Is(err, ErrUnavailable) true.
func (e *Unavailable) Is(target error) bool { return target == ErrUnavailable }

func (e *Unavailable) Unwrap() error { return e.Err }

// lost is an answer that may have held new tokens.
func lost(why error) *Unavailable {
	return &Unavailable{RetryAfter: askAgain, Ambiguous: true, Err: why}
}

// refusedByLimit is a 429: nothing has happened to the tokens.
func refusedByLimit(h http.Header, why error) *Unavailable {
	return &Unavailable{RetryAfter: retryAfter(h, time.Now()), Err: why, limited: true}
}

// neverSent reports whether a request can't have reached Bitbucket: there was no connection to send it over.
func neverSent(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// retryAfter reads a Retry-After: seconds, or a date, which is counted from the answer's own Date, since our clock may
// be wrong. One that is missing or makes no sense counts as a minute, a longer one than an hour as an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	wait := askAgain
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		wait = time.Duration(min(seconds, uint64(longestRetryAfter/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		wait = longestRetryAfter
	} else if at, err := http.ParseTime(value); err == nil {
		if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
			now = theirs
		}
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), longestRetryAfter)
}

package bitbucket

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Error is an answer of the API other than success.
type Error struct {
	Status     int
	Method     string
	Path       string        // without host and query
	Message    string        // what Bitbucket says, shortened; empty where it says nothing readable
	Scopes     []string      // that the grant lacks, where that is the reason
	RetryAfter time.Duration // from the Retry-After header; 0 where there is none
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		s += ": " + e.Message
	}
	if len(e.Scopes) > 0 {
		s += " (needed: " + strings.Join(e.Scopes, ", ") + "; tick it on the OAuth consumer, then run bucketlake connect)"
	}
	return s
}

// IsStatus reports whether err is an API error with one of the given statuses.
func IsStatus(err error, statuses ...int) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, s := range statuses {
		if e.Status == s {
			return true
		}
	}
	return false
}

// What an answer can be that must not be believed, nor its links followed.
var (
	ErrForeignLink = errors.New("a link leads away from the API")
	ErrLinkLoop    = errors.New("a page links to one that was read already")
	ErrTooLarge    = errors.New("the answer is larger than 32 MB")
	ErrUnfinished  = errors.New("the answer did not end within a minute")
)

// newError reads an error answer. Bitbucket sends JSON, plain text or HTML: the status decides what
// happened, the body is only shown.
func newError(resp *http.Response, body []byte) *Error {
	e := &Error{
		Status: resp.StatusCode, Method: resp.Request.Method, Path: resp.Request.URL.Path,
		RetryAfter: retryAfter(resp.Header),
	}
	var answer struct {
		Error struct {
			Message string          `json:"message"`
			Detail  json.RawMessage `json:"detail"` // a string or an object
		} `json:"error"`
	}
	switch {
	case json.Unmarshal(body, &answer) == nil:
		e.Message = shorten(answer.Error.Message)
		var detail struct{ Required []string }
		if json.Unmarshal(answer.Error.Detail, &detail) == nil {
			for _, scope := range detail.Required[:min(len(detail.Required), mostScopes)] {
				e.Scopes = append(e.Scopes, shorten(scope))
			}
		}
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		e.Message = shorten(string(body))
	}
	return e
}

// shorten makes a text that somebody sent one that can be shown: a line, without what a terminal would
// obey.
func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// longestRetry is the longest Retry-After that is believed, and mostScopes how many scopes are named.
const (
	longestRetry = 24 * time.Hour
	mostScopes   = 20
)

// retryAfter reads a Retry-After header: seconds, or a date, which counts from the server's own
// clock, the Date header.
func retryAfter(h http.Header) time.Duration {
	after := h.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil {
		return max(0, time.Duration(min(n, int(longestRetry/time.Second)))*time.Second)
	}
	at, err := http.ParseTime(after)
	now, nowErr := http.ParseTime(h.Get("Date"))
	if err != nil || nowErr != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), longestRetry)
}

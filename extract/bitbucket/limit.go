package bitbucket

import (
	"net/http"
	"strconv"
)

// RateLimit is what an answer says about the hour. Only answers to access tokens say anything, and only some of them;
// requests over OAuth have to be counted by the client.
type RateLimit struct {
	PerHour   int  // X-RateLimit-Limit; 0: not said
	Remaining int  // X-RateLimit-Remaining, which Bitbucket does not document; -1: not said
	Near      bool // X-RateLimit-NearLimit: less than about a fifth is left
}

// rateLimit reads the headers of an answer.
func rateLimit(h http.Header) (l RateLimit, said bool) {
	l.Remaining = -1
	if n, err := strconv.Atoi(h.Get("X-RateLimit-Limit")); err == nil && n > 0 {
		l.PerHour = n
	}
	if n, err := strconv.Atoi(h.Get("X-RateLimit-Remaining")); err == nil && n >= 0 {
		l.Remaining = n
	}
	l.Near, _ = strconv.ParseBool(h.Get("X-RateLimit-NearLimit"))
	return l, l.PerHour > 0 || l.Remaining >= 0 || l.Near
}

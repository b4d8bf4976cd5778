package bitbuckettest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AccessToken makes a workspace access token, as an administrator does in the workspace's settings: it bears no person, is not refreshed, and has an
// hour of its own. It lives for a year, the longest that Bitbucket offers, or until RevokeGrants.
func (b *Bitbucket) AccessToken(perHour int, scopes ...string) string {
	if len(scopes) == 0 {
		scopes = DefaultScopes
	}
	text := "ATCTT3xFfGN0" + secret(120)
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	id := secret(12)
	b.oauth.access[hashOf(text)] = &accessToken{
		Grant:   grant{ID: id, Client: "access token " + id, Scopes: slices.Clone(scopes), PerHour: perHour},
		Expires: b.options.Now().AddDate(1, 0, 0),
	}
	return text
}

// serveAccessToken answers a request that bears an access token. What is about a person is not for such tokens; the words are those that other
// credentials got (terraform-provider-bitbucket#221). Under /2.0/repositories, which has scaled limits, the answers tell of the hour, but not of how
// much of it is left: Bitbucket doesn't document that header.
func (b *Bitbucket) serveAccessToken(r *http.Request, rt route, vars map[string]string, token bearer) *answer {
	used, ok := b.limits.use(token.client, rt.group(), b.options.Now(), token.perHour)
	a := limited()
	switch {
	case !ok:
	case rt.template == "/2.0/user" || strings.HasPrefix(rt.template, "/2.0/user/"):
		a = errorAnswer(403, object{"message": "This API is not accessible by this authentication mechanism"})
	default:
		a = b.serveBearer(r, rt, vars, token)
	}
	if rt.group() == "repositories" {
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header.Set("X-RateLimit-Limit", strconv.Itoa(token.perHour))
		a.header.Set("X-RateLimit-Resource", "api")
		a.header.Set("X-RateLimit-NearLimit", strconv.FormatBool(used*5 > token.perHour*4))
	}
	return a
}

// allow is use for who does not care about the number.
func (l *limiter) allow(client, group string, now time.Time, most int) bool {
	_, ok := l.use(client, group, now, most)
	return ok
}

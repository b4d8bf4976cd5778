package bitbuckettest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
)

func oauthError(name, description string) *answer {
	return jsonAnswer(400, object{"error": name, "error_description": description})
}

// serveToken is POST /site/oauth2/access_token. The client is known by HTTP Basic alone: credentials in the body are not documented, so that they don't
// count here. A body that is no form has no grant type.
func (b *Bitbucket) serveToken(r *http.Request) *answer {
	if r.Method != http.MethodPost {
		return page(405, "Method not allowed", "<p>This address takes POST.</p>")
	}
	id, password, ok := r.BasicAuth()
	c := b.consumer(id)
	if !ok || c == nil || subtle.ConstantTimeCompare([]byte(password), []byte(c.Secret)) != 1 {
		return oauthError("unauthorized_client", "Requests must be authenticated using OAuth client credentials")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return oauthError("invalid_grant", "Unsupported grant type: None")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return oauthError("invalid_request", "Malformed form")
	}
	switch kind := r.PostForm.Get("grant_type"); kind {
	case "authorization_code":
		return b.exchange(r, c)
	case "refresh_token":
		return b.refreshGrant(r, c)
	case "":
		return oauthError("invalid_grant", "Unsupported grant type: None")
	default:
		return oauthError("invalid_grant", "Unsupported grant type: "+kind)
	}
}

// exchange takes a code for tokens. A code works once, for the consumer, the redirect_uri and the challenge that it was given for. That a wrong try
// spends it too, and the words of the error, are assumed.
func (b *Bitbucket) exchange(r *http.Request, c *Consumer) *answer {
	now := b.options.Now()
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	text := r.PostForm.Get("code")
	given := b.oauth.codes[text]
	delete(b.oauth.codes, text)
	if given == nil || !now.Before(given.expires) || given.grant.Client != c.ID || given.redirect != r.PostForm.Get("redirect_uri") {
		return oauthError("invalid_grant", "The specified code is not valid.")
	}
	if given.challenge != "" {
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != given.challenge {
			return oauthError("invalid_grant", "The specified code is not valid.")
		}
	}
	access, refresh := b.oauth.issue(given.grant, now)
	return b.tokens(access, refresh, "authorization_code", given.grant)
}

func (b *Bitbucket) refreshGrant(r *http.Request, c *Consumer) *answer {
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	access, refresh, g, ok := b.oauth.use(r.PostForm.Get("refresh_token"), c.ID, b.options.Now())
	if !ok { // not invalid_grant, whatever RFC 6749 says
		return oauthError("invalid_request", "Invalid refresh_token")
	}
	return b.tokens(access, refresh, "refresh_token", g)
}

// tokens answers with a pair. The field is scope since 2026-05-04; it was scopes before.
func (b *Bitbucket) tokens(access, refresh, state string, g grant) *answer {
	a := jsonAnswer(200, object{
		"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": int(b.options.TokenLife.Seconds()),
		"scope": strings.Join(slices.Sorted(slices.Values(g.Scopes)), " "), "state": state,
	})
	a.header = http.Header{"Cache-Control": {"no-store"}}
	return a
}

package bitbuckettest

import (
	"encoding/json"
	"net/http"
)

// answer is a whole answer: nothing is written before it is known.
type answer struct {
	status      int
	contentType string
	header      http.Header
	body        []byte
}

// Error makes an answer usable as the error of whatever led to it.
func (a *answer) Error() string { return http.StatusText(a.status) }

const (
	typeJSON = "application/json; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// object is a JSON object.
type object = map[string]any

func jsonAnswer(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only values of this package are encoded
	}
	return &answer{status: status, contentType: typeJSON, body: body}
}

func textAnswer(status int, text string) *answer {
	return &answer{status: status, contentType: typeText, body: []byte(text)}
}

func errorAnswer(status int, fields object) *answer {
	return jsonAnswer(status, object{"type": "error", "error": fields})
}

func badRequest(message string) *answer { return errorAnswer(400, object{"message": message}) }

func notFound(message string) *answer { return errorAnswer(404, object{"message": message}) }

// somethingWrong is Bitbucket's answer to what it breaks down on (BCLOUD-22709).
func somethingWrong() *answer {
	return errorAnswer(500, object{"message": "Something went wrong", "id": "5f3a1c0de5f34a7f9d1c2b3a4e5f6a7b"})
}

// gone is the answer of what has been removed. Both the listings over all workspaces (CHANGE-2770, 2026-04-14) and the issue tracker
// (CHANGE-3071, 2026-08-20) give it.
func gone(change string) *answer {
	data := object{"announcement_url": "https://developer.atlassian.com/cloud/bitbucket/changelog#" + change}
	return jsonAnswer(410, object{"type": "error", "error": object{
		"message": change + " - Functionality has been deprecated",
		"detail":  "Please read the changelog entry for more details.",
		"data":    data,
	}, "data": data})
}

// expired is the JSON body of an access token past its two hours (BCLOUD-11512).
func expired() *answer {
	return errorAnswer(401, object{"message": "Access token expired. Use your refresh token to obtain a new access token."})
}

// unknownToken answers a token that never was, or that was revoked: text, not JSON.
func unknownToken() *answer {
	return textAnswer(401, "Token is invalid, expired, or not supported for this endpoint.")
}

// noLogin answers a request without a bearer token. Tokens in the query or the body count for nothing since 2026-05-04.
func noLogin() *answer {
	return textAnswer(401, "Login failed due to incorrect login credentials or method.")
}

// lacksScope has an object where other errors have a text: atlassian-python-api#1260.
func lacksScope(required string, granted []string) *answer {
	return errorAnswer(403, object{
		"message": "Your credentials lack one or more required privilege scopes.",
		"detail":  object{"required": []string{required}, "granted": granted},
	})
}

// limited is what the rate limit answers: text, and no header that says how long (SharpBucket#108); those headers are for other credentials
// than OAuth.
func limited() *answer {
	return textAnswer(429, "Rate limit for this resource has been exceeded")
}

package bitbucket_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"context"

	"bucketlake/extract/bitbucket"
)

// FuzzAnswers answers any request with any status, type and body: the client must end, and say what
// was wrong in text that a terminal can show.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"values":[{"name":"main"}],"next":"https://api.example/2.0/x?page=2"}`, `{"type":"error","error":{"message":"no","detail":{"required":["project"]}}}`,
		`{"type":"error","error":{"message":"no","detail":"text"}}`, "Rate limit for this resource has been exceeded", "<html>", "\xff\xfe", "",
	} {
		for _, status := range []int{200, 400, 403, 410, 429, 555} {
			f.Add(status, "application/json", body)
			f.Add(status, "text/plain", body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 100 || status > 999 {
			return
		}
		requests := 0
		c := &bitbucket.Client{
			Base: "https://api.example/2.0", Log: slog.New(slog.DiscardHandler), Backoff: time.Nanosecond,
			Token: func(context.Context, string) (string, error) { return "t", nil },
			Spend: func(context.Context) error { requests++; return nil },
			Transport: answer(func(r *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
				}, nil
			}),
		}
		for _, err := range bitbucket.Pages[bitbucket.Ref](t.Context(), c, "/x", 10, nil) {
			if err != nil && !utf8.ValidString(err.Error()) {
				t.Errorf("%q", err)
			}
			if requests > 20 {
				t.Fatalf("%d requests, and no end", requests)
			}
		}
	})
}

type answer func(*http.Request) (*http.Response, error)

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

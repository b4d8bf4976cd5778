package bitbucket_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"bucketlake/extract/bitbucket"
)

// FuzzAnswers answers any request with any status, headers and body: the client must end, and say what
// was wrong in a text that a terminal can show. Whoever waits as long as it says must not wait for ever.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"values":[{"name":"main"}],"next":"https://api.example/2.0/x?page=2"}`, `{"type":"error","error":{"message":"no","detail":{"required":["project"]}}}`,
		`{"type":"error","error":{"message":"no","detail":"text"}}`, `{"type":"error","error":"text"}`, `{"type":"error","error":{"message":{"a":1},"detail":[]}}`,
		`{"error":{"detail":{"required":["\u001b[2J"]}}}`, `{"values":[{"target":{"date":"2026-01-03T07:36:40.109572944Z"}}],"next":"//elsewhere/2.0/"}`,
		`{"values":[],"next":"https://` + "\xff\x1b[2J" + `/2.0/x"}`, `{"values":[],"next":"https://a%ff%e2%80%ae/2.0/x"}`,
		"Rate limit for this resource has been exceeded", "<html>", "\xff\xfe", "\x1b[31mred", "",
	} {
		for _, status := range []int{200, 400, 403, 410, 429, 503, 555} {
			f.Add(status, "application/json", "", body)
			f.Add(status, "text/plain", "Fri, 31 Dec 9999 23:59:59 GMT", body)
		}
	}
	for _, after := range []string{"5", "-1", "99999999999999999999", "3600", "Thu, 01 Jan 1970 00:00:00 GMT", "soon"} {
		f.Add(429, "text/plain", after, "")
		f.Add(503, "text/plain", after, "")
	}
	f.Fuzz(func(t *testing.T, status int, kind, after, body string) {
		if status < 200 || status > 999 || status/100 == 3 {
			return // no answer at all, or one that leads elsewhere
		}
		synctest.Test(t, func(t *testing.T) { // waiting costs no time in here
			requests := 0
			c := &bitbucket.Client{
				Base: "https://api.example/2.0", Log: slog.New(slog.DiscardHandler),
				Token: func(context.Context, string) (string, error) { return "t", nil },
				Spend: func(context.Context) error { requests++; return nil },
				Transport: answer(func(r *http.Request) (*http.Response, error) {
					header := http.Header{"Content-Type": {kind}, "Retry-After": {after}, "Date": {"Tue, 20 Oct 2026 00:00:00 GMT"}}
					return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
				}),
			}
			start := time.Now()
			for _, err := range bitbucket.Pages[bitbucket.Ref](t.Context(), c, "/x", 10, nil) {
				if err != nil {
					checkError(t, err)
				}
				if requests > 20 {
					t.Fatalf("%d requests, and no end", requests)
				}
			}
			if waited := time.Since(start); waited > 10*time.Minute {
				t.Errorf("it waited for %s", waited)
			}
		})
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	for _, r := range err.Error() {
		if r == utf8.RuneError || r < ' ' || r == 0x7f {
			t.Errorf("%q would garble a terminal", err)
			break
		}
	}
	if len(err.Error()) > 4000 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
	var e *bitbucket.Error
	if errors.As(err, &e) && (e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour) {
		t.Errorf("it asks to wait for %s", e.RetryAfter)
	}
}

type answer func(*http.Request) (*http.Response, error)

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

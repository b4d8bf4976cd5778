package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/bitbucket"
)

// api is a handler as a transport: no network, so that tests can run on synctest's clock.
type api func(w http.ResponseWriter, r *http.Request)

func (h api) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func newClient(h api) *bitbucket.Client {
	return &bitbucket.Client{
		Base: "https://api.example/2.0", Transport: h, UserAgent: "test", Log: slog.New(slog.DiscardHandler),
		Token: func(_ context.Context, refused string) (string, error) { return "token-after-" + refused, nil },
		Spend: func(context.Context) error { return nil },
	}
}

func workspace(c *bitbucket.Client) (bitbucket.Workspace, error) {
	return bitbucket.Get[bitbucket.Workspace](context.Background(), c, "/workspaces/acme")
}

func TestFieldsAreThoseOfTheStruct(t *testing.T) {
	got := bitbucket.Fields[bitbucket.Activity]("values.")
	for _, want := range []string{
		"values.pull_request.id", "values.approval.date", "values.approval.user.uuid", "values.comment.inline.path",
		"values.comment.parent.id", "values.update.changes",
	} {
		if !strings.Contains(","+got+",", ","+want+",") {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := bitbucket.Fields[bitbucket.Member](""); got != "user.type,user.uuid,user.account_id,user.display_name,user.nickname" {
		t.Errorf("fields of a member: %s", got)
	}
}

func TestRequest(t *testing.T) {
	c := newClient(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-after-" {
			t.Errorf("Authorization: %q", r.Header.Get("Authorization"))
		}
		if r.URL.Path != "/2.0/workspaces/acme" || !strings.Contains(r.URL.Query().Get("fields"), "slug") {
			t.Errorf("asked for %s", r.URL)
		}
		fmt.Fprint(w, `{"slug":"acme","created_on":"2020-10-28T12:00:00.0+00:00"}`)
	})
	ws, err := workspace(c)
	if err != nil || ws.Slug != "acme" || ws.CreatedOn.Year() != 2020 {
		t.Errorf("got %+v, %v", ws, err)
	}
}

// TestRetries counts the attempts that each kind of failure is worth, and how long they take.
func TestRetries(t *testing.T) {
	const good = `{"slug":"acme"}`
	tests := map[string]struct {
		answer   func(attempt int, w http.ResponseWriter, r *http.Request)
		attempts int
		status   int // of the error; 0: it works in the end
		least    time.Duration
	}{
		"503 twice": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < 3 {
				http.Error(w, "<html>down</html>", http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, good)
		}, 3, 0, 3 * time.Second},
		"503 for ever": {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, 5, 503, 15 * time.Second},
		"500 is often for ever": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"type":"error","error":{"message":"Something went wrong","id":"1"}}`, http.StatusInternalServerError)
		}, 2, 500, time.Second},
		"429 without Retry-After": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Rate limit for this resource has been exceeded", http.StatusTooManyRequests)
		}, 1, 429, 0},
		"429 with seconds": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, good)
		}, 2, 0, 7 * time.Second},
		"429 with a date": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, good)
		}, 2, 0, 20 * time.Second},
		"429 for an hour": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 1, 429, 0},
		"401 once": {func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer token-after-" {
				http.Error(w, "Token is invalid, expired, or not supported for this endpoint.", http.StatusUnauthorized)
				return
			}
			fmt.Fprint(w, good)
		}, 2, 0, 0},
		"401 for ever": {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 2, 401, 0},
		"404":          {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, 1, 404, 0},
		"half a body": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				fmt.Fprint(w, `{"slug":"ac`)
				return
			}
			fmt.Fprint(w, good)
		}, 2, 0, time.Second},
		"HTML with status 200": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				fmt.Fprint(w, "<html>maintenance</html>")
				return
			}
			fmt.Fprint(w, good)
		}, 2, 0, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				start := time.Now()
				ws, err := workspace(newClient(func(w http.ResponseWriter, r *http.Request) {
					n++
					tt.answer(n, w, r)
				}))
				if n != tt.attempts {
					t.Errorf("%d attempts, want %d", n, tt.attempts)
				}
				if tt.status == 0 && (err != nil || ws.Slug != "acme") || tt.status != 0 && !bitbucket.IsStatus(err, tt.status) {
					t.Errorf("got %+v, %v", ws, err)
				}
				if waited := time.Since(start); waited < tt.least {
					t.Errorf("waited %s, want at least %s", waited, tt.least)
				}
			})
		})
	}
}

func TestBudgetStopsARequestBeforeItIsMade(t *testing.T) {
	spent := errors.New("spent")
	c := newClient(func(http.ResponseWriter, *http.Request) { t.Error("the request was made") })
	c.Spend = func(context.Context) error { return spent }
	if _, err := workspace(c); !errors.Is(err, spent) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsSayWhatBitbucketSays(t *testing.T) {
	tests := []struct{ contentType, body, want string }{
		{"application/json", `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"required":["project"],"granted":["account"]}}}`, "needed: project"},
		{"application/json", `{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated","detail":"Please read the changelog."}}`, "CHANGE-2770"},
		{"text/plain", "Token is invalid", "Token is invalid"},
		{"text/html", "<html>a page</html>", "403 Forbidden"},
	}
	for _, tt := range tests {
		_, err := workspace(newClient(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tt.contentType)
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, tt.body)
		}))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "<html>") {
			t.Errorf("%s: %v", tt.body, err)
		}
	}
}

func TestPagesFollowOpaqueLinks(t *testing.T) {
	c := newClient(func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); q.Get("page") {
		case "":
			if q.Get("pagelen") != "50" || !strings.HasPrefix(q.Get("fields"), "next,") || q.Get("state") != "OPEN" {
				t.Errorf("first page asked with %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, `{"values":[{"slug":"a"}],"next":"https://api.example/2.0/workspaces?page=8xhd"}`)
		case "8xhd":
			fmt.Fprint(w, `{"values":[{"slug":"b"}]}`)
		}
	})
	var got []string
	for page, err := range bitbucket.Pages[bitbucket.Workspace](t.Context(), c, "/workspaces", 50, url.Values{"state": {"OPEN"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Values {
			got = append(got, v.Slug)
		}
	}
	if strings.Join(got, "") != "ab" {
		t.Errorf("got %v", got)
	}
}

func TestLinksThatAreNotFollowed(t *testing.T) {
	tests := map[string]struct {
		next string
		want error
	}{
		"another host":     {"https://evil.example/2.0/workspaces?page=2", bitbucket.ErrForeignLink},
		"another scheme":   {"http://api.example/2.0/workspaces?page=2", bitbucket.ErrForeignLink},
		"outside the API":  {"https://api.example/internal/workspaces", bitbucket.ErrForeignLink},
		"does not parse":   {"https://api.example/2.0/%zz", bitbucket.ErrForeignLink},
		"a page seen":      {"https://api.example/2.0/workspaces?page=2", bitbucket.ErrLinkLoop},
		"host as userinfo": {"https://api.example@evil.example/2.0/workspaces", bitbucket.ErrForeignLink},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c := newClient(func(w http.ResponseWriter, r *http.Request) {
				if requests++; r.URL.Host != "api.example" || requests > 2 {
					t.Errorf("request %d went to %s", requests, r.URL)
				}
				fmt.Fprintf(w, `{"values":[],"next":%q}`, tt.next)
			})
			var err error
			for _, err = range bitbucket.Pages[bitbucket.Workspace](t.Context(), c, "/workspaces", 10, nil) {
				if err != nil {
					break
				}
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	c := newClient(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/2.0/workspaces/acme":
			http.Redirect(w, r, "https://api.example/2.0/workspaces/renamed", http.StatusMovedPermanently)
		case "/2.0/workspaces/renamed":
			if r.Header.Get("Authorization") == "" {
				t.Error("the token was not sent along")
			}
			fmt.Fprint(w, `{"slug":"renamed"}`)
		}
	})
	spent := 0
	c.Spend = func(context.Context) error { spent++; return nil }
	if ws, err := workspace(c); err != nil || ws.Slug != "renamed" || spent != 2 {
		t.Errorf("got %+v, %v, for %d requests", ws, err, spent)
	}
	gone := errors.New("the hour is spent")
	c.Spend = func(context.Context) error {
		if spent++; spent == 4 {
			return gone
		}
		return nil
	}
	if _, err := workspace(c); !errors.Is(err, gone) || spent != 4 {
		t.Errorf("got %v, for %d requests", err, spent)
	}
	synctest.Test(t, func(t *testing.T) {
		c = newClient(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "api.example" {
				t.Errorf("request to %s", r.URL)
			}
			http.Redirect(w, r, "https://evil.example/2.0/x", http.StatusFound)
		})
		if _, err := workspace(c); !errors.Is(err, bitbucket.ErrForeignLink) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnEndlessBodyIsCutOff(t *testing.T) {
	c := newClient(nil)
	c.Transport = endless{}
	if _, err := workspace(c); !errors.Is(err, bitbucket.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(spaces{}), Request: r}, nil
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/oauth"
)

// unusable are answers, and the lack of one, that say nothing of the tokens. write is called once Bitbucket has given
// new tokens.
func unusable() map[string]func(w http.ResponseWriter, r *http.Request) {
	says := func(code int, kind, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	hijacked := func(send string, reset bool) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			if tcp, ok := conn.(interface{ SetLinger(int) error }); ok && reset {
				tcp.SetLinger(0)
			}
			io.WriteString(conn, send)
			conn.Close()
		}
	}
	return map[string]func(http.ResponseWriter, *http.Request){
		"500":                      says(500, "text/plain", "Oops"),
		"502 HTML":                 says(502, "text/html", "<h1>Bad Gateway</h1>"),
		"503 that looks terminal":  says(503, "application/json", `{"error":"invalid_grant"}`),
		"400 HTML":                 says(400, "text/html", "<h1>Bad Request</h1>"),
		"403 that looks terminal":  says(403, "application/json", `{"error":"invalid_client"}`),
		"200 HTML":                 says(200, "text/html", "<h1>Maintenance</h1>"),
		"200 garbage":              says(200, "application/json", "\x00\xff{{{"),
		"200 empty":                says(200, "application/json", ""),
		"200 without access token": says(200, "application/json", `{"refresh_token":"planted"}`),
		"200 array":                says(200, "application/json", `[{"access_token":"planted"}]`),
		"200 null":                 says(200, "application/json", "null"),
		"200 error":                says(200, "application/json", `{"error":"invalid_grant","error_description":"planted"}`),
		"200 huge":                 says(200, "application/json", `{"access_token":"`+strings.Repeat("x", 3<<19)+`"}`),
		"200 numbers":              says(200, "application/json", `{"access_token":1,"refresh_token":2}`),
		"half a body":              hijacked("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"access_token\":\"planted", false),
		"half a body of no length": says(200, "application/json", `{"access_token":"planted-half","refresh_tok`),
		"cut before the answer":    hijacked("", false),
		"reset":                    hijacked("", true),
		"not HTTP":                 hijacked("planted\r\n\r\n", false),
		"307 to another host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/planted", http.StatusTemporaryRedirect)
		},
		"302 to a page":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
		"no answer in time": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"an answer that never ends": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "{")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
}

// patience is short only where the answer never comes: under load, any answer may take a while.
func patience(name string) *http.Client {
	if name == "no answer in time" || name == "an answer that never ends" {
		return &http.Client{Timeout: 500 * time.Millisecond}
	}
	return nil
}

// fails makes Bitbucket lose the answers of the first n refreshes (all, if n is negative) and counts all requests.
func (e *endpoint) fails(n int, write func(http.ResponseWriter, *http.Request)) *atomic.Int32 {
	var asked atomic.Int32
	e.Fail(func(w http.ResponseWriter, r *http.Request) bool {
		if k := int(asked.Add(1)); n >= 0 && k > n {
			return false
		}
		e.Lose(r)
		write(w, r)
		return true
	})
	return &asked
}

// An answer that is lost after Bitbucket rotated the token costs nothing: the same call asks again, well within the
// grace, and the pair that it stores is good.
func TestLostAnswersAreAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, write := range unusable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstall(t)
			i.bitbucket.Grace = 10 * time.Second // the default pauses are meant for 10 minutes
			i.consumer.HTTP = patience(name)
			p := i.start(t)
			p.connect(t, i, 0)
			asked := i.bitbucket.fails(2, write)
			token := p.mustToken(t, "")
			if n := asked.Load(); n != 3 {
				t.Errorf("asked %d times, want 3", n)
			}
			if c := p.get(t); c.State != oauth.Connected || c.Reason != "" || !c.RefreshStarted.IsZero() {
				t.Errorf("connection %+v", c)
			}
			i.bitbucket.Fail(nil)
			if next := i.start(t).mustToken(t, token); next == token {
				t.Error("the same token again")
			}
		})
	}
}

// Where the endpoint doesn't heal meanwhile, the connection is alive all the same, and says so.
func TestUnusableAnswersLeaveTheConnectionAlive(t *testing.T) {
	t.Parallel()
	for name, write := range unusable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstall(t)
			i.consumer.HTTP = patience(name)
			p := i.start(t)
			p.connect(t, i, 0)
			asked := i.bitbucket.fails(-1, write)
			_, err := p.source.Token(t.Context(), "acme", "")
			fault, ok := errors.AsType[*oauth.Unavailable](err)
			if !ok || !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, oauth.ErrRevoked) || errors.Is(err, oauth.ErrConsumer) {
				t.Fatalf("error %v, want *Unavailable alone", err)
			}
			if !fault.Ambiguous || fault.RetryAfter <= 0 || fault.RetryAfter > 5*time.Minute {
				t.Errorf("ambiguous %t, again in %s; want within the grace", fault.Ambiguous, fault.RetryAfter)
			}
			if strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "<h1>") {
				t.Errorf("error quotes the server: %v", err)
			}
			if n := asked.Load(); n != 4 {
				t.Errorf("asked %d times, want 4", n)
			}
			if c := p.get(t); c.State != oauth.Connected || c.Reason != "" || time.Since(c.RefreshStarted) > time.Minute {
				t.Errorf("connection %+v, want it connected, and a refresh unfinished", c)
			}
			i.bitbucket.Fail(nil)
			if done, err := i.start(t).source.KeepAlive(t.Context(), "acme", time.Time{}.Add(1)); !done || err != nil {
				t.Errorf("KeepAlive doesn't settle what is unfinished: %t, %v", done, err)
			}
			if c := p.get(t); !c.RefreshStarted.IsZero() {
				t.Errorf("still unfinished: %+v", c)
			}
		})
	}
}

// transported runs a refresh under a fake clock, with the default pauses, against answers made by answer. It returns how
// often was asked, how long it took, and the error.
func transported(t *testing.T, answer func(attempt int, sent time.Time) (*http.Response, error)) (asked int, took time.Duration, err error) {
	t.Helper()
	i := newInstall(t)
	synctest.Test(t, func(t *testing.T) {
		p := i.open(t)
		p.connect(t, i, 0)
		i.consumer.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			asked++
			return answer(asked, time.Now())
		})}
		start := time.Now()
		_, err = oauth.NewSource(p.store, []oauth.Consumer{i.consumer}).Token(t.Context(), "acme", "")
		took = time.Since(start)
		if c := p.get(t); c.State != oauth.Connected {
			t.Errorf("connection %+v", c)
		}
		p.db.Close()
	})
	return asked, took, err
}

func response(status int, header http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
}

const tokens = `{"access_token":"a","refresh_token":"r","expires_in":7200}`

// In hurry where something may be lost: eight attempts in about two minutes. Where nothing can be, a few.
func TestDefaultPauses(t *testing.T) {
	for name, c := range map[string]struct {
		answer   func(int, time.Time) (*http.Response, error)
		asked    int
		min, max time.Duration
		again    time.Duration // RetryAfter; 0 where it succeeds
	}{
		"500 for ever": {func(int, time.Time) (*http.Response, error) { return response(500, nil, ""), nil }, 8, time.Minute, 3 * time.Minute, time.Minute},
		"500 six times": {func(n int, _ time.Time) (*http.Response, error) {
			if n <= 6 {
				return response(500, nil, ""), nil
			}
			return response(200, nil, tokens), nil
		}, 7, time.Minute, 3 * time.Minute, 0},
		"no answer, ever": {func(int, time.Time) (*http.Response, error) {
			time.Sleep(30 * time.Second)
			return nil, context.DeadlineExceeded
		}, 6, 2 * time.Minute, 3*time.Minute + 30*time.Second, time.Minute},
		"429 without Retry-After": {limit("", ""), 1, 0, time.Second, time.Minute},
		"429 for 20 seconds":      {limit("20", ""), 2, 20 * time.Second, 21 * time.Second, 0},
		"429 until a date": {func(n int, now time.Time) (*http.Response, error) {
			skewed := now.Add(-time.Hour).UTC() // their clock is behind
			return limit(skewed.Add(10*time.Second).Format(http.TimeFormat), skewed.Format(http.TimeFormat))(n, now)
		}, 2, 9 * time.Second, 11 * time.Second, 0},
		"429 with nonsense":   {limit("soon", ""), 1, 0, time.Second, time.Minute},
		"429 for 20 minutes":  {limit("1200", ""), 1, 0, time.Second, 20 * time.Minute},
		"429 for a year":      {limit("31536000", ""), 1, 0, time.Second, time.Hour},
		"429 beyond numbers":  {limit("99999999999999999999999999", ""), 1, 0, time.Second, time.Hour},
		"429 of a date past":  {limit("Fri, 02 Jan 1998 15:04:05 GMT", ""), 2, time.Second, 2 * time.Second, 0},
		"429 of negative sec": {limit("-5", ""), 1, 0, time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			asked, took, err := transported(t, c.answer)
			if asked != c.asked || took < c.min || took > c.max {
				t.Errorf("asked %d times in %s, want %d in %s to %s", asked, took, c.asked, c.min, c.max)
			}
			fault, ok := errors.AsType[*oauth.Unavailable](err)
			if (err == nil) != (c.again == 0) || ok && fault.RetryAfter != c.again {
				t.Errorf("error %v (%+v), want to come back in %s", err, fault, c.again)
			}
		})
	}
}

// limit answers 429 once, and then with tokens.
func limit(retryAfter, date string) func(int, time.Time) (*http.Response, error) {
	return func(n int, _ time.Time) (*http.Response, error) {
		if n > 1 {
			return response(200, nil, tokens), nil
		}
		h := http.Header{}
		for name, value := range map[string]string{"Retry-After": retryAfter, "Date": date} {
			if value != "" {
				h.Set(name, value)
			}
		}
		return response(429, h, "Rate limit for this resource has been exceeded"), nil
	}
}

// Where Bitbucket has certainly given nothing, no refresh counts as unfinished.
func TestWhatWasNeverSentIsNotUnfinished(t *testing.T) {
	for name, breakIt := range map[string]func(i *install){
		"connection refused": func(i *install) { i.bitbucket.Close() },
		"no such host":       func(i *install) { i.consumer.TokenURL = "http://bitbucket.invalid/token" },
		"429": func(i *install) {
			i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(429); return true })
		},
		"wrong secret": func(i *install) { i.consumer.ClientSecret = "wrong" },
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstall(t)
			breakIt(i)
			p := i.start(t)
			p.connect(t, i, 0)
			_, err := p.source.Token(t.Context(), "acme", "")
			if fault, ok := errors.AsType[*oauth.Unavailable](err); err == nil || ok && fault.Ambiguous {
				t.Errorf("error %v, ambiguous", err)
			}
			if c := p.get(t); c.State != oauth.Connected || !c.RefreshStarted.IsZero() {
				t.Errorf("connection %+v", c)
			}
		})
	}
}

// Whoever stops the process doesn't wait for pauses; who goes on in it does not fail with the one who left.
func TestStopEndsThePauses(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.source.Pauses = []time.Duration{2 * time.Minute}
	p.connect(t, i, 0)
	stopping, stop := context.WithCancel(t.Context())
	asked := i.bitbucket.fails(1, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		time.AfterFunc(100*time.Millisecond, stop)
	})
	var group sync.WaitGroup
	start := time.Now()
	led := make(chan struct{})
	group.Go(func() {
		defer close(led)
		_, err := p.source.Token(stopping, "acme", "")
		if !errors.Is(err, context.Canceled) || !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("who was stopped gets %v", err)
		}
	})
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	group.Go(func() {
		if _, err := p.source.Token(t.Context(), "acme", ""); err != nil {
			t.Errorf("who goes on gets %v", err)
		}
	})
	<-led
	group.Wait()
	if took := time.Since(start); took > 5*time.Second || asked.Load() != 2 {
		t.Errorf("asked %d times in %s", asked.Load(), took)
	}
}

// A token endpoint that is down is asked by one of a hundred, and then by nobody for a while.
func TestNobodyHammers(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.source.Rest = time.Hour
	p.connect(t, i, 0)
	asked := i.bitbucket.fails(-1, func(w http.ResponseWriter, _ *http.Request) { time.Sleep(20 * time.Millisecond); w.WriteHeader(503) })
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := p.source.Token(t.Context(), "acme", ""); !errors.Is(err, oauth.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	for range 10 {
		_, err := p.source.Token(t.Context(), "acme", "")
		if fault, ok := errors.AsType[*oauth.Unavailable](err); !ok || fault.RetryAfter <= 0 || fault.RetryAfter > time.Minute || !fault.Ambiguous {
			t.Errorf("later: %v", err)
		}
	}
	if n := asked.Load(); n != 4 {
		t.Errorf("asked %d times, want the 4 of one series", n)
	}
	i.bitbucket.Fail(nil)
	p.connect(t, i, 0) // a new grant has not failed yet
	p.mustToken(t, "")
}

// A token that the API refuses again and again isn't refreshed again and again.
func TestRefusedTokensAreRefreshedNowAndThen(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.source.Rest = time.Hour
	_, grant := p.connect(t, i, time.Hour)
	token := p.mustToken(t, grant.Token.Access.Reveal())
	for range 50 {
		_, err := p.source.Token(t.Context(), "acme", token)
		if fault, ok := errors.AsType[*oauth.Unavailable](err); !ok || fault.Ambiguous || fault.RetryAfter <= 0 {
			t.Fatalf("refused at once: %v", err)
		}
	}
	if n := i.bitbucket.Refreshes(); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
	p.source.Rest = 0 // as if it were over
	if again := p.mustToken(t, token); again == token || i.bitbucket.Refreshes() != 2 {
		t.Errorf("%d refreshes after a rest, want 2", i.bitbucket.Refreshes())
	}
}

// An access token that hardly lives is not refreshed for every request.
func TestShortLivedTokensAreUsed(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connect(t, i, 0)
	asked := 0
	i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		asked++
		answer(w, 200, map[string]any{"access_token": fmt.Sprint("a", asked), "refresh_token": "r", "expires_in": 1})
		return true
	})
	for range 5 {
		p.mustToken(t, "")
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

func TestLongTokens(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connect(t, i, 0)
		access, refresh := strings.Repeat("A", 4000), strings.Repeat("R", 4000)
		i.bitbucket.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
			answer(w, 200, map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": 7200, "scopes": "account"})
			return true
		})
		p.mustToken(t, "")
		sent := ""
		i.bitbucket.Fail(func(_ http.ResponseWriter, r *http.Request) bool { sent = r.FormValue("refresh_token"); return false })
		next := i.start(t)
		if token := next.mustToken(t, ""); token != access {
			t.Errorf("a token of %d characters, want 4000", len(token))
		}
		next.source.Token(t.Context(), "acme", access)
		if sent != refresh {
			t.Errorf("a refresh token of %d characters, want 4000", len(sent))
		}
	})
}

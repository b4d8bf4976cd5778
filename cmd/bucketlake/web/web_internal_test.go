package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	th := newThrottle()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for n := range freeAttempts {
		if wait := th.begin("a", now); wait != 0 {
			t.Fatalf("attempt %d has to wait %s", n+1, wait)
		}
	}
	want := firstWait
	for range 10 { // each one after a full wait, and wrong again
		if wait := th.begin("a", now); wait != want {
			t.Fatalf("the wait is %s, want %s", wait, want)
		}
		now = now.Add(want)
		if wait := th.begin("a", now); wait != 0 {
			t.Fatalf("after %s, %s more", want, wait)
		}
		want = min(2*want, longestWait)
	}
	if want != longestWait {
		t.Errorf("the wait grew to %s only", want)
	}
	if wait := th.begin("b", now); wait != 0 {
		t.Errorf("another address has to wait %s", wait)
	}
	th.succeeded("a")
	if wait := th.begin("a", now); wait != 0 {
		t.Errorf("after the right password, %s", wait)
	}
	for range 2 * freeAttempts {
		th.begin("a", now)
	}
	if wait := th.begin("a", now.Add(forgetAfter+time.Second)); wait != 0 {
		t.Errorf("after %s without an attempt, %s", forgetAfter, wait)
	}
}

// Many attempts at once are no way around the wait.
func TestThrottleOfManyAtOnce(t *testing.T) {
	th := newThrottle()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	allowed := make(chan bool, 1000)
	for range 1000 {
		go func() { allowed <- th.begin("a", now) == 0 }()
	}
	n := 0
	for range 1000 {
		if <-allowed {
			n++
		}
	}
	if n != freeAttempts {
		t.Errorf("%d of 1,000 attempts at one moment were let through, want %d", n, freeAttempts)
	}
}

// An attacker with many addresses fills the memory, and then shares one wait.
func TestThrottleOfManyAddresses(t *testing.T) {
	th := newThrottle()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for n := range mostAddresses {
		th.from[fmt.Sprint(n)] = &attempts{1, now}
	}
	let := 0
	for n := range 1000 {
		if th.begin(fmt.Sprintf("new-%d", n), now) == 0 {
			let++
		}
	}
	if let != freeAttempts || len(th.from) > mostAddresses+1 {
		t.Errorf("%d attempts of new addresses were let through, %d addresses are remembered", let, len(th.from))
	}
}

func TestShelf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf[string](time.Minute, 3)
		a := s.put("a")
		if v, ok := s.get(a); !ok || v != "a" {
			t.Errorf("got %q, %t", v, ok)
		}
		if _, ok := s.get("guess"); ok {
			t.Error("a guess opens something")
		}
		time.Sleep(time.Second)
		b := s.put("b")
		if v, ok := s.take(b); !ok || v != "b" {
			t.Errorf("took %q, %t", v, ok)
		}
		if _, ok := s.take(b); ok {
			t.Error("taken twice")
		}
		for range 3 {
			time.Sleep(time.Second)
			s.put("more")
		}
		if _, ok := s.get(a); ok || len(s.kept) != 3 {
			t.Errorf("the oldest is kept, among %d", len(s.kept))
		}
		c := s.put("c")
		time.Sleep(time.Minute + time.Second)
		if _, ok := s.get(c); ok {
			t.Error("kept beyond its life")
		}
		if _, ok := s.take(c); ok {
			t.Error("taken after its life")
		}
	})
}

func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		public, listening, host string
		want                    bool
	}{
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8080", true},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "localhost:8080", true},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "[::1]:8080", true},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "evil.example:8080", false},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:9090", false},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "", false},
		{"http://127.0.0.1", "127.0.0.1:80", "127.0.0.1", true},
		{"http://127.0.0.1", "127.0.0.1:80", "127.0.0.1:80", true},
		{"http://127.0.0.1", "127.0.0.1:80", "localhost", true},
		{"https://lake.example.com", "127.0.0.1:8080", "lake.example.com:443", true},
		{"https://lake.example.com:8443", "127.0.0.1:8080", "lake.example.com:8443", true},
		{"https://lake.example.com:8443", "127.0.0.1:8080", "lake.example.com", false},
		{"https://lake.example.com", "127.0.0.1:8080", "lake.example.com", true},
		{"https://lake.example.com", "127.0.0.1:8080", "LAKE.example.com", true},
		{"https://lake.example.com", "127.0.0.1:8080", "localhost:8080", true}, // through a tunnel
		{"https://lake.example.com", "0.0.0.0:8080", "lake.example.com", true},
		{"https://lake.example.com", "0.0.0.0:8080", "10.0.0.7:8080", false},
		{"https://lake.example.com", "0.0.0.0:8080", "localhost:8080", false},
		{"https://lake.example.com", "[::]:8080", "evil.example", false},
	} {
		s := &site{Options: Options{PublicURL: tt.public, Listening: tt.listening}}
		if got, _ := s.asked(tt.host); got != tt.want {
			t.Errorf("at %s, listening on %s: asked(%q) is %t", tt.public, tt.listening, tt.host, got)
		}
	}
}

// Behind https, browsers send the cookies nowhere else and take them from nobody else.
func TestCookiesOverHTTPS(t *testing.T) {
	h := Handler(Options{PublicURL: "https://lake.example.com", Listening: "0.0.0.0:8080", Password: "planted-password"})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("password=planted-password"))
	r.Host = "lake.example.com"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || len(cookies) != 1 || cookies[0].Name != "__Host-bucketlake_session" || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("%d, %v", w.Code, cookies)
	}
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("browsers may come over http the next time")
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", 9 * time.Second: "just now", 30 * time.Second: "30 seconds ago", 90 * time.Second: "2 minutes ago", 59 * time.Minute: "59 minutes ago",
		2 * time.Hour: "2 hours ago", 47 * time.Hour: "2 days ago", 90 * 24 * time.Hour: "90 days ago", 3000 * 24 * time.Hour: "3,000 days ago",
		-time.Second: "in 1 second", -time.Minute: "in 60 seconds", -26 * time.Hour: "in 26 hours",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// Behind a proxy, each client has a count of its own, by the address that the proxy names.
func TestAttemptsBehindAProxy(t *testing.T) {
	for _, tt := range []struct{ public, peer, forwarded, want string }{
		{"https://lake.example.com", "10.0.0.1:4711", "203.0.113.7", "203.0.113.7"},
		{"https://lake.example.com", "127.0.0.1:4711", "1.2.3.4, 203.0.113.7", "203.0.113.7"}, // the first is the client's own word
		{"https://lake.example.com", "127.0.0.1:4711", "", "127.0.0.1"},
		{"https://lake.example.com", "127.0.0.1:4711", "unknown", "127.0.0.1"},
		{"https://lake.example.com", "198.51.100.1:4711", "203.0.113.7", "198.51.100.1"}, // no proxy of ours
		{"http://127.0.0.1:8080", "127.0.0.1:4711", "203.0.113.7", "127.0.0.1"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/login", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := (&site{Options: Options{PublicURL: tt.public}}).from(r); got != tt.want {
			t.Errorf("%+v: from %s", tt, got)
		}
	}
}

package loadtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
)

// A Fault is what becomes of a request on its way to the server, or of its answer on the way back.
type Fault string

// The faults. Broken and SlowDown come before the request takes effect, the others after, or amid.
const (
	None       Fault = ""
	Broken     Fault = "500"
	SlowDown   Fault = "503 SlowDown"
	CutRequest Fault = "cut in the request's body" // it takes no effect
	CutAnswer  Fault = "cut in the answer's body"
	Lost       Fault = "no answer"      // it takes effect, and the connection is cut
	Late       Fault = "a late answer"  // it takes effect, and the answer comes when nobody waits any more
	Overtaken  Fault = "overtaken"      // the connection is cut, and it takes effect behind the next request for the same address
	Stale      Fault = "a stale answer" // a reading is answered as the one before it was
)

// Faults are those after which everything must be as if they had not been.
func Faults() []Fault { return []Fault{Broken, SlowDown, CutRequest, CutAnswer, Lost, Overtaken} }

// A Proxy stands before a bucket's server.
type Proxy struct {
	URL    string
	target string

	mu        sync.Mutex
	plan      func(*http.Request) Fault
	requests  []string // method, path and query of each
	faults    int
	overtaken map[string]func()
	answers   map[string]*answer
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// NewProxy starts a proxy before the bucket's server, and has the bucket be opened through it.
func NewProxy(t testing.TB, b *Bucket) *Proxy {
	t.Helper()
	p := &Proxy{target: b.server.url, overtaken: map[string]func(){}, answers: map[string]*answer{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL, b.URL = server.URL, server.URL
	return p
}

// Plan has a function say what becomes of each request from now on; nil: nothing.
func (p *Proxy) Plan(plan func(*http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan, p.requests, p.faults = plan, nil, 0
}

// Once has a fault befall the first request that a function picks.
func (p *Proxy) Once(f Fault, pick func(*http.Request) bool) {
	done := false
	p.Plan(func(r *http.Request) Fault {
		if done || !pick(r) {
			return None
		}
		done = true
		return f
	})
}

// Random has one of some faults befall one request in n.
func (p *Proxy) Random(seed uint64, n int, faults ...Fault) {
	random := rand.New(rand.NewPCG(seed, 0))
	p.Plan(func(*http.Request) Fault {
		if random.IntN(n) > 0 {
			return None
		}
		return faults[random.IntN(len(faults))]
	})
}

// Seen returns the requests since the last plan, and how many faults there were.
func (p *Proxy) Seen() (requests []string, faults int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.requests...), p.faults
}

// fault says what becomes of a request.
func (p *Proxy) fault(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Method+" "+r.URL.RequestURI())
	if p.plan == nil {
		return None
	}
	f := p.plan(r)
	if f != None {
		p.faults++
	}
	return f
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address := r.Method + " " + r.URL.RequestURI()
	f := p.fault(r)
	if f == CutRequest {
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	send := func() *answer { return p.send(r, body) }
	switch f {
	case Broken:
		refuse(w, http.StatusInternalServerError, "InternalError")
	case SlowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case Overtaken:
		p.mu.Lock()
		p.overtaken[address] = func() { send() }
		p.mu.Unlock()
		panic(http.ErrAbortHandler)
	case Stale:
		p.mu.Lock()
		before := p.answers[address]
		p.mu.Unlock()
		if before == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
			before = send()
		}
		before.write(w, 0)
	case Lost:
		send()
		panic(http.ErrAbortHandler)
	case Late:
		send()
		<-r.Context().Done()
	case CutAnswer:
		p.keep(address, send()).write(w, 2)
	default:
		a := p.keep(address, send())
		p.deliver(address)
		a.write(w, 0)
	}
}

func (p *Proxy) keep(address string, a *answer) *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[address] = a
	return a
}

// deliver sends what was overtaken.
func (p *Proxy) deliver(address string) {
	p.mu.Lock()
	overtaken := p.overtaken[address]
	delete(p.overtaken, address)
	p.mu.Unlock()
	if overtaken != nil {
		overtaken()
	}
}

// send passes a request on, whether or not somebody still waits for the answer.
func (p *Proxy) send(r *http.Request, body []byte) *answer {
	out, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	out.Host, out.Header = r.Host, r.Header.Clone() // they are signed
	out.Header.Del("Expect")
	out.ContentLength = int64(len(body))
	response, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	return a
}

// write answers a request; with all but 1/cut of the body, if cut is not 0, and then the connection ends.
func (a *answer) write(w http.ResponseWriter, cut int) {
	maps.Copy(w.Header(), a.header)
	if a.header.Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	if cut == 0 {
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
		return
	}
	if n := len(a.body) - len(a.body)/cut; n < len(a.body) {
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:n])
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>planted</Message></Error>`, code)
}

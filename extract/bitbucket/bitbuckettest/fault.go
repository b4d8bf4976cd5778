package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Fault is something that goes wrong once, or several times, instead of or with an answer.
type Fault struct {
	Path  string // the request's path and query contain this; "": any request, of the API or of OAuth
	Nth   int    // the how manieth such request from now; 0 and 1 are the next
	Times int    // how many in a row, from the Nth on; 0 is one, < 0 all

	Status int         // answered instead of the real answer, with Header and Body
	Header http.Header // with Status 0: added to the real answer
	Body   string      // an HTML body is told by its first character
	Cut    int         // the connection is cut after so many bytes of the body (of Body where there is a Status)
	Hang   bool        // no answer ever: the request hangs until the client gives up
	Drop   bool        // the request is done, and the connection cut before the first byte of the answer
}

type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Fault adds a fault. Where several apply to one request, the first one added is taken.
func (b *Bitbucket) Fault(f Fault) {
	b.faults.mu.Lock()
	defer b.faults.mu.Unlock()
	f.Nth = max(f.Nth, 1)
	if f.Times == 0 {
		f.Times = 1
	}
	b.faults.list = append(b.faults.list, &f)
}

// ClearFaults removes all faults, the endless ones too.
func (b *Bitbucket) ClearFaults() {
	b.faults.mu.Lock()
	defer b.faults.mu.Unlock()
	b.faults.list = nil
}

// take counts the request and returns the fault that applies to it.
func (fs *faults) take(r *http.Request) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	target := r.URL.EscapedPath() + "?" + r.URL.RawQuery
	var found *Fault
	for _, f := range fs.list {
		if !strings.Contains(target, f.Path) {
			continue
		}
		if f.Nth > 1 {
			f.Nth--
			continue
		}
		if found == nil {
			found = f
			f.Times = max(f.Times-1, -1)
		}
	}
	fs.list = slices.DeleteFunc(fs.list, func(f *Fault) bool { return f.Nth <= 1 && f.Times == 0 })
	return found
}

// answer answers in place of the service, or not at all.
func (f *Fault) answer(w http.ResponseWriter, r *http.Request) {
	if f.Hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	a := &answer{status: f.Status, contentType: typeText, body: []byte(f.Body)}
	switch {
	case strings.HasPrefix(f.Body, "<"):
		a.contentType = typeHTML
	case strings.HasPrefix(f.Body, "{"):
		a.contentType = typeJSON
	}
	write(w, r, a, f)
}

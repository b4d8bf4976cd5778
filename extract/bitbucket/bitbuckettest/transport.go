package bitbuckettest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport serves requests without a network, so that it works inside testing/synctest. A cut connection shows as it does on a network: an error
// of the body after the bytes that came, or of the request where none did.
func (b *Bitbucket) Transport() http.RoundTripper { return transport{b} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // a RoundTripper must close it
	}
	asked := r.Clone(r.Context())
	asked.RequestURI = r.URL.RequestURI()
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	if asked.Host == "" {
		asked.Host = r.URL.Host
	}
	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		rec := &recorder{header: http.Header{}, status: http.StatusOK}
		cut := serve(t.handler, rec, asked)
		if cut && rec.body.Len() == 0 {
			done <- result{nil, io.ErrUnexpectedEOF}
			return
		}
		done <- result{rec.response(r, cut), nil}
	}()
	select {
	case got := <-done:
		return got.response, got.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// serve runs the handler and tells whether it cut the connection.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			cut = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// recorder takes an answer down.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (rec *recorder) Header() http.Header         { return rec.header }
func (rec *recorder) WriteHeader(status int)      { rec.status = status }
func (rec *recorder) Write(p []byte) (int, error) { return rec.body.Write(p) }

func (rec *recorder) response(r *http.Request, cut bool) *http.Response {
	response := &http.Response{
		Status: strconv.Itoa(rec.status) + " " + http.StatusText(rec.status), StatusCode: rec.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.header, Request: r, ContentLength: int64(rec.body.Len()), Body: io.NopCloser(&rec.body),
	}
	if cut {
		response.ContentLength = -1
		response.Body = io.NopCloser(io.MultiReader(&rec.body, broken{}))
	}
	return response
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

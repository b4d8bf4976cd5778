package loadtest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Careless puts something before the bucket's server that has it pass over the conditions of some requests, as servers do
// that know of no conditions.
func Careless(t testing.TB, b *Bucket, about func(*http.Request) bool) {
	t.Helper()
	target, err := url.Parse(b.server.url)
	if err != nil {
		t.Fatal(err)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if !about(r.In) {
			r.Out.Host = r.In.Host // as it is signed
			return
		}
		for _, name := range []string{"If-Match", "If-None-Match", "Authorization", "Accept-Encoding"} {
			r.Out.Header.Del(name)
		}
		// It has to be signed anew.
		body := r.Out.Header.Get("X-Amz-Content-Sha256")
		key := aws.Credentials{AccessKeyID: b.server.access, SecretAccessKey: b.server.secret}
		if err := signer.SignHTTP(context.WithoutCancel(r.In.Context()), key, r.Out, body, "s3", region, time.Now()); err != nil {
			t.Error(err)
		}
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, err.Error())
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	b.URL = server.URL
}

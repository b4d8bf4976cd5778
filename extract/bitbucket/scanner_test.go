package bitbucket_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// shapes are what answers are decoded into here: every kind of value that the objects of the API have.
var shapes = []reflect.Type{
	reflect.TypeFor[bitbucket.Page[bitbucket.PullRequest]](), reflect.TypeFor[bitbucket.Page[bitbucket.Activity]](),
	reflect.TypeFor[bitbucket.Page[bitbucket.Snippet]](), reflect.TypeFor[bitbucket.Page[bitbucket.BranchRestriction]](),
	reflect.TypeFor[bitbucket.Page[bitbucket.Webhook]](),
}

// library decodes as the library does.
func library(answer []byte, v any) error {
	return json.Unmarshal(answer, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// FuzzScanner has answers read in one pass, twice, and by the library: what the pass reads is the same, or nothing.
func FuzzScanner(f *testing.F) {
	const account = `{"type":"user","uuid":"{1}","account_id":"a","display_name":"A","nickname":"\u00e4\""}`
	for _, text := range append(answers,
		`{"values":[{"id":12,"title":"T","draft":null,"author":`+account+`,"closed_by":`+account+`,"source":{"branch":{"name":"main"},"commit":null}}]}`,
		`{"values":[{"author":`+account+`,"author":{"nickname":"B"}},{"author":`+account+`}],"size":3}`,
		`{"values":[{"id":"n","is_private":true},{"id":12},{"id":null},{"id":1.50}]} `,
		`{"values":[{"update":{"changes":{"a":[1,{"b":null}]},"date":"2026-11-11T01:44:43.155999+00:00"}},{"update":{"changes":null}}]}`,
		"{ \"values\" : [ { \"users\":[null,"+account+",{}], \"value\": -0 } , { \"value\" :2,\"groups\":[]} ]\n}\t",
		`{"values":[{"events":["a:b","a:b",null,"\ud83d\ude00","\ud800","`+"\xff\xc3\xa4"+`","`+"\x01"+`"]}],"sizes":[[{}],1e5,"\n"]}`,
		`{"values":[{"update":{"date":"2026-11-11T1:44:43+00:00"}}]}`, `{"values":[{"update":{"date":"2026-11-11T01:44:43,5+02:00"}}]}`,
		`{"size":9223372036854775807}`, `{"size":01}`, `{"size":1e2}`, `{"size":-}`, `{"size":- 1}`, `null`, `[]`, `{}}`, `{"size":1,}`, `{"next":"`,
	) {
		for i := range shapes {
			f.Add(i, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, shape int, answer []byte) {
		typ := shapes[uint(shape)%uint(len(shapes))]
		want := reflect.New(typ)
		err := library(answer, want.Interface())
		for range 2 { // accounts are remembered
			got := reflect.New(typ)
			if !bitbucket.Scan(answer, got.Interface()) {
				continue
			}
			if err != nil {
				t.Fatalf("the library says of %q: %v; read was %+v", answer, err, got)
			}
			if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
				t.Fatalf("%q is read otherwise (-library +here):\n%s", answer, diff)
			}
		}
	})
}

// sameEachDay is a workspace whose content the date does not change.
var sameEachDay = bitbuckettest.Options{Seed: 1, End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), RequestsPerHour: -1}

// answers are read in one pass.
var answers = []string{
	`{"values":[]}`, ` { "next" : "https://api.example/?page=2" , "size":0, "values" : null } `,
	`{"pagelen":10,"page":1,"values":[{"links":{"self":{"href":"\u0026"}},"id":-7,"title":"\"q\" \\ \/ \u00e4ä\n"}]}`,
}

// TestScannerReads is about what is read in one pass: that something is not would show in nothing but the time that it takes.
func TestScannerReads(t *testing.T) {
	for _, answer := range answers {
		if v := reflect.New(shapes[0]); !bitbucket.Scan([]byte(answer), v.Interface()) {
			t.Errorf("%s is left to the library", answer)
		}
	}
	b := bitbuckettest.New(sameEachDay)
	c := &bitbucket.Client{
		Base: "https://api.bitbucket.org/2.0", Transport: b.Transport(), Log: slog.New(slog.DiscardHandler),
		Token: func(context.Context, string) (string, error) {
			return b.AccessToken(1<<30, bitbuckettest.DefaultScopes...), nil
		},
		Spend: func(context.Context) error { return nil },
	}
	repositories := reads[bitbucket.Repository](t, c, "/repositories/acme")
	pipelines := 0
	for i := range 5 {
		path := bitbucket.Path("/repositories/acme/%s", repositories[i].UUID)
		reads[bitbucket.PullRequest](t, c, path+"/pullrequests")
		reads[bitbucket.Activity](t, c, path+"/pullrequests/activity")
		pipelines += len(reads[bitbucket.Pipeline](t, c, path+"/pipelines/"))
		reads[bitbucket.LoggedCommit](t, c, path+"/commits")
		reads[bitbucket.Ref](t, c, path+"/refs/branches")
	}
	if pipelines == 0 {
		t.Error("no repository has pipelines")
	}
	reads[bitbucket.Snippet](t, c, "/snippets/acme")
	reads[bitbucket.WorkspacePermission](t, c, "/workspaces/acme/permissions")
}

// reads returns the first page of a list, and none of pipelines where they are not enabled.
func reads[T any](t *testing.T, c *bitbucket.Client, path string) []T {
	t.Helper()
	var answer []byte
	kept := *c
	kept.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := c.Transport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer, err = io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(answer))
		return resp, err
	})
	for page, err := range bitbucket.Pages[T](t.Context(), &kept, path, 50, nil) {
		if strings.HasSuffix(path, "/pipelines/") && bitbucket.IsStatus(err, http.StatusNotFound) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		var scanned, want bitbucket.Page[T]
		if !bitbucket.Scan(answer, &scanned) {
			t.Errorf("%s is left to the library", path)
		}
		if err := library(answer, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, page); diff != "" {
			t.Errorf("%s is read otherwise (-library +here):\n%s", path, diff)
		}
		return page.Values
	}
	return nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestDecodeForgets reads into what an attempt before has left.
func TestDecodeForgets(t *testing.T) {
	v := bitbucket.Page[bitbucket.PullRequest]{Next: "https://api.example/?page=2", Values: make([]bitbucket.PullRequest, 3)}
	if err := bitbucket.Decode([]byte(`{"size":1}`), &v); err != nil {
		t.Fatal(err)
	}
	if v.Next != "" || v.Values != nil || *v.Size != 1 {
		t.Errorf("decoded %+v", v)
	}
}

// TestDecodeKeepsAccounts has a page that the library reads not write into an account that was read before.
func TestDecodeKeepsAccounts(t *testing.T) {
	const account = `{"uuid":"{1}","nickname":"A"}`
	var before, after bitbucket.Page[bitbucket.PullRequest]
	if err := bitbucket.Decode([]byte(`{"values":[{"author":`+account+`}]}`), &before); err != nil {
		t.Fatal(err)
	}
	if err := bitbucket.Decode([]byte(`{"values":[{"author":`+account+`,"author":{"nickname":"B"}}]}`), &after); err != nil {
		t.Fatal(err)
	}
	if a, b := before.Values[0].Author.Nickname, after.Values[0].Author.Nickname; a != "A" || b != "B" {
		t.Errorf("the nicknames are %s and %s", a, b)
	}
}

// BenchmarkDecode reads a page of pull requests of the simulated Bitbucket.
func BenchmarkDecode(b *testing.B) {
	service := bitbuckettest.New(sameEachDay)
	get := func(path string, query url.Values) []byte {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/2.0"+path+"?"+query.Encode(), nil)
		r.Header.Set("Authorization", "Bearer "+service.AccessToken(1<<30, bitbuckettest.DefaultScopes...))
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		return w.Body.Bytes()
	}
	var repositories bitbucket.Page[bitbucket.Repository]
	if err := library(get("/repositories/acme", nil), &repositories); err != nil {
		b.Fatal(err)
	}
	answer := get(bitbucket.Path("/repositories/acme/%s/pullrequests", repositories.Values[0].UUID), url.Values{
		"pagelen": {"50"}, "state": {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"},
		"fields": {"next,size," + bitbucket.Fields[bitbucket.PullRequest]("values.")},
	})
	for name, decode := range map[string]func([]byte, any) error{"here": bitbucket.Decode, "library": library} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(answer)))
			b.ReportAllocs()
			for b.Loop() {
				var v bitbucket.Page[bitbucket.PullRequest]
				if err := decode(answer, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

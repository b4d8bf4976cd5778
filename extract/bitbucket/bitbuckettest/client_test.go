package bitbuckettest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

var end = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// small is big enough for every kind of answer.
var small = bitbuckettest.Scale{Members: 20, Repositories: 12, PullRequests: 400, Months: 8}

func newSmall(t testing.TB, change ...func(*bitbuckettest.Options)) *bitbuckettest.Bitbucket {
	t.Helper()
	o := bitbuckettest.Options{Seed: 7, Scale: small, End: end, RequestsPerHour: -1}
	for _, f := range change {
		f(&o)
	}
	return bitbuckettest.New(o)
}

// client asks the API with a token of its own.
type client struct {
	t     testing.TB
	b     *bitbuckettest.Bitbucket
	token string
}

func newClient(t testing.TB, b *bitbuckettest.Bitbucket) *client {
	t.Helper()
	access, _ := b.Grant(bitbuckettest.DefaultConsumer.ID)
	return &client{t, b, access}
}

const host = "https://api.bitbucket.org"

// get asks for a path below /2.0, or for a whole address.
func (c *client) get(path string) (int, http.Header, []byte) {
	c.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = host + "/2.0" + path
	}
	req, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.b.Transport().RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, res.Header, body
}

type object = map[string]any

// ok asks for what must be answered with 200.
func (c *client) ok(path string) object {
	c.t.Helper()
	status, _, body := c.get(path)
	if status != 200 {
		c.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		c.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return o
}

func values(o object) []object {
	list, _ := o["values"].([]any)
	out := make([]object, len(list))
	for i, v := range list {
		out[i] = v.(object)
	}
	return out
}

// all follows next to the end.
func (c *client) all(path string) []object {
	c.t.Helper()
	var out []object
	for path != "" {
		o := c.ok(path)
		out = append(out, values(o)...)
		path, _ = o["next"].(string)
	}
	return out
}

// message is the error's message of a JSON error.
func message(t testing.TB, body []byte) string {
	t.Helper()
	var e struct {
		Type  string
		Error struct{ Message string }
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Type != "error" {
		t.Fatalf("not an error: %s", body)
	}
	return e.Error.Message
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func num(v any) int {
	n, _ := v.(float64)
	return int(n)
}

func at(t testing.TB, v any) time.Time {
	t.Helper()
	x, err := time.Parse(time.RFC3339Nano, str(v))
	if err != nil {
		t.Fatal(err)
	}
	return x.UTC()
}

func escape(s string) string { return url.QueryEscape(s) }

// busiest is the slug of the repository with the most pull requests.
func busiest(b *bitbuckettest.Bitbucket) string {
	best := bitbuckettest.Repository{PullRequests: -1}
	for _, r := range b.Repositories() {
		if r.PullRequests > best.PullRequests {
			best = r
		}
	}
	return best.Slug
}

const allStates = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED"

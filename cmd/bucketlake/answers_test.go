package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestAnswersNotToBeBelieved answers one list in ways that no client must fall for: it ends in an error of its own, and
// the other streams go on. Afterwards nothing is missing.
func TestAnswersNotToBeBelieved(t *testing.T) {
	page := func(next string) func(*http.Request) io.Reader {
		return func(r *http.Request) io.Reader {
			return strings.NewReader(fmt.Sprintf(`{"values":[],"next":%q}`, strings.ReplaceAll(next, "SELF", r.URL.String())))
		}
	}
	for name, tt := range map[string]struct {
		body func(*http.Request) io.Reader
		want error
	}{
		"a next to another host": {page("https://evil.example/2.0/x?page=2"), bitbucket.ErrForeignLink},
		"a next to itself":       {page("SELF"), bitbucket.ErrLinkLoop},
		"a page of 50 MB": {func(*http.Request) io.Reader {
			return io.MultiReader(strings.NewReader(`{"values":[{"title":"`), io.LimitReader(letters{}, 50<<20))
		}, bitbucket.ErrTooLarge},
		"a body that never ends":    {func(r *http.Request) io.Reader { return slowly{r} }, bitbucket.ErrUnfinished},
		"a list shrunk to nothing":  {page(""), extract.ErrEmptied},
		"text that stops in middle": {func(*http.Request) io.Reader { return strings.NewReader(`{"values":[{"id":1`) }, io.ErrUnexpectedEOF},
	} {
		for _, list := range []string{"/workspaces/acme/projects", "/pullrequests", "/refs/branches"} {
			switch linked := errors.Is(tt.want, bitbucket.ErrForeignLink) || errors.Is(tt.want, bitbucket.ErrLinkLoop); {
			case list != "/workspaces/acme/projects" && errors.Is(tt.want, extract.ErrEmptied):
				continue // below, an empty list is told by what the workspace says: TestHistories
			case linked == (list == "/pullrequests"): // whose links are not followed
				continue
			}
			t.Run(name+list, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: bitbuckettest.Scale{Members: 5, Repositories: 2, PullRequests: 8, Months: 1}})
					defer l.close()
					if err := outcome([]workspaceRun{l.sync(t.Context(), t)}); err != nil {
						t.Fatal(err)
					}
					real := l.transport
					l.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
						if !strings.HasSuffix(r.URL.Path, list) {
							return real.RoundTrip(r)
						}
						return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(tt.body(r)), Request: r}, nil
					})
					l.bitbucket.Advance(20)
					time.Sleep(time.Hour)
					wrong := 0
					for _, run := range l.sync(t.Context(), t).Streams {
						errs := errors.Join(append(run.Behind, run.Err)...)
						if errors.Is(errs, tt.want) {
							wrong++
						} else if errs != nil {
							t.Errorf("%s: %v", run.Stream, errs)
						}
					}
					asking := 1
					if list == "/pullrequests" { // the activity has some of them read again
						asking = 2
					}
					if wrong != asking {
						t.Errorf("%d streams say so, and %d ask", wrong, asking)
					}
					l.transport = real
					time.Sleep(time.Hour)
					if err := outcome([]workspaceRun{l.sync(t.Context(), t)}); err != nil {
						t.Fatal(err)
					}
					l.equalLedger(t)
				})
			})
		}
	}
}

// TestARefusalMakesNoListCredible has a grant die in the past of two repositories: one's pull requests are none any more, the
// other's are refused, and the workspace has no repositories.
func TestARefusalMakesNoListCredible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, PageLimit: 2, Scale: bitbuckettest.Scale{Members: 5, Repositories: 2, PullRequests: 30, Months: 1}})
		defer l.close()
		l.config.streams = slices.DeleteFunc(extract.Streams(), func(st extract.Stream) bool { return st.Name != "repositories" && st.Name != "pull_requests" })
		real, lists, dying := l.transport, map[string]int{}, ""
		l.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"values":[],"size":0}`)), Request: r}
			switch lists[r.URL.Path]++; {
			case strings.HasSuffix(r.URL.Path, "/pullrequests") && lists[r.URL.Path] > 1:
				if dying == "" {
					dying = r.URL.Path
				}
				if dying != r.URL.Path {
					answer.StatusCode = http.StatusForbidden
				}
			case dying == "" || !strings.HasSuffix(r.URL.Path, "/repositories/acme"):
				return real.RoundTrip(r)
			}
			return answer, nil
		})
		if err := outcome([]workspaceRun{l.sync(t.Context(), t)}); err == nil {
			t.Error("a dying grant shows nothing, and that is believed")
		}
		l.transport = real
		time.Sleep(time.Hour)
		if err := outcome([]workspaceRun{l.sync(t.Context(), t)}); err != nil {
			t.Fatal(err)
		}
		if got := len(l.tables(t)["pull_requests"]); got != 30 {
			t.Errorf("%d pull requests have landed, of 30", got)
		}
	})
}

// letters are as many as are wanted.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// slowly gives a letter a second, until nobody waits any more.
type slowly struct{ *http.Request }

func (s slowly) Read(p []byte) (int, error) {
	select {
	case <-s.Context().Done():
		return 0, s.Context().Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

// TestFewPeopleAreAskedForManyRepositories lives a day of a workspace of few people twice, with and without the lists of what each of
// them opened. With them the pull requests take fewer requests; without, hardly any is wasted on them; and the tables are
// the same.
func TestFewPeopleAreAskedForManyRepositories(t *testing.T) {
	if underRace {
		t.Skip("requests are counted without the race detector")
	}
	t.Parallel()
	with, people, rows := aDayOfFew(t, false)
	without, inVain, same := aDayOfFew(t, true)
	t.Logf("%d requests for pull requests, %d of them of people; without their lists %d and %d", with, people, without, inVain)
	if people == 0 || with >= without-inVain {
		t.Errorf("%d requests, %d of them of people; without their lists %d", with, people, without)
	}
	if inVain == 0 || inVain > 18 { // three at once, again after half an hour, an hour, and so on
		t.Errorf("people were asked %d times for lists that there are not", inVain)
	}
	if len(rows) == 0 || !slices.Equal(rows, same) {
		t.Errorf("%d pull requests landed, without the lists %d, or they differ", len(rows), len(same))
	}
}

// aDayOfFew returns the requests for pull requests of a day, those of people, and what had landed a day later.
func aDayOfFew(t *testing.T, refused bool) (requests, people int, rows []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 1, Scale: bitbuckettest.Scale{Members: 8, Repositories: 50, PullRequests: 350, Months: 1}})
		defer l.close()
		l.config.quietEvery, l.config.snapshotEvery, l.config.requestsPerHour = 24*time.Hour, 24*time.Hour, 1000
		l.config.streams = slices.DeleteFunc(l.config.streams, func(st extract.Stream) bool {
			return !slices.Contains([]string{"repositories", "pull_requests", "pull_request_activity"}, st.Name)
		})
		if refused {
			l.bitbucket.Fault(bitbuckettest.Fault{Path: "/workspaces/acme/pullrequests/", Times: -1, Status: http.StatusNotFound})
		}
		answer := l.transport
		l.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/2.0/workspaces/acme/pullrequests/") {
				people++
			}
			return answer.RoundTrip(r)
		})
		sync := func(after time.Duration) (asked int) {
			time.Sleep(after)
			l.bitbucket.AdvanceUntil(time.Now())
			run := l.sync(t.Context(), t)
			if err := outcome([]workspaceRun{run}); err != nil {
				t.Fatal(err)
			}
			for _, r := range run.Streams {
				if r.Stream == schemas.PullRequests.Name {
					asked += r.Requests
				}
			}
			return asked
		}
		sync(0)
		sync(48 * time.Hour) // it is Monday
		for range 24 {
			requests += sync(time.Hour)
		}
		time.Sleep(25 * time.Hour) // and nothing happens any more
		l.sync(t.Context(), t)
		rows = l.tables(t)[schemas.PullRequests.Name]
	})
	return requests, people, rows
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
)

var (
	requestRepositories = flag.String("requests", "", "count the requests of workspaces with so many repositories, divided by commas")
	requestChanges      = flag.String("changes", "0,10,100", "changes an hour, for -requests")
	requestDays         = flag.Int("days", 5, "days that are counted, from a Monday on, for -requests")
	requestMembers      = flag.Int("members", 0, "people of the workspace, for -requests; 0: half as many as repositories")
	requestsPerHour     = flag.Int("per-hour", 0, "requests that may be spent in an hour, for -requests; 0: no limit")
)

// TestRequests counts what a sync an hour spends, day after day, once the past has been read. Without -requests it is a
// small workspace, and a bound.
func TestRequests(t *testing.T) {
	if underRace {
		t.Skip("requests are counted without the race detector")
	}
	if *requestRepositories == "" {
		s := countRequests(t, 20, 10, 1)
		if ratio := float64(s.spent) / float64(s.changed); ratio > 1.55 {
			t.Errorf("%d requests where those of what changed are %d: %.2f times", s.spent, s.changed, ratio)
		}
		return
	}
	t.Log("| repositories | changes/h | requests/h | bound | of what changed | ratio | in time | every list/h | full reload |")
	t.Log("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for r := range strings.SplitSeq(*requestRepositories, ",") {
		for c := range strings.SplitSeq(*requestChanges, ",") {
			var repositories, changes int
			if _, err := fmt.Sscan(r, &repositories); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(c, &changes); err != nil {
				t.Fatal(err)
			}
			s := countRequests(t, repositories, changes, *requestDays)
			h := float64(s.hours)
			t.Logf("| %d | %.0f | %.0f | %.1f | %.0f | %.2f | %.1f %% | %.0f | %d |", repositories, float64(s.changes)/h, float64(s.spent)/h,
				float64(s.bound)/h, float64(s.changed)/h, float64(s.spent)/float64(max(1, s.changed)), s.timely.share(), float64(s.every)/h, s.full)
			for _, line := range s.byStream {
				t.Log(line)
			}
			s.timely.show(t)
		}
	}
}

// TestWhatMovedIsNotReadAgain has what people do move the updated_on of pull requests, or not. Where it does, the activity has
// none of them read again that its repository's list has just brought.
func TestWhatMovedIsNotReadAgain(t *testing.T) {
	for still, again := range map[bitbuckettest.Action]bool{"": false, bitbuckettest.Commented: true} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, bitbuckettest.Options{Seed: 3, Still: []bitbuckettest.Action{still}, Scale: bitbuckettest.Scale{Members: 8, Repositories: 5, PullRequests: 60, Months: 1}})
			defer l.close()
			answer, byID := l.transport, 0
			l.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.URL.Query().Get("q"), "id = ") {
					byID++
				}
				return answer.RoundTrip(r)
			})
			for range 12 {
				l.sync(t.Context(), t)
				time.Sleep(time.Hour)
				l.bitbucket.AdvanceUntil(time.Now())
				l.bitbucket.Advance(20)
			}
			if (byID > 0) != again {
				t.Errorf("where %q moves nothing, pull requests were read again %d times", still, byID)
			}
		})
	}
}

// spending is what some hours cost, and what they would cost otherwise.
type spending struct {
	hours, changes int
	spent          int // by us
	bound          int // at least one to learn that nothing changed, and a page for the rows that did
	changed        int // if one knew which repositories and pull requests changed, and asked those alone
	every          int // if each list of each repository were asked every time
	full           int // if everything were read anew
	byStream       []string
	timely         timely
}

// countRequests syncs a workspace of so many repositories, in which so many things happen an hour, once an hour.
func countRequests(t *testing.T, repositories, changes, days int) (s spending) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pulls := max(changes, 1) * 90 // a month, as people work on five days of seven
		members := max(8, min(2000, repositories/2))
		if *requestMembers > 0 {
			members = *requestMembers
		}
		l := newLab(t, bitbuckettest.Options{Seed: 1, Scale: bitbuckettest.Scale{Members: members, Repositories: repositories, PullRequests: pulls, Months: 1}})
		defer l.close()
		l.config.streams = new(faults).streams("", "")
		l.config.quietEvery, l.config.snapshotEvery = 24*time.Hour, 24*time.Hour
		sync := func() (requests map[string]int, sum int) {
			run := l.sync(t.Context(), t)
			if err := outcome([]workspaceRun{run}); err != nil && (*requestsPerHour == 0 || !errors.Is(err, state.ErrBudgetSpent)) {
				t.Fatal(err)
			}
			requests = map[string]int{}
			for _, r := range run.Streams {
				requests[r.Stream] += r.Requests
				sum += r.Requests
			}
			return requests, sum
		}
		_, s.full = sync()
		l.config.requestsPerHour = *requestsPerHour // from now on: the past takes what it takes
		perRepository := 0
		for _, st := range l.config.streams {
			if standings, err := st.Standing([]byte(`{"repositories":{"{}":{}}}`)); err == nil && len(standings) > 0 && st.Name != extract.Commits.Name {
				perRepository++
			}
		}
		for time.Now().Weekday() != time.Monday {
			time.Sleep(24 * time.Hour)
			if changes > 0 {
				l.bitbucket.AdvanceUntil(time.Now())
			}
			sync()
		}
		streams := map[string]int{}
		for h := range days * 24 {
			time.Sleep(time.Hour)
			var done []bitbuckettest.Change
			if changes > 0 {
				done = l.bitbucket.AdvanceUntil(time.Now())
			}
			requests, sum := sync()
			for name, n := range requests {
				streams[name] += n
			}
			s.hours++
			s.spent += sum
			s.count(done, perRepository*repositories)
			if *requestRepositories != "" && h > 0 {
				s.timely.look(t, l, time.Now().Add(-time.Hour))
			}
		}
		for name, n := range streams {
			if n > 0 {
				s.byStream = append(s.byStream, fmt.Sprintf("%s: %.1f an hour", name, float64(n)/float64(s.hours)))
			}
		}
	})
	return s
}

// count adds what the changes of an hour would cost at least.
func (s *spending) count(done []bitbuckettest.Change, every int) {
	s.changes += len(done)
	s.bound += 1 + (len(done)+49)/50
	asked := map[string]bool{} // each request once
	children := 0
	for _, c := range done {
		ask := func(what string) { asked[c.Repository+" "+what] = true }
		switch c.Action {
		case bitbuckettest.BuildBegun, bitbuckettest.BuildEnded:
			ask("pipelines")
		case bitbuckettest.Deployed:
			ask("deployments")
		case bitbuckettest.Tagged:
			ask("tags")
		case bitbuckettest.Uploaded:
			ask("downloads")
		case bitbuckettest.SnippetCreated, bitbuckettest.Configured, bitbuckettest.ForkDeleted:
			ask(string(c.Action))
		case bitbuckettest.Opened, bitbuckettest.Pushed, bitbuckettest.Merged:
			ask("branches")
			ask("commits")
			fallthrough
		default:
			ask("pull requests")
			ask("activity")
			ask(fmt.Sprintf("tasks of %d", c.PullRequest))
			ask(fmt.Sprintf("comments of %d", c.PullRequest))
		}
	}
	for what := range asked {
		if strings.Contains(what, " of ") {
			children++
		}
	}
	s.changed += 1 + len(asked)
	s.every += every + children
}

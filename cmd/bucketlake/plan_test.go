package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
)

// TestPlan holds a forecast against what the sync after it takes.
func TestPlan(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 41, Scale: bitbuckettest.Scale{Members: 30, Repositories: 40, PullRequests: 400, Months: 4}, RequestsPerHour: -1})
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "5000")
	i.connect(t)
	var plans []plan
	if err := json.Unmarshal([]byte(i.must(t, "plan", "--json")), &plans); err != nil || len(plans) != 1 {
		t.Fatal(plans, err)
	}
	p := plans[0]
	if p.Asked > planRequests || p.Repositories != 40 || p.Sampled != 40 || p.Error != 0 {
		t.Errorf("the plan asked %d requests, %d of %d repositories, with an error of %d", p.Asked, p.Sampled, p.Repositories, p.Error)
	}
	if text := i.must(t, "status"); !strings.Contains(text, "reading the past is going to take about") {
		t.Errorf("status says:\n%s", text)
	}
	i.sync(t)
	b := i.status(t)[0].Backfill
	if b == nil || b.Ended.IsZero() || b.Forecast == nil {
		t.Fatalf("the backfill is %+v", b)
	}
	if off := float64(b.Spent)/float64(b.Forecast.Requests) - 1; math.Abs(off) > 0.05 {
		t.Errorf("%d requests were forecast, and it took %d: %+v", b.Forecast.Requests, b.Spent, b.Streams)
	}
	landed := map[string]int64{}
	for _, table := range i.status(t)[0].Tables {
		landed[table.Table] = table.Rows + table.Deleted
	}
	for _, s := range p.Streams {
		// How old a repository's history is, nothing tells, and how many tasks were resolved, ten pull requests.
		if s.Rows == nil || s.Stream == "commits" || s.Stream == "pull_request_tasks" {
			continue
		}
		if n := landed[s.Stream]; math.Abs(float64(*s.Rows)-float64(n)) > 0.25*float64(n)+10 {
			t.Errorf("%s: %d rows were forecast, and %d have landed", s.Stream, *s.Rows, n)
		}
	}
	if text := i.must(t, "status"); !strings.Contains(text, "all of the past was read by") {
		t.Errorf("status says:\n%s", text)
	}
}

// TestPlanOfALargeWorkspace asks a few repositories of many.
func TestPlanOfALargeWorkspace(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 41, Scale: bitbuckettest.Scale{Members: 40, Repositories: 300, PullRequests: 600, Months: 3}, RequestsPerHour: -1})
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "1000")
	i.connect(t)
	text := i.must(t, "plan", "--requests", "120")
	for _, want := range []string{"300 repositories, of which ", "pull_requests ", "most likely", "At 1000 requests an hour, of which 100 are kept for news", " hours, from "} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan lacks %q:\n%s", want, text)
		}
	}
	if _, stderr, code := i.run(t, "plan", "--requests", "3"); code != exitFailed || !strings.Contains(stderr, "use at least") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	// The first run of a workspace that one hour is not enough for makes a forecast of its own.
	i.use("another")
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "400")
	i.connect(t)
	if _, stderr, code := i.run(t, "sync"); code != exitPartial {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	b := i.status(t)[0].Backfill
	if b == nil || b.Forecast == nil || b.Forecast.Left == 0 || b.Forecast.End.IsZero() || b.Spent == 0 || !b.Ended.IsZero() {
		t.Errorf("the backfill is %+v", b)
	}
	// One that was read before there were forecasts needs none.
	db, err := state.Open(t.Context(), i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM backfills"); err != nil {
		t.Fatal(err)
	}
	i.anHourLater(t)
	if _, stderr, code := i.run(t, "sync"); code != exitPartial {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if b := i.status(t)[0].Backfill; b == nil || b.Forecast != nil {
		t.Errorf("the backfill is %+v", b)
	}
}

// TestPlanOfAnEmptyWorkspace has no repository to go by.
func TestPlanOfAnEmptyWorkspace(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 8, MoreWorkspaces: []string{"zebra"}})
	i.connect(t, "--workspace", "zebra")
	if text := i.must(t, "plan"); !strings.Contains(text, "zebra: 0 repositories, of which 0 were asked") {
		t.Errorf("the plan is:\n%s", text)
	}
}

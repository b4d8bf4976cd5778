package extract_test

import (
	"context"
	"flag"
	"log/slog"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

var (
	forecastRepositories = flag.Int("forecast-repositories", 300, "repositories of the workspace of TestForecasts")
	forecastRequests     = flag.Int("forecast-requests", 200, "requests of a forecast in TestForecasts")
)

// TestForecasts draws samples of a workspace, and holds what they say against what asking all of it says: the forecasts lie
// around that, as closely as they say, and take no more requests than they may.
func TestForecasts(t *testing.T) {
	t.Parallel()
	b := bitbuckettest.New(bitbuckettest.Options{
		Seed: 3, End: time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), RequestsPerHour: -1,
		Scale: bitbuckettest.Scale{Members: 60, Repositories: *forecastRepositories, PullRequests: 4 * *forecastRepositories, Months: 2},
	})
	token, _ := b.Grant(bitbuckettest.DefaultConsumer.ID)
	spent := 0
	src := extract.Source{
		Workspace: "acme", Now: time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC),
		Client: &bitbucket.Client{
			Base: "https://api.bitbucket.org/2.0", Transport: b.Transport(), Log: slog.New(slog.DiscardHandler), Backoff: time.Nanosecond,
			Token: func(context.Context, string) (string, error) { return token, nil },
			Spend: func(context.Context) error { spent++; return nil },
		},
	}
	all, err := extract.Predict(t.Context(), src, extract.Streams(), math.MaxInt32, 1)
	if err != nil || all.Sampled != all.Repositories || all.Error != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	const draws = 12
	var bias, squares, told float64
	for seed := range uint64(draws) {
		spent = 0
		f, err := extract.Predict(t.Context(), src, extract.Streams(), *forecastRequests, seed)
		if err != nil {
			t.Fatal(err)
		}
		if spent > *forecastRequests {
			t.Errorf("it took %d requests, and may take %d", spent, *forecastRequests)
		}
		off := f.Requests()/all.Requests() - 1
		bias, squares, told = bias+off/draws, squares+off*off/draws, told+f.Error/all.Requests()/draws
		t.Logf("%d requests, %d of %d repositories: off by %.1f %%, told %.1f %%", spent, f.Sampled, f.Repositories, 100*off, 100*f.Error/all.Requests())
	}
	rms := math.Sqrt(squares)
	t.Logf("bias %.1f %%, root mean square %.1f %%, told %.1f %%", 100*bias, 100*rms, 100*told)
	if math.Abs(bias) > 2*rms/math.Sqrt(draws) || rms > 2*told || told > 2*rms {
		t.Error("it is not as close as it says")
	}
}

// TestSamplesKeepToTheirRequests holds for workspaces of any size, and for any number of requests.
func TestSamplesKeepToTheirRequests(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		repositories, requests := rapid.IntRange(1, 100_000).Draw(rt, "repositories"), rapid.IntRange(extract.LeastSampled, 2000).Draw(rt, "requests")
		if rapid.Bool().Draw(rt, "few") {
			repositories = 1 + repositories%500
		}
		switch ranks, least, takes := extract.SampleOf(repositories, requests); {
		case ranks != repositories:
			rt.Errorf("%d of %d repositories are in a stratum", ranks, repositories)
		case least < min(2, repositories):
			rt.Errorf("%d are asked of a stratum", least)
		case takes > requests:
			rt.Errorf("it takes %d requests, and may take %d", takes, requests)
		}
	})
}

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
	"bucketlake/schemas"
)

// anHourLater forgets the requests that were spent, as the hour does.
func (i *install) anHourLater(t *testing.T) {
	t.Helper()
	db, err := state.Open(t.Context(), i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM requests_spent"); err != nil {
		t.Fatal(err)
	}
}

// TestMoreRepositoriesThanRequests has an hour that is not enough to ask every repository once. Each
// hour goes on where the last one ended, and in the end everything is there.
func TestMoreRepositoriesThanRequests(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 31, Scale: bitbuckettest.Scale{Members: 8, Repositories: 60, PullRequests: 120, Months: 3}})
	i.connect(t)
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "50")
	i.set("QUIET_EVERY", "24h")
	i.set("SNAPSHOT_EVERY", "24h")
	want := len(i.bitbucket.Ledger())
	for hour := 1; ; hour++ {
		i.anHourLater(t)
		if _, stderr, code := i.run(t, "sync"); code != 0 && code != exitPartial {
			t.Fatal(stderr)
		}
		events := 0
		each(t, i.lake(t), schemas.UsageEvents, func(*schemas.UsageEvent) { events++ })
		if events == want {
			t.Logf("all %d events in %d hours", events, hour)
			break
		}
		if hour == 40 {
			t.Fatalf("%d of %d events after 40 hours", events, want)
		}
	}
	i.equalLedger(t)
}

func TestConnectWhileTheHourIsSpent(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	i.connect(t)
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "20")
	if _, _, code := i.run(t, "sync"); code != exitPartial {
		t.Errorf("exit code %d", code)
	}
	i.connect(t)
}

// TestALostTableIsMadeAnew follows the advice that the error gives.
func TestALostTableIsMadeAnew(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	i.connect(t)
	i.sync(t)
	lake := strings.TrimPrefix(i.get("LAKE_URL"), "file://")
	if err := os.RemoveAll(filepath.Join(lake, "feature_usage_daily")); err != nil {
		t.Fatal(err)
	}
	i.bitbucket.Advance(5)
	manifest := "_bucketlake/workspace=acme/feature_usage_daily.json"
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "remove "+manifest+" as well and sync in full") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if err := os.Remove(filepath.Join(lake, manifest)); err != nil {
		t.Fatal(err)
	}
	i.sync(t, "--full")
	i.equalLedger(t)
}

func TestALimitBehindARefusal(t *testing.T) {
	run := &workspaceRun{Streams: []streamRun{
		{Stream: "pull_requests", Behind: []error{&bitbucket.Error{Status: http.StatusForbidden}}},
		{Stream: "pull_request_activity", Err: &bitbucket.Error{Status: http.StatusTooManyRequests}},
	}}
	if pause := limited(run); pause != pauseAfterLimit {
		t.Errorf("the pause is %s", pause)
	}
}

// TestOneRepositoryFails has Bitbucket fail at one repository for ever: the others are read.
func TestOneRepositoryFails(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 33})
	i.connect(t)
	lowest := i.bitbucket.Repositories()[0].UUID // the first to be asked
	for _, r := range i.bitbucket.Repositories() {
		lowest = min(lowest, r.UUID)
	}
	i.bitbucket.Fault(bitbuckettest.Fault{Path: strings.Trim(lowest, "{}") + "%7D/pullrequests/activity", Status: http.StatusInternalServerError, Times: -1, Body: `{}`})
	if _, stderr, code := i.run(t, "sync"); code != exitPartial || !strings.Contains(stderr, lowest) {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	entries := 0
	each(t, i.lake(t), schemas.PullRequestActivity, func(*schemas.PullRequestActivityEntry) { entries++ })
	if entries == 0 {
		t.Error("nothing of the other repositories was read")
	}
}

// TestNothingCanBeRead has Bitbucket refuse everything, or be out of reach: that is no partial sync.
func TestNothingCanBeRead(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 8})
	i.connect(t)
	i.bitbucket.Fault(bitbuckettest.Fault{Path: "/2.0/", Status: http.StatusBadRequest, Times: -1, Body: `{}`})
	if _, stderr, code := i.run(t, "sync"); code != exitFailed {
		t.Errorf("all refused: exit code %d, %s", code, stderr)
	}
	i.set("BITBUCKET_API_URL", "http://127.0.0.1:1/2.0")
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "can't be reached") {
		t.Errorf("out of reach: exit code %d, %s", code, stderr)
	}
}

func TestStopWithTwoWorkspaces(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 8, MoreWorkspaces: []string{"zebra"}})
	i.connect(t, "--workspace", "acme")
	i.connect(t, "--workspace", "zebra")
	var requests atomic.Int64
	reached := make(chan struct{})
	i.bitbucket.BeforeRequest(func(*http.Request) {
		if requests.Add(1) == 30 {
			close(reached)
		}
	})
	cmd := i.command(t.Context(), "sync")
	log := &lockedBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitPartial || !strings.Contains(log.String(), "stopped in ") {
		t.Errorf("exit code %d: %s", code, log.String())
	}
}

// TestPassingFaultsCostNothingLater fails twice at a query that fails for ever on large repositories.
func TestPassingFaultsCostNothingLater(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 8, Scale: bitbuckettest.Scale{Members: 8, Repositories: 3, PullRequests: 30, Months: 2}})
	i.connect(t)
	i.sync(t)
	before := i.sync(t).Requests
	i.bitbucket.Fault(bitbuckettest.Fault{Path: "state=DECLINED", Status: http.StatusInternalServerError, Times: 2, Body: `{}`})
	i.sync(t)
	if after := i.sync(t).Requests; after != before {
		t.Errorf("an idle sync took %d requests before two passing faults, and %d after", before, after)
	}
}

// TestWhatIsNotShownIsNoFault has Bitbucket show webhooks and branch restrictions to nobody, as it does
// where the connected account administers no repository. The issue tracker is gone anyway.
func TestWhatIsNotShownIsNoFault(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 8, Scale: bitbuckettest.Scale{Members: 8, Repositories: 4, PullRequests: 30, Months: 2}})
	i.set("SNAPSHOT_EVERY", "24h")
	i.connect(t)
	for _, path := range []string{"/hooks", "/branch-restrictions", "/permissions/repositories"} {
		i.bitbucket.Fault(bitbuckettest.Fault{Path: path, Status: http.StatusForbidden, Times: -1, Body: `{"type":"error","error":{"message":"Access denied"}}`})
	}
	_, stderr, code := i.run(t, "sync")
	if code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	for stream, lists := range map[string]string{"webhooks": "4", "branch_restrictions": "4", "workspace_webhooks": "1", "repository_permissions": "1", "issues": "1"} {
		if want := "stream=" + stream + " lists=" + lists + " "; strings.Count(stderr, want) != 1 {
			t.Errorf("the log does not say %q once:\n%s", want, stderr)
		}
	}
	if status := i.must(t, "status"); !strings.Contains(status, "complete as of") {
		t.Errorf("status says:\n%s", status)
	}
	_, stderr, code = i.run(t, "sync")
	if code != 0 || strings.Contains(stderr, "not shown") {
		t.Errorf("the second time: exit code %d, %s", code, stderr)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

// landedRuns are the rows of sync_runs.
func landedRuns(t *testing.T, l *lab) (all []schemas.SyncRun) {
	t.Helper()
	each(t, l.lake, schemas.SyncRuns, func(r *schemas.SyncRun) { all = append(all, *r) })
	return all
}

// TestSyncRuns runs to each of the ends that a run can have, and reads them from the lake.
func TestSyncRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
		defer l.close()
		var runs []workspaceRun
		run := func(arrange func()) {
			time.Sleep(time.Hour)
			arrange()
			runs = append(runs, l.sync(t.Context(), t))
			l.bitbucket.ClearFaults()
			l.config.requestsPerHour = 0
		}
		run(func() {})
		run(func() { l.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500}) })
		run(func() { l.config.requestsPerHour = 10 })
		time.Sleep(2 * time.Hour)
		run(func() { l.bitbucket.Fault(bitbuckettest.Fault{Path: "access_token", Times: -1, Status: 503}) })
		got := landedRuns(t, l)
		var outcomes []string
		for i, r := range got {
			outcomes = append(outcomes, r.Outcome)
			j := runs[i].summary()
			if r.RunID != j.ID || r.Requests != int64(j.Requests) || r.RowsRead != int64(j.Rows) || r.RowsChanged != int64(j.Changed) || r.BytesWritten != j.Bytes ||
				!r.StartedAt.Equal(j.Started.Truncate(time.Millisecond)) || r.Problem != j.Problem || r.Version != version {
				t.Errorf("run %d landed as %+v, and was %+v", i, r, j)
			}
			var streams []status.RunStream
			if err := json.Unmarshal([]byte(r.Streams), &streams); err != nil || len(streams) != len(j.Streams) {
				t.Errorf("run %d: %d streams, want %d, %v", i, len(streams), len(j.Streams), err)
			}
		}
		if diff := cmp.Diff([]string{"complete", "partial", "interrupted", "failed"}, outcomes); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if got[0].Requests == 0 || got[0].RowsChanged == 0 || got[1].Incomplete != 1 || !strings.Contains(got[1].Problem, "members") {
			t.Errorf("the first runs landed as %+v", got[:2])
		}
	})
}

// TestSyncRunsOfAFullDisk can't write the lake for a while: what became of those runs lands later.
func TestSyncRunsOfAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
		defer l.close()
		l.sync(t.Context(), t)
		full := errors.New("no space left on device")
		l.store.before = func(call, _ string) error {
			if call == "put" {
				return full
			}
			return nil
		}
		for range 3 {
			time.Sleep(time.Hour)
			l.bitbucket.Advance(10)
			l.sync(t.Context(), t)
		}
		if n := len(landedRuns(t, l)); n != 1 {
			t.Fatalf("%d runs landed on a full disk", n)
		}
		l.store.before = nil
		time.Sleep(time.Hour)
		l.sync(t.Context(), t)
		var outcomes []string
		for _, r := range landedRuns(t, l) {
			outcomes = append(outcomes, r.Outcome)
		}
		if diff := cmp.Diff([]string{"complete", "failed", "failed", "failed", "complete"}, outcomes); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

// TestRunSummaryFile reads the lines that syncs add to a file, and to standard output.
func TestRunSummaryFile(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	path := filepath.Join(i.dir, "runs.jsonl")
	i.set("RUN_SUMMARY_FILE", path)
	i.must(t, "sync")
	i.must(t, "sync", "--stream", "members")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i.set("RUN_SUMMARY_FILE", "-")
	stdout := i.must(t, "sync")
	line, _, _ := strings.Cut(stdout, "\n")
	var streams []int
	var last status.Run
	for l := range strings.Lines(string(text) + line) {
		last = status.Run{}
		if err := json.Unmarshal([]byte(l), &last); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		if last.Outcome != status.Complete || last.Workspace != "acme" || last.Requests == 0 || last.Ended.Before(last.Started) {
			t.Errorf("a run is told as %+v", last)
		}
		streams = append(streams, len(last.Streams))
	}
	if len(streams) != 3 || streams[1] >= streams[0] || streams[2] != streams[0] {
		t.Errorf("the runs have %v streams", streams)
	}
	i.set("RUN_SUMMARY_FILE", "/proc/no/such/file")
	if _, stderr, code := i.run(t, "sync"); code != 0 || !strings.Contains(stderr, "RUN_SUMMARY_FILE") {
		t.Errorf("a file that can't be written: exit code %d, %s", code, stderr)
	}
}

// TestPartialOK has a scheduler that knows success and failure alone take a partial run for a success, and no other.
func TestPartialOK(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	i.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500})
	for _, tt := range []struct {
		args []string
		code int
	}{{[]string{"sync"}, exitPartial}, {[]string{"sync", "--partial-ok"}, 0}} {
		if _, stderr, code := i.run(t, tt.args...); code != tt.code || !strings.Contains(stderr, "members") {
			t.Errorf("%v, partial: exit code %d, want %d: %s", tt.args, code, tt.code, stderr)
		}
	}
	i.bitbucket.RevokeGrants()
	i.execute(t, "UPDATE connections SET expires_at = 1")
	if _, _, code := i.run(t, "sync", "--partial-ok"); code != exitFailed {
		t.Errorf("failed: exit code %d", code)
	}
}

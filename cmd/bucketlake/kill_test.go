package main

import (
	"context"
	"net/http"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// kill ends a process as kill -9 does: it gets no chance to do anything more.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Log("it had ended already:", err)
	}
	_ = cmd.Wait()
}

// TestKilledAnywhere kills syncs at many moments, at requests and in between, while the workspace
// lives on, and compares what one more sync makes of it with a fresh pull and with the ledger.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 5})
	i.set("BATCH_ROWS", "100") // many commits
	i.connect(t)

	var requests, killAt atomic.Int64
	reached := make(chan struct{}, 1)
	i.bitbucket.BeforeRequest(func(*http.Request) {
		if requests.Add(1) == killAt.Load() {
			select {
			case reached <- struct{}{}:
			default:
			}
		}
	})

	start := time.Now()
	kills := 0
	// At every few requests of a sync that begins where the last one was killed, the later the fewer.
	for at := int64(1); ; at += 4 + at/6 {
		requests.Store(0)
		killAt.Store(at)
		cmd := i.command(t.Context(), "sync")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done: // it got through with fewer requests
			if err != nil {
				t.Fatalf("a sync that was not killed: %v", err)
			}
		case <-reached:
			_ = cmd.Process.Signal(syscall.SIGKILL)
			<-done
			kills++
			i.bitbucket.Advance(1)
			continue
		}
		break
	}
	// At moments of time, for the commits and the computing that come between and after the requests.
	killAt.Store(-1)
	i.use("by time")
	i.connect(t)
	for d := 5 * time.Millisecond; d < 2500*time.Millisecond; d = d*3/2 + time.Millisecond {
		cmd := i.command(t.Context(), "sync")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(d)
		kill(t, cmd)
		kills++
		i.bitbucket.Advance(1)
	}
	t.Logf("%d kills in %s", kills, time.Since(start).Round(time.Second))

	i.sync(t)
	i.equalLedger(t)
	byTime := i.tables(t)
	i.use("")
	i.sync(t)
	i.equalLedger(t)
	byRequest := i.tables(t)
	i.use("fresh")
	i.connect(t)
	i.sync(t)
	fresh := i.tables(t)
	equalTables(t, byTime, fresh)
	equalTables(t, byRequest, fresh)
}

// TestAKilledRunIsNoCompleteOne kills a sync in the middle of the repositories: the next one, which
// says that it is complete, asks those before the middle, too.
func TestAKilledRunIsNoCompleteOne(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 21, Scale: bitbuckettest.Scale{Members: 8, Repositories: 150, PullRequests: 300, Months: 2}})
	i.connect(t)
	i.sync(t)
	var requests atomic.Int64
	reached := make(chan struct{})
	i.bitbucket.BeforeRequest(func(*http.Request) {
		if requests.Add(1) == 130 {
			close(reached)
		}
	})
	cmd := i.command(t.Context(), "sync")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	kill(t, cmd)
	i.bitbucket.Advance(50)
	i.sync(t)
	i.equalLedger(t)
}

// TestStopLandsWhatWasRead sends SIGTERM in the middle of a sync: what was read so far lands, and
// the next sync does not ask for it again.
func TestStopLandsWhatWasRead(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 6})
	i.set("SNAPSHOT_EVERY", "24h")
	i.connect(t)
	var requests atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := make(chan struct{})
	i.bitbucket.BeforeRequest(func(*http.Request) {
		if requests.Add(1) == 60 {
			close(stop)
		}
	})
	cmd := i.command(ctx, "sync")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-stop
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitPartial {
		t.Errorf("exit code %d, want %d", code, exitPartial)
	}
	asked := requests.Load()
	rest := i.sync(t)
	i.equalLedger(t)
	i.use("fresh")
	i.connect(t)
	whole := i.sync(t)
	if saved := whole.Requests - rest.Requests; saved < int(asked)/2 {
		t.Errorf("the sync after the stop took %d requests of %d, though %d had been made: what they brought was lost", rest.Requests, whole.Requests, asked)
	}
}

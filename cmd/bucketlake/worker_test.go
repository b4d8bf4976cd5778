package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

// worker starts a worker and returns it with what it logs.
func (i *install) worker(t *testing.T) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	cmd := i.command(context.Background(), "worker")
	log := &lockedBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return cmd, log
}

// lockedBuffer collects what a process writes while the test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// eventually waits until what it looks for is there.
func eventually(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for: %s", patience, what)
		}
	}
}

func (i *install) opsAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	i.set("OPS_ADDR", listener.Addr().String())
	return listener.Addr().String()
}

// derived counts the workspace runs that a log tells of: the last thing that each does.
func derived(log *lockedBuffer) int { return strings.Count(log.String(), "stream=feature_usage_daily") }

func TestWorkerSyncsOnSchedule(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7})
	i.connect(t)
	i.set("SYNC_SCHEDULE", "@every 2s")
	addr := i.opsAddr(t)
	cmd, log := i.worker(t)
	eventually(t, "the first sync", func() bool { return derived(log) >= 1 })
	if out := i.must(t, "health"); out != "ok\n" {
		t.Errorf("health says %q", out)
	}
	if resp, err := http.Get("http://" + addr + "/readyz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %v, %v", resp, err)
	}
	i.bitbucket.Advance(40)
	n := derived(log)
	eventually(t, "two more syncs", func() bool { return derived(log) >= n+2 })
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	i.equalLedger(t)
}

// TestWorkerGoesOnAfterAKill kills a worker in the middle of a sync. The next one takes the job up
// at once, though the schedule would not bring another for an hour.
func TestWorkerGoesOnAfterAKill(t *testing.T) {
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		t.Run(database, func(t *testing.T) {
			i := newInstall(t, bitbuckettest.Options{Seed: 8})
			if database == "PostgreSQL" {
				i.onPostgreSQL(t)
			}
			i.connect(t)
			var requests atomic.Int64
			reached := make(chan struct{})
			i.bitbucket.BeforeRequest(func(*http.Request) {
				if requests.Add(1) == 30 {
					close(reached)
				}
			})
			cmd, _ := i.worker(t)
			<-reached
			kill(t, cmd)
			cmd, log := i.worker(t)
			eventually(t, "a whole sync", func() bool { return derived(log) >= 1 })
			if !strings.Contains(log.String(), "taking up a job that was cut off") {
				t.Error("the cut-off job was not taken up")
			}
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			i.equalLedger(t)
		})
	}
}

// TestOneRunOfAWorkspaceAtATime starts a sync while another is under way.
func TestOneRunOfAWorkspaceAtATime(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 9})
	i.connect(t)
	var once sync.Once
	entered, leave := make(chan struct{}), make(chan struct{})
	i.bitbucket.BeforeRequest(func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/members") {
			once.Do(func() { close(entered); <-leave })
		}
	})
	cmd := i.command(t.Context(), "sync")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-entered
	_, stderr, code := i.run(t, "sync")
	if code != exitFailed || !strings.Contains(stderr, "another run of it is under way") {
		t.Errorf("the second sync: exit code %d, %s", code, stderr)
	}
	close(leave)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the first sync: %v", err)
	}
	i.equalLedger(t)
}

// TestSpentHour stops a sync when the hour's requests are spent, by our own count and by
// Bitbucket's, with what was read landed.
func TestSpentHour(t *testing.T) {
	for name, set := range map[string]func(i *install){
		"our count":   func(i *install) { i.set("BITBUCKET_REQUESTS_PER_HOUR", "50") },
		"Bitbucket's": func(*install) {},
	} {
		t.Run(name, func(t *testing.T) {
			opts := bitbuckettest.Options{Seed: 10}
			if name != "our count" {
				opts.RequestsPerHour = 50
			}
			i := newInstall(t, opts)
			i.connect(t)
			set(i)
			_, stderr, code := i.run(t, "sync")
			if code != exitPartial || !strings.Contains(stderr, "run bucketlake sync again") {
				t.Errorf("exit code %d, %s", code, stderr)
			}
			if status := i.must(t, "status"); !strings.Contains(status, "not yet synced completely") || !strings.Contains(status, "is not complete: syncing acme") {
				t.Errorf("status says:\n%s", status)
			}
			landed := 0
			each(t, i.lake(t), schemas.PullRequests, func(*schemas.PullRequest) { landed++ })
			if landed == 0 {
				t.Error("nothing landed of what 50 requests brought")
			}
			t.Log(fmt.Sprint(landed), "pull requests landed")
		})
	}
}

package main

import (
	"database/sql"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state/statetest"
)

// TestSyncOnPostgreSQL keeps the state on a server for all that a person does.
func TestSyncOnPostgreSQL(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Seed: 41})
	i.onPostgreSQL(t)
	i.set("LOG_LEVEL", "debug")
	password := statetest.Password(t, i.get("STATE_URL"))
	i.connect(t)
	_, stderr, code := i.run(t, "sync")
	if code != 0 || strings.Contains(stderr, password) {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if status := i.must(t, "status"); !strings.Contains(status, "acme") || strings.Contains(status, password) {
		t.Errorf("status says:\n%s", status)
	}
	i.equalLedger(t)
	i.set("STATE_URL", i.get("STATE_URL")+"_missing")
	if _, stderr, code := i.run(t, "status"); code != exitFailed || !strings.Contains(stderr, "CREATE DATABASE") || strings.Contains(stderr, password) {
		t.Errorf("no such database: exit code %d, %s", code, stderr)
	}
	i.set("STATE_URL", "postgres://u:hunter2@h:port/db")
	if _, stderr, code := i.run(t, "status"); code != exitFailed || !strings.Contains(stderr, "STATE_URL") || strings.Contains(stderr, "hunter2") {
		t.Errorf("no URL: exit code %d, %s", code, stderr)
	}
}

// inSchema keeps the state in a schema of its own, beside another program's tables.
func inSchema(t *testing.T, i *install) {
	t.Helper()
	db, err := sql.Open("pgx", i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE photos (id INTEGER); CREATE SCHEMA lake"); err != nil {
		t.Fatal(err)
	}
	i.set("STATE_URL", i.get("STATE_URL")+"?search_path=lake")
}

// TestFleet has two workers on one database. While one is at the workspace, the other leaves it alone; when the one is
// killed, the other takes its job up, though it is not started again.
func TestFleet(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 42})
	i.onPostgreSQL(t)
	inSchema(t, i)
	i.set("SYNC_SCHEDULE", "@every 1s")
	i.connect(t)
	var requests, meanwhile atomic.Int64
	entered, leave := make(chan struct{}), make(chan struct{})
	i.bitbucket.BeforeRequest(func(*http.Request) {
		switch n := requests.Add(1); {
		case n == 30:
			close(entered)
			<-leave
		case n > 30:
			select {
			case <-leave:
			default:
				meanwhile.Add(1)
			}
		}
	})
	one, oneLog := i.worker(t)
	<-entered
	two, twoLog := i.worker(t)
	eventually(t, "several schedules", func() bool {
		return strings.Count(oneLog.String()+twoLog.String(), "a sync is waiting or under way already") >= 4
	})
	if _, stderr, code := i.run(t, "sync"); code != exitFailed || !strings.Contains(stderr, "another run of it is under way") {
		t.Errorf("a sync beside the workers: exit code %d, %s", code, stderr)
	}
	if n := meanwhile.Load(); n != 0 {
		t.Errorf("%d requests while the workspace is held", n)
	}
	kill(t, one)
	close(leave)
	eventually(t, "a whole sync of the other worker", func() bool { return derived(twoLog) >= 1 })
	if !strings.Contains(twoLog.String(), "taking up a job that was cut off") {
		t.Error("the cut-off job was not taken up")
	}
	_ = two.Process.Signal(syscall.SIGTERM)
	if err := two.Wait(); err != nil {
		t.Errorf("the other worker ended with %v", err)
	}
	i.equalLedger(t)
}

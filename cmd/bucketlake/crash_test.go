package main

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"bucketlake/extract/oauth"
)

// TestKilledInARefresh kills a sync before, during and after every step of a refresh, with Bitbucket's rotation on, on
// both databases, and has the next one come within the grace and after it. No connection is lost by that but the one
// whose answer was lost and whose grace has passed: it says so, and what to do, and that mends it.
func TestKilledInARefresh(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "database\tkilled\trotated\tthe row is\tnext sync within the grace\tafter it\t")
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			s := newCrashSite(t, database, 2*time.Hour)
			whole := s.syncAcme(t)
			idle := s.syncAcme(t)
			if idle >= whole/2 {
				t.Fatalf("a sync of nothing takes %d requests, of everything %d: they don't show whether the cursors are kept", idle, whole)
			}
			for _, p := range s.points() {
				var outcomes [2]string
				var left [2]leaves
				for n, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, late %t", p.name, late), func(t *testing.T) {
						defer s.repair(t)
						left[n] = s.crash(t, p)
						outcomes[n] = s.next(t, p, left[n], late, idle)
					})
				}
				row := string(left[0])
				if left[1] != left[0] {
					row += ", then " + string(left[1])
				}
				fmt.Fprintf(tw, "%s\t%s\t%t\t%s\t%s\t%s\t\n", database, p.name, p.refreshes > 0, row, outcomes[0], outcomes[1])
			}
			s.bitbucket.Advance(30)
			s.syncAcme(t)
			s.equalLedger(t)
		})
	}
	_ = tw.Flush()
	t.Logf("\n%s", table.String())
}

// syncAcme syncs acme completely and returns how many requests that took.
func (s *crashSite) syncAcme(t *testing.T) (requests int) {
	t.Helper()
	run := s.sync(t, "--workspace", "acme")
	if !run.Complete {
		t.Errorf("not complete: %+v", run)
	}
	return run.Requests
}

// crash kills a sync at a point, and returns what that leaves.
func (s *crashSite) crash(t *testing.T, p crashPoint) leaves {
	t.Helper()
	acme, globex, refreshes := s.row(t, "acme"), s.row(t, "globex"), s.bitbucket.Refreshes()
	s.expire()
	p.arm(t, s)
	s.start(t, "sync", "--workspace", "acme", "--stream", "workspaces").mustDie(t)
	s.disarm(t)
	s.awaitUnlocked(t)
	if p.leaves == stored { // a server may be about to
		soon(t, "the tokens to be stored", func() bool { return s.row(t, "acme").Generation > acme.Generation })
	}
	if n := s.bitbucket.Refreshes() - refreshes; n != p.refreshes {
		t.Fatalf("Bitbucket rotated %d times, want %d: it was not killed where it should be", n, p.refreshes)
	}
	if s.row(t, "globex") != globex {
		t.Error("the other connection changed")
	}
	left, now := asItWas, s.row(t, "acme")
	switch {
	case now.Generation > acme.Generation && now.Started == 0:
		left = stored
	case now.Generation == acme.Generation && now.Started != 0:
		left = noted
	case now != acme:
		t.Fatalf("the row was %v, and is %v", acme, now)
	}
	if left != p.leaves && (p.leaves != either || left == asItWas) {
		t.Fatalf("the row is %s, want %s: it was not killed where it should be", left, p.leaves)
	}
	return left
}

// repair keeps the failure of one case from being that of all that follow.
func (s *crashSite) repair(t *testing.T) {
	if t.Failed() {
		s.disarm(t)
		s.connect(t, "--workspace", "acme")
		s.connect(t, "--workspace", "globex")
	}
}

// next syncs both workspaces after a crash, and says what became of acme.
func (s *crashSite) next(t *testing.T, p crashPoint, left leaves, late bool, idle int) string {
	t.Helper()
	if late {
		s.pass(pastGrace)
	}
	if late && p.refreshes > 0 && left != stored {
		s.requireLost(t)
		s.connect(t, "--workspace", "acme")
		if n := s.syncAcme(t); n > idle {
			t.Errorf("the sync after the reconnect took %d requests, one of nothing takes %d: the cursors are lost", n, idle)
		}
		s.requireConnected(t)
		return "needs_reconnect; connect mends it"
	}
	globex := s.row(t, "globex")
	s.must(t, "sync", "--stream", "workspaces")
	s.requireConnected(t)
	if s.row(t, "globex").Generation == globex.Generation {
		t.Error("the other connection was not refreshed: this test shows nothing of it")
	}
	return "connected"
}

// requireLost syncs both workspaces. One can't be: that is said, with the reason and the remedy, and the other one is.
func (s *crashSite) requireLost(t *testing.T) {
	t.Helper()
	const reason = "was never finished, and its answer is lost"
	_, stderr, code := s.run(t, "sync", "--stream", "workspaces")
	if code != exitFailed || !strings.Contains(stderr, reason) || !strings.Contains(stderr, "run `bucketlake connect --workspace acme`") {
		t.Errorf("the sync: exit code %d, %s", code, stderr)
	}
	if stdout := s.must(t, "status"); !strings.Contains(stdout, reason) || !strings.Contains(stdout, "bucketlake connect --workspace acme") {
		t.Errorf("status says:\n%s", stdout)
	}
	acme, globex := s.states(t)
	if acme.State != oauth.NeedsReconnect || !strings.Contains(acme.Reason, reason) {
		t.Errorf("acme is %s: %s", acme.State, acme.Reason)
	}
	if globex.State != oauth.Connected {
		t.Errorf("globex is %s: %s", globex.State, globex.Reason)
	}
}

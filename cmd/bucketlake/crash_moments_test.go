package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
)

// TestKilledAtAnyTimeInARefresh kills syncs that begin with a refresh at moments that nobody chose, each one where the
// last one left off, and within the grace of what that lost: the connection lives through them all, and all is read.
func TestKilledAtAnyTimeInARefresh(t *testing.T) {
	t.Parallel()
	const kills, seed = 40, 71
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			// Minutes pass from the first to the last, not hours: what one loses, a later one must find within ten minutes.
			s := newCrashSite(t, database, 6*time.Second)
			s.syncAcme(t)
			s.expire()
			began := time.Now()
			s.syncAcme(t)
			takes := time.Since(began)
			random := rand.New(rand.NewPCG(seed, 0))
			var log strings.Builder
			killed, rotated, open := 0, 0, 0
			for range kills {
				s.bitbucket.Advance(1)
				s.expire()
				before := s.bitbucket.Refreshes()
				moment := time.Duration(random.Int64N(int64(takes)))
				s.slowToken(takes / 10)
				v := s.start(t, "sync", "--workspace", "acme")
				time.Sleep(moment)
				v.kill()
				s.tokenTrap.Store(nil)
				s.awaitUnlocked(t)
				refreshes, started := s.bitbucket.Refreshes()-before, s.row(t, "acme").Started != 0
				fmt.Fprintf(&log, "%7.1f ms: killed %t, refreshes %d, one open %t\n", float64(moment)/1e6, v.killed(), refreshes, started)
				if v.killed() {
					killed++
				} else {
					takes = moment // it was a slow one that was measured
				}
				if refreshes > 0 {
					rotated++
				}
				if started {
					open++
				}
			}
			t.Logf("seed %d, a sync takes %s: %d kills, %d after Bitbucket rotated, %d with a refresh left open\n%s",
				seed, takes.Round(time.Millisecond), killed, rotated, open, log.String())
			if killed < kills/2 || rotated == 0 || open == 0 {
				t.Errorf("%d of %d killed, %d after Bitbucket rotated, %d with a refresh left open: that shows too little", killed, kills, rotated, open)
			}
			s.syncAcme(t)
			s.requireConnected(t)
			s.equalLedger(t)
		})
	}
}

// slowToken makes the next refresh take twice a while, so that many moments fall into it: half of it before it takes
// effect. It does that even if whoever asked is dead by then, and may be counted with the next kill.
func (s *crashSite) slowToken(while time.Duration) {
	while = max(while, 40*time.Millisecond)
	trap := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(while)
		answer := s.rotate(r)
		time.Sleep(while)
		reply(w, answer, answer.Body.Len())
	})
	s.tokenTrap.Store(&trap)
}

// TestWorkerSettlesARefresh kills a worker after Bitbucket has rotated. The next one finds the refresh open and asks
// again at its first look, within the grace, though no sync uses the connection: another run of it is under way.
func TestWorkerSettlesARefresh(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			s := newCrashSite(t, database, 2*time.Hour)
			s.exec(t, "DELETE FROM connections WHERE workspace = 'globex'") // the worker refreshes one connection
			before, refreshes := s.row(t, "acme"), s.bitbucket.Refreshes()
			s.expire()
			atToken(func(s *crashSite, _ http.ResponseWriter, r *http.Request) {
				s.rotate(r)
				s.kill()
			})(t, s)
			s.start(t, "worker").mustDie(t)
			s.awaitUnlocked(t)
			if left := s.row(t, "acme"); left.Generation != before.Generation || left.Started == 0 || s.bitbucket.Refreshes() != refreshes+1 {
				t.Fatalf("the row was %v, and is %v, with %d refreshes: it was not killed where it should be", before, left, s.bitbucket.Refreshes()-refreshes)
			}
			unlock, err := s.db.Lock(t.Context(), syncLock(s.acme))
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			began := time.Now()
			cmd, log := s.worker(t)
			soon(t, "the refresh to be settled", func() bool {
				r := s.row(t, "acme")
				return r.Generation > before.Generation && r.Started == 0
			})
			t.Logf("settled %s after the start of a worker", time.Since(began).Round(time.Millisecond))
			soon(t, "the worker to say so", func() bool { return strings.Contains(log.String(), "kept a connection alive") })
			if n := s.bitbucket.Refreshes() - refreshes; n != 2 {
				t.Errorf("%d refreshes, want the lost one and one more", n)
			}
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("the worker ended with %v", err)
			}
			unlock()
			s.pass(pastGrace)
			s.syncAcme(t)
			if acme := s.status(t)[0]; acme.State != oauth.Connected || acme.Health != status.Green {
				t.Errorf("acme is %s, %s: %s", acme.State, acme.Health, acme.Reason)
			}
		})
	}
}

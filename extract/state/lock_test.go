package state_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bucketlake/extract/state"
	"bucketlake/extract/state/statetest"
)

func TestLockHasOneHolder(t *testing.T) {
	statetest.Each(t, func(t *testing.T, stateURL string) {
		one, two := open(t, stateURL), open(t, stateURL)
		unlock, err := one.Lock(t.Context(), "sync-acme")
		if err != nil {
			t.Fatal(err)
		}
		for _, db := range []*state.DB{one, two} {
			if _, err := db.Lock(t.Context(), "sync-acme"); !errors.Is(err, state.ErrLocked) {
				t.Errorf("a second holder: %v", err)
			}
		}
		if other, err := two.Lock(t.Context(), "sync-other"); err != nil {
			t.Errorf("another lock: %v", err)
		} else {
			other()
		}
		unlock()
		again, err := two.Lock(t.Context(), "sync-acme")
		if err != nil {
			t.Fatalf("after its release: %v", err)
		}
		again()
	})
}

func TestLockRace(t *testing.T) {
	each(t, func(t *testing.T, db *state.DB) {
		var group sync.WaitGroup
		var won atomic.Int32
		for range 50 {
			group.Go(func() {
				if _, err := db.Lock(t.Context(), "one"); err == nil {
					won.Add(1)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Errorf("%d hold the lock", won.Load())
		}
	})
}

// TestLockEndsWithItsProcess kills a process that holds the lock.
func TestLockEndsWithItsProcess(t *testing.T) {
	if stateURL := os.Getenv("LOCK_AND_WAIT"); stateURL != "" {
		if _, err := open(t, stateURL).Lock(t.Context(), "sync-acme"); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("locked\n")
		select {}
	}
	statetest.Each(t, func(t *testing.T, stateURL string) {
		child := exec.Command(os.Args[0], "-test.run=^TestLockEndsWithItsProcess$")
		child.Env = append(os.Environ(), "LOCK_AND_WAIT="+stateURL)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		defer child.Process.Kill()
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
			t.Fatalf("the child says %q, %v", line, err)
		}
		db := open(t, stateURL)
		if _, err := db.Lock(t.Context(), "sync-acme"); !errors.Is(err, state.ErrLocked) {
			t.Errorf("while the child lives: %v", err)
		}
		child.Process.Kill()
		child.Wait()
		lockSoon(t, db, "sync-acme")()
	})
}

// lockSoon takes a lock whose holder has ended: a server notices that a moment later.
func lockSoon(t *testing.T, db *state.DB, name string) (unlock func()) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		unlock, err := db.Lock(t.Context(), name)
		if err == nil {
			return unlock
		}
		if !errors.Is(err, state.ErrLocked) || time.Now().After(deadline) {
			t.Fatalf("after its holder's end: %v", err)
		}
	}
}

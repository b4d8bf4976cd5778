package state_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"bucketlake/extract/state"
)

func TestLockHasOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	one, two := open(t, path), open(t, path)
	unlock, err := one.Lock("sync-acme")
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []*state.DB{one, two} {
		if _, err := db.Lock("sync-acme"); !errors.Is(err, state.ErrLocked) {
			t.Errorf("a second holder: %v", err)
		}
	}
	if other, err := two.Lock("sync-other"); err != nil {
		t.Errorf("another lock: %v", err)
	} else {
		other()
	}
	unlock()
	again, err := two.Lock("sync-acme")
	if err != nil {
		t.Fatalf("after its release: %v", err)
	}
	again()
}

func TestLockRace(t *testing.T) {
	db := newDB(t)
	var group sync.WaitGroup
	var won atomic.Int32
	for range 50 {
		group.Go(func() {
			if _, err := db.Lock("one"); err == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d hold the lock", won.Load())
	}
}

// TestLockEndsWithItsProcess kills a process that holds the lock.
func TestLockEndsWithItsProcess(t *testing.T) {
	if path := os.Getenv("LOCK_AND_WAIT"); path != "" {
		if _, err := open(t, path).Lock("sync-acme"); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("locked\n")
		select {}
	}
	path := filepath.Join(t.TempDir(), "state.db")
	child := exec.Command(os.Args[0], "-test.run=^TestLockEndsWithItsProcess$")
	child.Env = append(os.Environ(), "LOCK_AND_WAIT="+path)
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
	db := open(t, path)
	if _, err := db.Lock("sync-acme"); !errors.Is(err, state.ErrLocked) {
		t.Errorf("while the child lives: %v", err)
	}
	child.Process.Kill()
	child.Wait()
	unlock, err := db.Lock("sync-acme")
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	unlock()
}

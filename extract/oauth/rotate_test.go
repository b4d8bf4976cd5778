package oauth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// eachVault runs a test with the state on either database, and the keyset in a file and in KMS.
func eachVault(t *testing.T, test func(t *testing.T, i *install)) {
	t.Helper()
	t.Run("file", func(t *testing.T) { eachInstall(t, test) })
	t.Run("KMS", func(t *testing.T) {
		server := startKMS(t)
		eachInstall(t, func(t *testing.T, i *install) {
			i.keys.KMSURI = server.newKey(t)
			test(t, i)
		})
	})
}

var workspaces = []string{"acme", "globex", "initech"}

// connectAll connects all workspaces, with tokens that live for life.
func (p *process) connectAll(t *testing.T, i *install, life time.Duration) {
	t.Helper()
	for _, workspace := range workspaces {
		c := oauth.Connection{Workspace: workspace, WorkspaceUUID: "{" + workspace + "}", ClientID: clientID}
		if _, err := p.store.Save(t.Context(), c, i.bitbucket.Issue(life)); err != nil {
			t.Fatal(err)
		}
	}
}

// openAll says whether the tokens of all workspaces open.
func (p *process) openAll(t *testing.T) {
	t.Helper()
	for _, workspace := range workspaces {
		if token, err := p.source.Token(t.Context(), workspace, ""); err != nil || token == "" {
			t.Errorf("workspace %s: %v", workspace, err)
		}
	}
}

func (p *process) rotate(t *testing.T) oauth.Rotation {
	t.Helper()
	done, err := oauth.RotateKeys(t.Context(), p.store)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// sealedWith counts the connections by the key that sealed their tokens, without the product's help.
func (p *process) sealedWith(t *testing.T) map[uint32]int {
	t.Helper()
	rows, err := p.db.SQL().QueryContext(t.Context(), "SELECT sealed FROM connections WHERE sealed IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	count := map[uint32]int{}
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		count[uint32(b[1])<<24|uint32(b[2])<<16|uint32(b[3])<<8|uint32(b[4])]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return count
}

func TestRotateKeys(t *testing.T) {
	eachVault(t, func(t *testing.T, i *install) {
		p, running := i.start(t), i.start(t)
		p.connectAll(t, i, time.Hour)
		running.openAll(t)
		p.execute(t, "CREATE TABLE backup AS SELECT id, sealed FROM connections")
		done := p.rotate(t)
		if done.Keys != 2 || done.Resealed != 3 || len(done.Unopenable) != 0 || done.Imported != "" || p.sealedWith(t)[done.KeyID] != 3 {
			t.Errorf("%+v, sealed with %v", done, p.sealedWith(t))
		}
		running.openAll(t) // it doesn't know the new key, and looks for it
		i.start(t).openAll(t)
		// What a process seals that was running before is sealed with the new key.
		if _, err := running.source.KeepAlive(t.Context(), "acme", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if running.sealedWith(t)[done.KeyID] != 3 {
			t.Errorf("sealed with %v, the new key is %d", running.sealedWith(t), done.KeyID)
		}
		second := p.rotate(t)
		if second.KeyID == done.KeyID || second.Keys != 3 || second.Resealed != 3 {
			t.Errorf("%+v", second)
		}
		// A backup of the database still opens.
		p.execute(t, "UPDATE connections SET sealed = (SELECT backup.sealed FROM backup WHERE backup.id = connections.id)")
		i.start(t).openAll(t)
	})
}

func TestRotateKeysLeavesWhatItCantOpen(t *testing.T) {
	i := newInstall(t)
	p := i.start(t)
	p.connectAll(t, i, time.Hour)
	p.execute(t, "UPDATE connections SET sealed = x'0100000000DEADBEEF' WHERE workspace = 'globex'")
	done := p.rotate(t)
	if done.Resealed != 2 || strings.Join(done.Unopenable, " ") != "globex" {
		t.Errorf("%+v", done)
	}
	if err := os.Remove(i.keyset()); err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.RotateKeys(t.Context(), p.store); !errors.Is(err, oauth.ErrKeyset) || !strings.Contains(err.Error(), "restore") {
		t.Errorf("rotating a lost keyset: %v", err)
	}
	if _, err := oauth.RotateKeys(t.Context(), oauth.NewStore(p.db, nil)); !errors.Is(err, oauth.ErrKeyset) {
		t.Errorf("without a keyset: %v", err)
	}
	unlock, err := p.db.Lock(t.Context(), "keyset")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := oauth.RotateKeys(t.Context(), p.store); !errors.Is(err, state.ErrLocked) {
		t.Errorf("beside another rotation: %v", err)
	}
}

// A rename would put a file in the place of a link, and the file that is backed up would stay behind.
func TestRotateKeysThroughALink(t *testing.T) {
	i := newInstall(t)
	target := filepath.Join(t.TempDir(), "elsewhere.json")
	if err := os.Symlink(target, i.keyset()); err != nil {
		t.Skip(err) // not every system lets everybody make links
	}
	i.keys.File = target
	i.start(t)
	i.keys.File = filepath.Join(i.dir, "keyset.json")
	p := i.start(t)
	p.connectAll(t, i, time.Hour)
	before := read(t, target)
	p.rotate(t)
	if info, err := os.Lstat(i.keyset()); err != nil || info.Mode()&os.ModeSymlink == 0 || read(t, target) == before {
		t.Errorf("the link is %v, %v; the keyset behind it changed: %t", info.Mode(), err, read(t, target) != before)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 600", info.Mode(), err)
	}
	files, err := os.ReadDir(filepath.Dir(target))
	if err != nil || len(files) != 1 {
		t.Errorf("left %v, %v; want the keyset alone", files, err)
	}
	i.start(t).openAll(t)
}

// Refreshes and rotations side by side: with no grace at all, an answer that is lost is a connection lost.
func TestRotateBesideRefreshes(t *testing.T) {
	eachVault(t, func(t *testing.T, i *install) {
		i.bitbucket.Grace = 0
		rotating, refreshing := i.start(t), i.start(t)
		rotating.connectAll(t, i, time.Hour)
		i.bitbucket.Fail(func(http.ResponseWriter, *http.Request) bool { time.Sleep(time.Millisecond); return false })
		var group sync.WaitGroup
		stop := make(chan struct{})
		for _, workspace := range workspaces {
			group.Go(func() {
				stale := ""
				for {
					select {
					case <-stop:
						return
					default:
					}
					token, err := refreshing.source.Token(t.Context(), workspace, stale)
					if err != nil {
						t.Error(err)
						return
					}
					stale = token
				}
			})
		}
		for n := 0; n < 5 || i.bitbucket.Refreshes() < 10 && !t.Failed(); n++ {
			rotating.rotate(t)
		}
		close(stop)
		group.Wait()
		i.start(t).openAll(t)
	})
}

// A write that fails leaves everything openable, and the next rotation finishes.
func TestRotationFailsAtEveryWrite(t *testing.T) {
	eachVault(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connectAll(t, i, time.Hour)
		writes := map[string][2]string{}
		for _, workspace := range workspaces {
			writes["sealing "+workspace] = [2]string{"connections", "NEW.workspace = '" + workspace + "'"}
		}
		if i.keys.KMSURI != "" {
			writes["storing the keyset"] = [2]string{"keysets", "NEW.wrapped <> OLD.wrapped"}
		}
		for name, write := range writes {
			p.trigger(t, "UPDATE ON "+write[0], write[1])
			if done, err := oauth.RotateKeys(t.Context(), p.store); err == nil {
				t.Errorf("%s: rotated: %+v", name, done)
			}
			p.openAll(t)
			i.start(t).openAll(t)
			p.heal(t, write[0])
			if done := i.start(t).rotate(t); done.Resealed != 3 || p.sealedWith(t)[done.KeyID] != 3 {
				t.Errorf("%s: the next rotation: %+v, sealed with %v", name, done, p.sealedWith(t))
			}
			p.openAll(t)
		}
	})
}

// TestKilledRotations kills processes that rotate without end, at any moment.
func TestKilledRotations(t *testing.T) {
	if os.Getenv("TEST_ROTATE") != "" {
		var order fleetOrder
		if err := json.NewDecoder(os.Stdin).Decode(&order); err != nil {
			t.Fatal(err)
		}
		i := &install{database: order.Database, keys: oauth.KeysetConfig{File: order.Keyset, KMSURI: order.KMSURI}}
		p := i.open(t)
		os.Stdout.WriteString("ready\n")
		for {
			p.rotate(t)
		}
	}
	eachVault(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connectAll(t, i, time.Hour)
		for range 4 {
			cmd := exec.Command(os.Args[0], "-test.run=^TestKilledRotations$")
			cmd.Env = append(os.Environ(), "TEST_ROTATE=1")
			order, err := json.Marshal(fleetOrder{Database: i.database, Keyset: i.keyset(), KMSURI: i.keys.KMSURI})
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdin = strings.NewReader(string(order))
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			var word string
			if _, err := fmt.Fscan(out, &word); err != nil || word != "ready" {
				t.Fatalf("%q, %v", word, err)
			}
			time.Sleep(rand.N(60 * time.Millisecond))
			cmd.Process.Kill()
			cmd.Wait()
			p.openAll(t)
			i.start(t).openAll(t)
		}
		var err error
		for range 100 { // PostgreSQL takes its time to notice that the killed one is gone
			if _, err = oauth.RotateKeys(t.Context(), p.store); !errors.Is(err, state.ErrLocked) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Error(err)
		}
		if with := p.sealedWith(t); len(with) != 1 {
			t.Errorf("sealed with %v: a rotation finishes those that were killed", with)
		}
		p.openAll(t)
	})
}

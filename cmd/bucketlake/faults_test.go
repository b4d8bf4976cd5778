package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state"
)

// TestBadInput gives each command what it cannot work with: one clear sentence that says what to
// do, an exit code that is not 0, and nothing destroyed.
func TestBadInput(t *testing.T) {
	connected := newInstall(t, bitbuckettest.Options{})
	connected.connect(t)
	connected.sync(t)
	before := connectionsOf(t, connected)
	file := func(t *testing.T, content string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := map[string]struct {
		break_ func(t *testing.T, i *install)
		args   []string
		want   []string
	}{
		"no client id": {
			func(_ *testing.T, i *install) { i.set("BITBUCKET_CLIENT_ID", "") },
			[]string{"sync"},
			[]string{"BITBUCKET_CLIENT_ID is not set", "OAuth consumer"},
		},
		"several faults at once": {
			func(_ *testing.T, i *install) {
				i.set("SYNC_SCHEDULE", "whenever")
				i.set("LAKE_URL", "gs://bucket")
				i.set("LOG_LEVEL", "loud")
				i.set("BATCH_ROWS", "many")
			},
			[]string{"sync"},
			[]string{"SYNC_SCHEDULE", "LAKE_URL", "LOG_LEVEL", "BATCH_ROWS"},
		},
		"a schedule that does not parse": {
			func(_ *testing.T, i *install) { i.set("SYNC_SCHEDULE", "61 * * * *") },
			[]string{"worker"},
			[]string{`SYNC_SCHEDULE="61 * * * *" does not parse`, "@hourly"},
		},
		"names that are not kept in a way that there is": {
			func(_ *testing.T, i *install) { i.set("PII", "guess") },
			[]string{"sync"},
			[]string{"PII=guess is not known: set it to keep, hash or drop"},
		},
		"a catalogue of a lake in a directory": {
			func(_ *testing.T, i *install) { i.set("GLUE_DATABASE", "My-Lake") },
			[]string{"sync"},
			[]string{`"My-Lake" is no name that Athena takes for a database`, "set LAKE_URL to s3://BUCKET/PREFIX, or unset GLUE_DATABASE"},
		},
		"no catalogue to register in": {
			func(*testing.T, *install) {},
			[]string{"tables", "register"},
			[]string{"GLUE_DATABASE is not set"},
		},
		"an http address elsewhere": {
			func(_ *testing.T, i *install) { i.set("BITBUCKET_TOKEN_URL", "http://bitbucket.org/token") },
			[]string{"sync"},
			[]string{"BITBUCKET_TOKEN_URL is not an https address"},
		},
		"a lake in S3 that is not said rightly": {
			func(_ *testing.T, i *install) {
				i.set("LAKE_URL", "s3://bucket/a//b")
				i.set("LAKE_ENCRYPTION", "rot13")
				i.set("LAKE_PATH_STYLE", "perhaps")
			},
			[]string{"sync"},
			[]string{"LAKE_URL=s3://bucket/a//b has a prefix that is no plain path", "LAKE_ENCRYPTION=rot13 is not known: set it to sse-s3", "LAKE_PATH_STYLE=perhaps is neither true nor false"},
		},
		"a lake that is a file": {
			func(t *testing.T, i *install) { i.set("LAKE_URL", "file://"+file(t, "not a lake")) },
			[]string{"sync"},
			[]string{"LAKE_URL"},
		},
		"a lake that can't be written": {
			func(t *testing.T, i *install) { i.set("LAKE_URL", "file:///proc/lake") },
			[]string{"sync"},
			[]string{"LAKE_URL", "/proc/lake"},
		},
		"a damaged state database": {
			func(t *testing.T, i *install) {
				i.set("STATE_URL", "sqlite://"+file(t, strings.Repeat("no database", 1000)))
			},
			[]string{"status"},
			[]string{"state database"},
		},
		"a foreign keyset": {
			func(t *testing.T, i *install) {
				other := newInstall(t, bitbuckettest.Options{})
				other.connect(t)
				i.set("KEYSET_FILE", other.get("KEYSET_FILE"))
			},
			[]string{"sync"},
			[]string{"keyset", "connect"},
		},
		"a lost keyset": {
			func(t *testing.T, i *install) { i.set("KEYSET_FILE", filepath.Join(t.TempDir(), "keyset.json")) },
			[]string{"sync"},
			[]string{"keyset", "restore"},
		},
		"a keyset that others can read": {
			func(t *testing.T, i *install) {
				path := file(t, "{}")
				if err := os.Chmod(path, 0o644); err != nil {
					t.Fatal(err)
				}
				i.set("KEYSET_FILE", path)
			},
			[]string{"sync"},
			[]string{"chmod 600"},
		},
		"an unknown workspace": {
			func(*testing.T, *install) {},
			[]string{"sync", "--workspace", "nowhere"},
			[]string{`workspace "nowhere" is not connected`, "bucketlake connect --workspace nowhere"},
		},
		"an unknown stream": {
			func(*testing.T, *install) {},
			[]string{"sync", "--stream", "wiki"},
			[]string{`no stream "wiki"`, "pull_requests"},
		},
		"an unknown table": {
			func(*testing.T, *install) {},
			[]string{"tables", "describe", "wiki"},
			[]string{`no table "wiki"`, "usage_events"},
		},
		"nothing connected": {
			func(_ *testing.T, i *install) { i.use("empty") },
			[]string{"sync"},
			[]string{"no workspace is connected", "bucketlake connect"},
		},
		"no worker to ask": {
			func(_ *testing.T, i *install) { i.set("OPS_ADDR", "127.0.0.1:1") },
			[]string{"health"},
			[]string{"OPS_ADDR=127.0.0.1:1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i := &install{dir: connected.dir, bitbucket: connected.bitbucket, env: append([]string{}, connected.env...)}
			tt.break_(t, i)
			_, stderr, code := i.run(t, tt.args...)
			if code != exitFailed {
				t.Errorf("exit code %d", code)
			}
			for _, want := range tt.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("no %q in: %s", want, stderr)
				}
			}
			if strings.Contains(stderr, "demo-secret") || strings.Contains(stderr, "goroutine") {
				t.Errorf("it says too much: %s", stderr)
			}
			if after := connectionsOf(t, connected); after != before {
				t.Errorf("the connections changed from %s to %s", before, after)
			}
		})
	}
	connected.sync(t) // whatever was tried, the connection and the lake are as they were
	connected.equalLedger(t)
}

// connectionsOf returns everything that the state database says about connections.
func connectionsOf(t *testing.T, i *install) string {
	t.Helper()
	db, err := state.Open(t.Context(), i.get("STATE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all string
	err = db.SQL().QueryRowContext(t.Context(), `SELECT id || workspace || workspace_uuid || account_uuid || client_id || state || reason || scopes ||
		hex(sealed) || generation || connected_at || refreshed_at || expires_at || refresh_started_at FROM connections`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestConnectWithAWrongSecret(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	i.set("BITBUCKET_CLIENT_SECRET", "wrong-and-secret")
	err := i.tryConnect(t)
	if err == nil || !strings.Contains(err.Error(), "BITBUCKET_CLIENT_SECRET") || strings.Contains(err.Error(), "wrong-and-secret") {
		t.Errorf("got %v", err)
	}
}

func TestConnectToAWorkspaceOutOfReach(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	err := i.tryConnect(t, "--workspace", "nowhere")
	if err == nil || !strings.Contains(err.Error(), `access does not reach workspace "nowhere", only acme`) {
		t.Errorf("got %v", err)
	}
}

func TestReconnectAfterARevocation(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	i.connect(t)
	first := i.sync(t)
	i.bitbucket.RevokeGrants()
	_, stderr, code := i.run(t, "sync")
	if code != exitFailed || !strings.Contains(stderr, "bucketlake connect --workspace acme") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if status := i.must(t, "status"); !strings.Contains(status, "needs_reconnect") {
		t.Errorf("status says:\n%s", status)
	}
	if status := i.must(t, "status"); !strings.Contains(status, "complete as of 20") {
		t.Errorf("status says:\n%s", status)
	}
	i.bitbucket.Advance(20)
	i.connect(t)
	if again := i.sync(t); again.Requests >= first.Requests {
		t.Errorf("%d requests after the reconnection, %d at first: the cursors were lost", again.Requests, first.Requests)
	}
	i.equalLedger(t)
}

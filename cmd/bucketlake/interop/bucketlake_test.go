package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// consumer is the OAuth consumer that the simulation knows.
var consumer = bitbuckettest.DefaultConsumer

// server serves a simulated Bitbucket and counts what the API is asked.
type server struct {
	*httptest.Server
	asked atomic.Int64
}

func simulate(t *testing.T, scale bitbuckettest.Scale) (*bitbuckettest.Bitbucket, *server) {
	t.Helper()
	consumer := bitbuckettest.DefaultConsumer
	consumer.Scopes = bitbuckettest.AllScopes
	bitbucket := bitbuckettest.New(bitbuckettest.Options{Seed: 7, Scale: scale, RequestsPerHour: -1, Consumers: []bitbuckettest.Consumer{consumer}})
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/2.0/") {
			s.asked.Add(1)
		}
		bitbucket.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return bitbucket, s
}

// requests returns how many requests do makes of the API.
func (s *server) requests(do func()) int64 {
	before := s.asked.Load()
	do()
	return s.asked.Load() - before
}

// build builds the binary.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bucketlake")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/bucketlake")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return binary
}

// environment is all that the binary gets to know: the simulation at address, and a lake in dir.
func environment(address, dir, lake string) []string {
	return []string{
		"HOME=" + dir, "TMPDIR=" + os.TempDir(),
		"BITBUCKET_CLIENT_ID=" + consumer.ID,
		"BITBUCKET_CLIENT_SECRET=" + consumer.Secret,
		"BITBUCKET_API_URL=" + address + "/2.0",
		"BITBUCKET_AUTHORIZE_URL=" + address + "/site/oauth2/authorize",
		"BITBUCKET_TOKEN_URL=" + address + "/site/oauth2/access_token",
		"BITBUCKET_REQUESTS_PER_HOUR=0", "SNAPSHOT_EVERY=0s", "QUIET_EVERY=0s",
		"LAKE_URL=file://" + filepath.Join(dir, lake),
		"STATE_URL=sqlite://" + filepath.Join(dir, "state.db"),
		"KEYSET_FILE=" + filepath.Join(dir, "keyset.json"),
		"HTTP_ADDR=127.0.0.1:0", "OPS_ADDR=-",
	}
}

// command returns a run of the binary that ends, if need be, in time to show what it printed.
func command(t *testing.T, binary string, env []string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = env, &stderr
	return cmd, &stderr
}

func run(t *testing.T, binary string, env []string, args ...string) {
	t.Helper()
	cmd, stderr := command(t, binary, env, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, out, stderr)
	}
	t.Logf("%v:\n%s", args, out)
}

// connect runs the command and gives, in the browser's place, the consent that it asks for.
func connect(t *testing.T, binary string, env []string) {
	t.Helper()
	cmd, stderr := command(t, binary, env, "connect", "--no-browser")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	address, err := out.ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		t.Fatalf("connect printed no address: %v\n%s%s", err, address, stderr)
	}
	if err := bitbuckettest.Consent(t.Context(), strings.TrimSpace(address)); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("connect: %v\n%s%s", err, rest, stderr)
	}
	if len(rest) > 0 {
		t.Errorf("connect printed more than the address: %s", rest)
	}
	if strings.Contains(fmt.Sprint(address, stderr), consumer.Secret) {
		t.Error("connect printed the secret")
	}
}

// Package browser_test walks the worker's page in a real browser. It is a module of its own, so that what drives the
// browser weighs on nobody else.
package browser_test

import (
	"bytes"
	"context"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// worker is a running worker with its page, and the Bitbucket that it talks to.
type worker struct {
	bitbucket *bitbuckettest.Bitbucket
	page      string // address
	dir       string
	env       []string
	process   *exec.Cmd
	log       *lockedBuffer
}

// start starts a worker on a simulated Bitbucket whose answers take long enough to watch.
func start(t *testing.T, opts bitbuckettest.Options, env ...string) *worker {
	t.Helper()
	opts.Seed, opts.RequestsPerHour, opts.Latency = 7, -1, 5*time.Millisecond
	if opts.Scale == (bitbuckettest.Scale{}) {
		opts.Scale = bitbuckettest.Scale{Members: 20, Repositories: 12, PullRequests: 300, Months: 6}
	}
	w := &worker{bitbucket: bitbuckettest.New(opts), dir: t.TempDir()}
	server := httptest.NewServer(w.bitbucket)
	t.Cleanup(server.Close)
	address := free(t)
	w.page = "http://" + address
	w.env = append([]string{
		"HOME=" + w.dir, "TMPDIR=" + os.TempDir(), "HTTP_ADDR=" + address, "OPS_ADDR=-",
		"BITBUCKET_CLIENT_ID=" + bitbuckettest.DefaultConsumer.ID, "BITBUCKET_CLIENT_SECRET=" + bitbuckettest.DefaultConsumer.Secret,
		"BITBUCKET_API_URL=" + server.URL + "/2.0",
		"BITBUCKET_AUTHORIZE_URL=" + server.URL + "/site/oauth2/authorize",
		"BITBUCKET_TOKEN_URL=" + server.URL + "/site/oauth2/access_token",
		"BITBUCKET_REQUESTS_PER_HOUR=5000",
		"LAKE_URL=file://" + filepath.Join(w.dir, "lake"),
		"STATE_URL=sqlite://" + filepath.Join(w.dir, "state.db"),
		"KEYSET_FILE=" + filepath.Join(w.dir, "keyset.json"),
	}, env...)
	w.run(t)
	return w
}

// free returns an address of this machine that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bucketlake-browser")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "bucketlake")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/bucketlake")
	cmd.Dir = filepath.Join("..", "..", "..")
	out, err := cmd.CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return binary, err
})

// run starts the process and waits until its page answers.
func (w *worker) run(t *testing.T) {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	w.log = &lockedBuffer{}
	w.process = exec.Command(binary, "worker")
	w.process.Env, w.process.Dir, w.process.Stderr = w.env, w.dir, w.log
	if err := w.process.Start(); err != nil {
		t.Fatal(err)
	}
	process := w.process
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.page, "http://"))
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no page after 20 s: %v\n%s", err, w.log.String())
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
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

// browser is a tab of a browser of its own.
type browser struct {
	t     *testing.T
	ctx   context.Context
	allow string // what the console may complain of
}

// open opens a browser, and fails the test at whatever its console complains of: a policy that is broken, a file that
// is missing, a script that fails.
func open(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("this needs a browser: apt-get install chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	ctx, late := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(late)
	b := &browser{t: t, ctx: ctx}
	err = chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.EntryLevelError && (b.allow == "" || !strings.Contains(e.Entry.Text, b.allow)) {
				t.Errorf("the browser's log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("a script failed: %s", e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

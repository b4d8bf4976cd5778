package loadtest

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed supervise.sh
var supervise string

// A server is versitygw: S3 over a directory.
type server struct {
	url         string
	program     string
	access      string
	secret      string
	environment []string
	pipe        io.Closer // to the supervisor; collected as garbage, it would be closed
}

// running is the server of this test binary, started on first use.
var running = sync.OnceValues(start)

// region is what the server takes for its own.
const region = "us-east-1"

func start() (*server, error) {
	program, err := program()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadtest")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{program: program, url: "http://" + net.JoinHostPort("127.0.0.1", fmt.Sprint(port)), access: rand.Text(), secret: rand.Text()}
	s.environment = []string{
		"AWS_ENDPOINT_URL_S3=" + s.url, "AWS_ACCESS_KEY_ID=" + s.access, "AWS_SECRET_ACCESS_KEY=" + s.secret, "AWS_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	if err := os.Mkdir(filepath.Join(dir, "buckets"), 0o755); err != nil {
		return nil, err
	}
	// With O_TMPFILE, the server has what replaces an object in the object's folder for a moment, and lists it.
	s.pipe, err = supervised(dir, port, []string{"ROOT_ACCESS_KEY=" + s.access, "ROOT_SECRET_KEY=" + s.secret},
		program, "--port", fmt.Sprintf("127.0.0.1:%d", port), "--keep-alive", "--quiet", "--iam-dir", dir, "posix", "--disableotmp", filepath.Join(dir, "buckets"))
	if err != nil {
		return nil, fmt.Errorf("starting an S3 server: %w", err)
	}
	return s, nil
}

// supervised starts a server that ends with this process, and waits until it listens. Dir is removed then.
func supervised(dir string, port int, environment []string, command ...string) (io.Closer, error) {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", append([]string{"-c", supervise, "supervise", dir}, command...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C ends the tests, and so the supervisor, in order
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := await(port); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, fmt.Errorf("%w\n%s", err, log)
	}
	return pipe, nil
}

// errMissing says that the server can't be built here.
var errMissing = errors.New("an S3 server (versitygw) can't be built")

// root is the folder of the module.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".ci", "s3", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no .ci/s3 above this folder")
		}
	}
}

// program builds the server, unless the cache of builds has it, and returns where it is.
func program() (string, error) {
	dir, err := root()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errMissing, err)
	}
	cmd := exec.CommandContext(context.Background(), "go", "-C", filepath.Join(dir, ".ci", "s3"), "tool", "-n", "versitygw")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %w\n%s", errMissing, err, said.String())
	}
	return strings.TrimSpace(string(out)), nil
}

func freePort() (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// await waits until somebody listens at the port.
func await(port int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

package statetest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var errMissing = errors.New("PostgreSQL's initdb is missing: install it (Debian: postgresql) to run this test")

// supervise keeps the server; see there.
//
//go:embed supervise.sh
var supervise string

// running is a server that runs as long as its pipe is open.
type running struct {
	address *url.URL  // of its first database
	pipe    io.Closer // to the supervisor; collected as garbage, it would be closed
}

func start() (*running, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "statetest")
	if err != nil {
		return nil, err
	}
	address := &url.URL{Scheme: "postgres", Path: "/postgres", User: url.UserPassword("bucketlake", newPassword())}
	pipe, err := launch(bin, dir, address)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, fmt.Errorf("starting a PostgreSQL server: %w\n%s", err, log)
	}
	return &running{address, pipe}, nil
}

// programs returns where initdb and postgres are.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian's, out of PATH
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errMissing
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// launch hands dir over to a supervisor, fills in the server's host and waits until it lets us in.
func launch(bin, dir string, address *url.URL) (io.Closer, error) {
	password, _ := address.User.Password()
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte(password), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", supervise, "supervise", bin, dir)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C ends the tests, and so the supervisor, in order
	if os.Getuid() == 0 {
		if err := giveAway(cmd, dir); err != nil {
			return nil, err
		}
	}
	// The pipe's other end closes when this process ends, however it ends. It is not passed on to children.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil { // initdb has run
		return nil, fmt.Errorf("initdb: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	address.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if _, err := io.WriteString(stdin, strconv.Itoa(port)+"\n"); err != nil {
		return nil, err
	}
	return stdin, await(address)
}

// giveAway makes the supervisor run as the user postgres, and the directory that user's: the server refuses to run as
// root.
func giveAway(cmd *exec.Cmd, dir string) error {
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(postgres.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(postgres.Gid, 10, 32)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return errors.Join(
		os.Chown(filepath.Join(dir, "password"), int(uid), int(gid)),
		os.Chown(dir, int(uid), int(gid)),
	)
}

func freePort() (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// await waits until the server lets us in.
func await(address *url.URL) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

package statetest_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"bucketlake/extract/state/statetest"
)

// TestServerEndsWithItsTests kills a test binary that has a server: the server goes, and its files.
func TestServerEndsWithItsTests(t *testing.T) {
	stateURL := statetest.PostgreSQL(t)
	if os.Getenv("SERVE_AND_WAIT") != "" {
		conn, err := pgx.Connect(t.Context(), stateURL)
		if err != nil {
			t.Fatal(err)
		}
		var data string
		if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(stateURL + " " + data + "\n")
		select {} // with an open connection
	}
	child := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithItsTests$")
	child.Env = append(os.Environ(), "SERVE_AND_WAIT=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, data, ok := strings.Cut(strings.TrimSpace(line), " ")
	_ = child.Process.Kill()
	_ = child.Wait()
	if err != nil || !ok || address == stateURL {
		t.Fatalf("the child says %q, %v", line, err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), address)
		_, statErr := os.Stat(filepath.Dir(data))
		switch {
		case err != nil && os.IsNotExist(statErr):
			return
		case err == nil:
			conn.Close(t.Context())
		}
		if time.Now().After(deadline) {
			t.Fatalf("connecting to it: %v; its files: %v", err, statErr)
		}
	}
}

package load_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bucketlake/load"
	"bucketlake/schemas"
)

// readFolder reads the tasks as a query engine does that knows nothing of bucketlake: it lists the
// folder and reads every file. It returns the state of each row by its key, and the files.
func readFolder(root string) (states map[string]string, files []string, err error) {
	states = map[string]string{}
	files, err = filepath.Glob(filepath.Join(root, "pull_request_tasks", "workspace=acme", "*", "*"))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		table, err := pqarrow.ReadTable(context.Background(), bytes.NewReader(data), parquet.NewReaderProperties(nil),
			pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		rows := array.NewTableReader(table, -1)
		for rows.Next() {
			column := func(name string) arrow.Array {
				return rows.RecordBatch().Column(rows.RecordBatch().Schema().FieldIndices(name)[0])
			}
			for i := range int(rows.RecordBatch().NumRows()) {
				key := column("pull_request_id").ValueStr(i) + "/" + column("task_id").ValueStr(i)
				if _, ok := states[key]; ok {
					return nil, nil, fmt.Errorf("%s: the key %s is there twice", name, key)
				}
				states[key] = column("state").ValueStr(i)
			}
		}
	}
	return states, files, nil
}

// TestReadersDuringCommits lists and reads all files while hundreds of commits replace them: no key
// twice, no partition missing, no file that does not parse, no row that was there gone.
func TestReadersDuringCommits(t *testing.T) {
	t.Run("an object each", func(t *testing.T) {
		root, l := newFolder(t)
		readDuringCommits(t, root, l, 300)
	})
	t.Run("several objects each", func(t *testing.T) {
		root, l := newFolder(t)
		readDuringCommits(t, root, l.Small(3, 1), 60)
		if m := manifest(t, l, schemas.PullRequestTasks); len(m.Objects) < 4 {
			t.Errorf("%d objects", len(m.Objects))
		}
	})
}

func newFolder(t *testing.T) (root string, l *load.Lake) {
	t.Helper()
	root = t.TempDir()
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	return root, load.New(d, nil)
}

func readDuringCommits(t *testing.T, root string, l *load.Lake, commits int) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	reads := 0
	group.Go(func() {
		seen := map[string]bool{}
		for {
			select {
			case <-stop:
				return
			default:
			}
			states, files, err := readFolder(root)
			if err != nil {
				t.Error(err)
				return
			}
			for name := range seen {
				if !slices.Contains(files, name) && states[name] == "" {
					t.Errorf("%s was there and is gone", name)
					return
				}
			}
			for _, name := range files {
				seen[name] = true
			}
			for key := range states {
				seen[key] = true
			}
			reads++
		}
	})
	for i := range commits / repeat {
		pr := int64(i % 7)
		r := rows(schemas.PullRequestTasks, modelTask(pr, int64(i%31), fmt.Sprint(i)), modelTask(pr+1, 0, fmt.Sprint(i)))
		if i%5 == 0 {
			r.Complete = []schemas.Scope{{}}
		}
		commit(t, l, i, r)
	}
	close(stop)
	group.Wait()
	if reads < commits/30/repeat {
		t.Errorf("the folder was read %d times only", reads)
	}
}

// killVariable makes the test's own program a worker that commits until it is killed.
const killVariable = "BUCKETLAKE_TEST_COMMIT_FOREVER"

// worker commits forever: commit n brings row n, changes all others, and has the cursor n.
func worker(root string) error {
	d, err := load.OpenDirectory(root)
	if err != nil {
		return err
	}
	l := load.New(d, nil)
	for {
		m, err := l.Manifest(context.Background(), schemas.PullRequestTasks, "acme")
		if err != nil {
			return err
		}
		n := 0
		fmt.Sscan(string(m.Cursor), &n)
		if err := commitNth(l, n+1); err != nil {
			return err
		}
	}
}

func commitNth(l *load.Lake, n int) error {
	r := schemas.Rows{Table: schemas.PullRequestTasks, Complete: []schemas.Scope{{}}}
	for id := max(1, n-200); id <= n; id++ {
		row := modelTask(int64(id), 1, fmt.Sprint(n))
		r.Rows = append(r.Rows, &row)
	}
	_, err := l.Commit(context.Background(), load.Commit{Workspace: "acme", Rows: r, At: at(n), Cursor: []byte(fmt.Sprint(n))})
	return err
}

func TestMain(m *testing.M) {
	if root := os.Getenv(killVariable); root != "" {
		fmt.Fprintln(os.Stdout, worker(root))
		os.Exit(1)
	}
	flag.Set("rapid.checks", fmt.Sprint(100/repeat)) // the command line overrides it
	os.Exit(m.Run())
}

// TestKill kills a worker, the process, again and again at any moment. Each time the folder is
// whole, and no row that the cursor has passed is missing. At the end one clean commit makes the
// lake equal to one that was never interrupted.
func TestKill(t *testing.T) {
	root := t.TempDir()
	kills := 25 / repeat
	n, follow := 0, &follower{}
	for kill := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), killVariable+"="+root)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+17*kill) * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if out.Len() > 0 {
			t.Fatalf("the worker stopped by itself: %s", out.String())
		}
		states, _, err := readFolder(root)
		if err != nil {
			t.Fatal(err)
		}
		d, err := load.OpenDirectory(root)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Sscan(string(manifest(t, load.New(d, nil), schemas.PullRequestTasks).Cursor), &n)
		if len(states) < n || len(states) > n+1 {
			t.Fatalf("there are %d rows, and the cursor says %d", len(states), n)
		}
		follow.follow(t, load.New(d, nil))
	}
	d, err := load.OpenDirectory(root)
	if err != nil {
		t.Fatal(err)
	}
	interrupted, clean := load.New(d, nil), newLake(t)
	for i := range n + 1 {
		if err := commitNth(clean, i+1); err != nil {
			t.Fatal(err)
		}
	}
	if err := commitNth(interrupted, n+1); err != nil {
		t.Fatal(err)
	}
	want := scan[schemas.PullRequestTask](t, clean, schemas.PullRequestTasks, load.ScanOptions{})
	got := scan[schemas.PullRequestTask](t, interrupted, schemas.PullRequestTasks, load.ScanOptions{})
	if diff := cmp.Diff(want, got, ignoreSynced, timesAreAlike, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-uninterrupted +killed):\n%s", diff)
	}
	follow.check(t, interrupted)
	t.Logf("%d commits, %d kills", n, kills)
	leftovers(t, root)
}

// leftovers makes sure that a kill leaves files behind in one place only.
func leftovers(t *testing.T, root string) {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case strings.HasPrefix(name, "_bucketlake/tmp/"), name == "_bucketlake/lock", name == "_bucketlake/workspace=acme/pull_request_tasks.json":
		case strings.HasPrefix(name, "pull_request_tasks/workspace=acme/month=") && strings.HasSuffix(name, "/data.parquet"):
		default:
			return errors.Join(err, fmt.Errorf("%s is left", name))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

package load_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
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
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// A site is a place for a lake, and how somebody who knows nothing of bucketlake reads it: lists a folder and reads every
// file.
type site struct {
	url  string // as LAKE_URL
	open func(testing.TB) load.Store
	read func(folder string) (map[string][]byte, error)
}

// eachSite runs a test in a directory and in S3.
func eachSite(t *testing.T, test func(t *testing.T, s site)) {
	t.Run("directory", func(t *testing.T) {
		root := t.TempDir()
		open := func(t testing.TB) load.Store {
			t.Helper()
			d, err := load.OpenDirectory(root)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		test(t, site{"file://" + root, open, func(folder string) (map[string][]byte, error) { return loadtest.ReadDirectory(root, folder) }})
	})
	t.Run("S3", func(t *testing.T) {
		b := loadtest.NewBucket(t)
		test(t, site{b.LakeURL(), func(t testing.TB) load.Store { return b.Open(t) }, func(folder string) (map[string][]byte, error) {
			return b.Read(context.WithoutCancel(t.Context()), folder)
		}})
	})
}

// readTasks reads the tasks as a query engine does. It returns the state of each row by its key, and the files.
func (s site) readTasks() (states map[string]string, files []string, err error) {
	states = map[string]string{}
	contents, err := s.read("pull_request_tasks/workspace=acme")
	if err != nil {
		return nil, nil, err
	}
	files = slices.Sorted(maps.Keys(contents))
	for _, name := range files {
		data := contents[name]
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

// TestReadersDuringCommits lists and reads all files while a thousand commits replace them: no key
// twice, no partition missing, no file that does not parse, no row that was there gone.
func TestReadersDuringCommits(t *testing.T) {
	eachSite(t, func(t *testing.T, site site) { site.readDuring(t, load.New(site.open(t), nil), 1000) })
}

// TestReadersOfSeveralObjects does so where each partition is several objects.
func TestReadersOfSeveralObjects(t *testing.T) {
	eachSite(t, func(t *testing.T, site site) {
		l := load.New(site.open(t), nil).Small(3, 1)
		site.readDuring(t, l, 40)
		if m := manifest(t, l, schemas.PullRequestTasks); len(m.Objects) < 4 {
			t.Errorf("%d objects", len(m.Objects))
		}
	})
}

func (s site) readDuring(t *testing.T, l *load.Lake, commits int) {
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
			states, files, err := s.readTasks()
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
	if reads < commits/100/repeat {
		t.Errorf("the folder was read %d times only", reads)
	}
}

// killVariable makes the test's own program a worker that commits until it is killed.
const killVariable = "BUCKETLAKE_TEST_COMMIT_FOREVER"

// worker commits forever: commit n brings row n, changes all others, and has the cursor n.
func worker(address string) error {
	place, err := load.ParsePlace(address)
	if err != nil {
		return err
	}
	place.S3.PathStyle = true
	d, err := place.Open(context.Background())
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
	if address := os.Getenv(killVariable); address != "" {
		fmt.Fprintln(os.Stdout, worker(address))
		os.Exit(1)
	}
	flag.Set("rapid.checks", fmt.Sprint(100/repeat)) // the command line overrides it
	os.Exit(m.Run())
}

// TestKill kills a worker, the process, again and again at any moment. Each time the folder is
// whole, and no row that the cursor has passed is missing. At the end one clean commit makes the
// lake equal to one that was never interrupted.
func TestKill(t *testing.T) { eachSite(t, testKill) }

func testKill(t *testing.T, site site) {
	store := site.open(t)
	kills := 25 / repeat
	n, follow := 0, &follower{}
	for kill := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), killVariable+"="+site.url)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if kill%3 == 0 { // in its first commits; otherwise perhaps before them
			untilCursor(t, store, n+1)
		}
		time.Sleep(time.Duration(17*kill) * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if out.Len() > 0 {
			t.Fatalf("the worker stopped by itself: %s", out.String())
		}
		states, _, err := site.readTasks()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Sscan(string(manifest(t, load.New(store, nil), schemas.PullRequestTasks).Cursor), &n)
		if len(states) < n || len(states) > n+1 {
			t.Fatalf("there are %d rows, and the cursor says %d", len(states), n)
		}
		follow.follow(t, load.New(store, nil))
	}
	interrupted, clean := load.New(store, nil), newLake(t)
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
	leftovers(t, site)
}

// untilCursor waits until somebody has moved the cursor at least so far.
func untilCursor(t *testing.T, store load.Store, least int) {
	t.Helper()
	for n := 0; n < least; time.Sleep(time.Millisecond) {
		fmt.Sscan(string(manifest(t, load.New(store, nil), schemas.PullRequestTasks).Cursor), &n)
	}
}

// leftovers makes sure that a kill leaves files behind in one place only.
func leftovers(t *testing.T, site site) {
	files, err := site.read("")
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		switch {
		case strings.HasPrefix(name, "_bucketlake/tmp/"), name == "_bucketlake/lock", name == "_bucketlake/guard":
		case name == "_bucketlake/workspace=acme/pull_request_tasks.json":
		case strings.HasPrefix(name, "pull_request_tasks/workspace=acme/month=") && strings.HasSuffix(name, "/data.parquet"):
		default:
			t.Errorf("%s is left", name)
		}
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/state/statetest"
	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// Tests start bucketlake as a process of its own, which can be killed, and which has only the
// environment that they give it. It is built without the race detector, which would make it ten times
// slower. Where the tests are under it, they start the test binary itself instead.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_IS_BUCKETLAKE") != "" {
		registerSuicide()
		main()
		return
	}
	os.Exit(runTests(m))
}

// built is the folder in which the tests' bucketlake is built.
var built string

func runTests(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "bucketlake"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(built)
	return m.Run()
}

// binary is built when the first test starts it.
var binary = sync.OnceValue(func() string {
	path := filepath.Join(built, "bucketlake")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("building bucketlake: %v\n%s", err, out))
	}
	return path
})

// patience is how long a process may take for what it does: so many run side by side that it says nothing of how fast one is.
const patience = 5 * time.Minute

// small is a workspace that is pulled in a second or two.
var small = bitbuckettest.Scale{Members: 12, Repositories: 5, PullRequests: 120, Months: 4}

// historyEnd is where the generated history ends.
var historyEnd = time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)

// install is an installation of bucketlake and the Bitbucket that it talks to.
type install struct {
	dir       string
	bitbucket *bitbuckettest.Bitbucket
	env       []string
	self      bool             // start the test binary
	bucket    *loadtest.Bucket // with the lake; nil: it is in a directory
}

func newInstall(t *testing.T, opts bitbuckettest.Options) *install {
	t.Helper()
	if opts.Scale == (bitbuckettest.Scale{}) {
		opts.Scale = small
	}
	opts.Seed, opts.End = max(1, opts.Seed), historyEnd
	if opts.RequestsPerHour == 0 {
		opts.RequestsPerHour = -1
	}
	if opts.Consumers == nil {
		consumer := bitbuckettest.DefaultConsumer
		consumer.Scopes = bitbuckettest.AllScopes
		opts.Consumers = []bitbuckettest.Consumer{consumer}
	}
	i := &install{dir: t.TempDir(), bitbucket: bitbuckettest.New(opts), self: underRace}
	server := httptest.NewServer(i.bitbucket)
	t.Cleanup(server.Close)
	i.env = []string{
		"TEST_IS_BUCKETLAKE=1", "PATH=" + os.Getenv("PATH"), "HOME=" + i.dir, "TMPDIR=" + t.TempDir(),
		"BITBUCKET_CLIENT_ID=demo-client", "BITBUCKET_CLIENT_SECRET=demo-secret",
		"BITBUCKET_API_URL=" + server.URL + "/2.0",
		"BITBUCKET_AUTHORIZE_URL=" + server.URL + "/site/oauth2/authorize",
		"BITBUCKET_TOKEN_URL=" + server.URL + "/site/oauth2/access_token",
		"BITBUCKET_REQUESTS_PER_HOUR=0", "SNAPSHOT_EVERY=0s", "QUIET_EVERY=0s", "OPTIONAL_STREAMS=pull_request_sizes,pipeline_steps", "HTTP_ADDR=127.0.0.1:0", "OPS_ADDR=-",
	}
	i.use("")
	return i
}

// use puts the lake and the state into a folder of their own.
func (i *install) use(name string) {
	dir := filepath.Join(i.dir, name)
	i.bucket = nil
	i.set("LAKE_URL", "file://"+filepath.Join(dir, "lake"))
	i.set("STATE_URL", "sqlite://"+filepath.Join(dir, "state.db"))
	i.set("KEYSET_FILE", filepath.Join(dir, "keyset.json"))
}

// onPostgreSQL keeps the state in a new database on a server, until the next use.
func (i *install) onPostgreSQL(t *testing.T) {
	t.Helper()
	i.set("STATE_URL", statetest.PostgreSQL(t))
}

// set sets an environment variable of later commands.
func (i *install) set(name, value string) {
	i.env = append(slices.DeleteFunc(i.env, func(e string) bool { return strings.HasPrefix(e, name+"=") }), name+"="+value)
}

func (i *install) get(name string) string {
	for _, e := range i.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

func (i *install) command(ctx context.Context, args ...string) *exec.Cmd {
	program := os.Args[0]
	if !i.self {
		program = binary()
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir = i.env, i.dir
	return cmd
}

// run runs a command to its end.
func (i *install) run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := i.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("bucketlake %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that has to succeed.
func (i *install) must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := i.run(t, args...)
	if code != 0 {
		t.Fatalf("bucketlake %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// connect walks the consent as a script would.
func (i *install) connect(t *testing.T, args ...string) {
	t.Helper()
	if err := i.tryConnect(t, args...); err != nil {
		t.Fatal(err)
	}
}

func (i *install) tryConnect(t *testing.T, args ...string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := i.command(ctx, append([]string{"connect", "--no-browser"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = bitbuckettest.Consent(ctx, strings.TrimSpace(address))
	}
	if exit := cmd.Wait(); exit != nil {
		return fmt.Errorf("connect: %w: %s", exit, errs.String())
	}
	return err
}

// sync syncs and returns the summary.
func (i *install) sync(t *testing.T, args ...string) status.Run {
	t.Helper()
	var runs []status.Run
	if err := json.Unmarshal([]byte(i.must(t, append([]string{"sync", "--json"}, args...)...)), &runs); err != nil || len(runs) != 1 {
		t.Fatalf("summary of the sync: %d runs, %v", len(runs), err)
	}
	return runs[0]
}

func (i *install) lake(t *testing.T) *load.Lake {
	t.Helper()
	if i.bucket != nil {
		return load.New(i.bucket.Open(t), nil)
	}
	store, err := load.OpenDirectory(strings.TrimPrefix(i.get("LAKE_URL"), "file://"))
	if err != nil {
		t.Fatal(err)
	}
	return load.New(store, nil)
}

// onS3 puts the lake into a new bucket, until the next use.
func (i *install) onS3(t *testing.T) {
	t.Helper()
	i.bucket = loadtest.NewBucket(t)
	i.set("LAKE_URL", i.bucket.LakeURL())
	i.set("LAKE_PATH_STYLE", "true")
	for _, e := range i.bucket.Environment() {
		name, value, _ := strings.Cut(e, "=")
		i.set(name, value)
	}
}

// retired are the tables of what Bitbucket has removed: the simulation shows nothing of it.
var retired = []string{"issues", "issue_comments", "issue_changes"}

// tester is what comparisons need of a test, which may be one of many that a property draws.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// truth is a lake, and the workspace that it should tell of.
type truth struct {
	bitbucket *bitbuckettest.Bitbucket
	lake      *load.Lake
}

func (i *install) truth(t *testing.T) truth { return truth{i.bitbucket, i.lake(t)} }

// aboutTheSync are the tables that tell when something was read: that differs from run to run.
var aboutTheSync = []*schemas.Table{schemas.FreshnessTable, schemas.SyncRuns}

// tables reads every table but those about the sync: the rows that are not deleted, as text without the time of landing,
// sorted.
func (i *install) tables(t *testing.T) map[string][]string {
	t.Helper()
	all := i.truth(t).tables(t)
	for _, table := range schemas.Tables() {
		if len(all[table.Name]) == 0 && !slices.Contains(retired, table.Name) && !slices.Contains(aboutTheSync, table) {
			t.Errorf("no row landed in %s", table.Name)
		}
	}
	return all
}

func (w truth) tables(t tester) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range schemas.Tables() {
		if slices.Contains(aboutTheSync, table) {
			continue
		}
		for row, err := range load.ScanAny(context.Background(), w.lake, table, "acme", load.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			synced := reflect.ValueOf(row).Elem().FieldByName("Synced").Addr().Interface().(*schemas.Synced)
			if !synced.DeletedAt.IsZero() {
				continue
			}
			*synced = schemas.Synced{}
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "secret\"") || strings.Contains(string(text), "very-secret") { // as the simulation's are called
				t.Errorf("%s keeps a secret: %s", table.Name, text)
			}
			all[table.Name] = append(all[table.Name], string(text))
		}
	}
	for _, rows := range all {
		slices.Sort(rows)
	}
	return all
}

func each[R any](t tester, lake *load.Lake, table *schemas.Table, do func(*R)) {
	t.Helper()
	for row, err := range load.Scan[R](context.Background(), lake, table, "acme", load.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		do(row)
	}
}

// equalTables compares two lakes table by table and shows the first differences.
func equalTables(t tester, got, want map[string][]string) {
	t.Helper()
	for name := range want {
		got, want := got[name], want[name]
		if name == schemas.PullRequestSizes.Name {
			// Of a pull request whose fork is gone, Bitbucket tells no size any more; one that was read before stays.
			got = slices.DeleteFunc(slices.Clone(got), func(row string) bool { return !slices.Contains(want, row) })
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %d rows, want %d (-want +got):\n%s", name, len(got), len(want), first(diff, 2000))
		}
	}
}

// equalFresh compares the tables with those of a fresh sync into a lake of its own.
func (i *install) equalFresh(t *testing.T) {
	t.Helper()
	got := i.tables(t)
	i.use("fresh")
	i.connect(t)
	i.sync(t)
	equalTables(t, got, i.tables(t))
}

func first(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}

// deedKey is what a day's use is counted by.
type deedKey struct {
	Day                                 string
	UserType, User, Feature, Repository string
}

// equalLedger compares the usage tables with what the simulation knows that people did, but for some
// features.
func (i *install) equalLedger(t *testing.T, except ...string) {
	t.Helper()
	i.truth(t).equalLedger(t, except...)
}

func (w truth) equalLedger(t tester, except ...string) {
	t.Helper()
	want := map[deedKey]int64{}
	actions := map[string]int{}
	for _, d := range w.bitbucket.Ledger() {
		if slices.Contains(except, d.Feature) {
			continue
		}
		want[deedKey{d.Time.UTC().Format(time.DateOnly), d.UserType, d.User, d.Feature, d.RepositoryUUID}]++
		actions[d.Feature+" "+d.Action]++
	}
	got := map[deedKey]int64{}
	each(t, w.lake, schemas.FeatureUsageDaily, func(r *schemas.FeatureUsageDay) {
		if slices.Contains(except, r.Feature) {
			return
		}
		got[deedKey{r.Day.Time().Format(time.DateOnly), r.UserType, r.UserUUID, r.Feature, r.RepositoryUUID}] += r.Events
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("feature_usage_daily differs from the ledger (-ledger +table):\n%s", first(diff, 3000))
	}
	events := map[string]int{}
	each(t, w.lake, schemas.UsageEvents, func(r *schemas.UsageEvent) {
		if !slices.Contains(except, r.Feature) {
			events[r.Feature+" "+r.Action]++
		}
	})
	if diff := cmp.Diff(actions, events); diff != "" {
		t.Errorf("usage_events differs from the ledger (-ledger +table):\n%s", diff)
	}
	if len(except) == 0 {
		w.equalSeats(t)
		w.equalStories(t)
	}
}

// status reads the connections as a script would.
func (i *install) status(t *testing.T) []status.Connection {
	t.Helper()
	var s statusJSON
	if err := json.Unmarshal([]byte(i.must(t, "status", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	return s.Connections
}

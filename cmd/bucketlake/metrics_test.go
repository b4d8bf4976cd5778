package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"

	"bucketlake/cmd/bucketlake/metrics"
	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/schemas"
)

// samples reads what Prometheus would: values by name and labels, as they are written.
func samples(t *testing.T, r io.Reader) map[string]float64 {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		if all[line[:at]], err = strconv.ParseFloat(line[at+1:], 64); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return all
}

// scrape asks a handler of a worker's OPS_ADDR.
func scrape(t *testing.T, h http.Handler) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", w.Code, w.Body)
	}
	return samples(t, w.Body)
}

// opsOf is what a worker over the lab's state answers at OPS_ADDR.
func opsOf(t *testing.T, a *app) http.Handler {
	t.Helper()
	if err := prepareQueue(t.Context(), a, riversqlite.New(a.db.SQL())); err != nil {
		t.Fatal(err)
	}
	a.metrics.Watch(metrics.Standing{
		Connections: func(ctx context.Context) ([]status.Connection, error) { return a.status().Read(ctx, time.Now()) },
		Queue:       a.waiting,
	})
	return opsHandler(a)
}

// sumOf adds up the samples of a metric whose labels contain all of some.
func sumOf(all map[string]float64, metric string, labels ...string) (sum float64) {
next:
	for name, v := range all {
		if !strings.HasPrefix(name, metric+"{") {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(name, l) {
				continue next
			}
		}
		sum += v
	}
	return sum
}

// TestMetricsOfFaults has each thing happen that is counted, and looks for it among the metrics.
func TestMetricsOfFaults(t *testing.T) {
	type wants map[string]float64 // by metric and labels; -1: at least one
	fault := func(f bitbuckettest.Fault) func(*lab, *app) {
		return func(l *lab, _ *app) { l.bitbucket.Fault(f) }
	}
	for name, tt := range map[string]struct {
		arrange func(*lab, *app)
		want    wants
	}{
		"nothing": {func(*lab, *app) {}, wants{
			`requests_total{outcome="ok",stream="members",workspace="acme"}`: 1, `sync_runs_total{outcome="complete",workspace="acme"}`: 1,
			`sync_duration_seconds_count{workspace="acme"}`: 1, `stream_problem{stream="members",workspace="acme"}`: 0, `state_up`: 1,
			`connections{state="connected",workspace="acme"}`: 1, `connections{state="needs_reconnect",workspace="acme"}`: 0,
			`rows_landed_total{table="members",workspace="acme"}`: 10, `bytes_landed_total{table="feature_usage_daily",workspace="acme"}`: -1,
			`rows_changed_total{table="members",workspace="acme"}`: 10, `last_complete_run_timestamp_seconds{workspace="acme"}`: -1, `sync_running{workspace="acme"}`: 0,
			`grant_seconds_left{workspace="acme"}`: -1, `queue_jobs{state="scheduled"}`: 0, `build_info{version="` + version + `"}`: 1,
		}},
		"limited": {fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 429}), wants{
			`requests_total{outcome="limited",stream="members",workspace="acme"}`: 1, `sync_runs_total{outcome="interrupted",workspace="acme"}`: 1,
		}},
		"refused": {fault(bitbuckettest.Fault{Path: "/refs/branches", Times: -1, Status: 404}), wants{
			`requests_total{outcome="refused",stream="branches",workspace="acme"}`: -1,
		}},
		"failed": {fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500}), wants{
			`requests_total{outcome="failed",stream="members",workspace="acme"}`: 2, `stream_problem{stream="members",workspace="acme"}`: 1,
			`sync_runs_total{outcome="partial",workspace="acme"}`: 1,
		}},
		"broken": {fault(bitbuckettest.Fault{Path: "/members", Cut: 10}), wants{
			`requests_total{outcome="broken",stream="members",workspace="acme"}`: 1, `requests_total{outcome="ok",stream="members",workspace="acme"}`: 1,
		}},
		"unauthorized, and refreshed": {fault(bitbuckettest.Fault{Path: "/members", Status: 401}), wants{
			`requests_total{outcome="unauthorized",stream="members",workspace="acme"}`: 1, `token_refreshes_total{outcome="ok",workspace="acme"}`: 1,
		}},
		"no token to be had": {func(l *lab, _ *app) {
			l.bitbucket.Fault(bitbuckettest.Fault{Path: "access_token", Times: -1, Status: 503})
			time.Sleep(2 * time.Hour)
		}, wants{
			`token_refreshes_total{outcome="unavailable",workspace="acme"}`: -1, `sync_runs_total{outcome="failed",workspace="acme"}`: 1,
		}},
		"a wrong secret": {func(l *lab, _ *app) {
			l.bitbucket.Fault(bitbuckettest.Fault{Path: "access_token", Times: -1, Status: 401, Body: `{"error":"invalid_client"}`})
			time.Sleep(2 * time.Hour)
		}, wants{`token_refreshes_total{outcome="failed",workspace="acme"}`: -1}},
		"revoked": {func(l *lab, _ *app) { l.bitbucket.RevokeGrants(); time.Sleep(2 * time.Hour) }, wants{
			`token_refreshes_total{outcome="revoked",workspace="acme"}`: 1, `connections{state="needs_reconnect",workspace="acme"}`: 1,
			`connections{state="connected",workspace="acme"}`: 0, `sync_runs_total{outcome="failed",workspace="acme"}`: 1,
		}},
		"the hour is spent": {func(_ *lab, a *app) { a.config.requestsPerHour = 20 }, wants{
			`budget_requests_limit{workspace="acme"}`: 20, `budget_requests_left{workspace="acme"}`: keptForCertainty,
			`sync_runs_total{outcome="interrupted",workspace="acme"}`: 1,
		}},
		"disconnected": {func(_ *lab, a *app) { _ = a.store.Disconnect(context.Background(), connectionOf(a).ID, "a test") }, wants{
			`connections{state="disconnected",workspace="acme"}`: 1,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
				defer l.close()
				a := l.open(t)
				defer a.close()
				ops := opsOf(t, a)
				tt.arrange(l, a)
				a.syncWorkspace(t.Context(), connectionOf(a), syncScope{streams: a.config.streams}, silent{a.log})
				got := scrape(t, ops)
				for metric, want := range tt.want {
					v, ok := got["bucketlake_"+metric]
					if !ok || want >= 0 && v != want || want < 0 && v < 1 {
						t.Errorf("%s is %v (there: %v), want %v", metric, v, ok, want)
					}
				}
				if name == "the hour is spent" && sumOf(got, "bucketlake_requests_total", `outcome="withheld"`) == 0 {
					t.Error("no request was withheld")
				}
				if name == "disconnected" && sumOf(got, "bucketlake_freshness_seconds") > 0 {
					t.Error("what is disconnected is expected to be fresh")
				}
			})
		})
	}
}

// connectionOf returns the one connection.
func connectionOf(a *app) (c oauth.Connection) {
	all, err := a.store.List(context.Background())
	if err != nil || len(all) != 1 {
		panic(fmt.Sprint("connections: ", all, err))
	}
	return all[0]
}

// TestMetricsOfFreshness lets time pass, of which each stream grows older until it is read again.
func TestMetricsOfFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
		defer l.close()
		a := l.open(t)
		defer a.close()
		ops := opsOf(t, a)
		age := func(stream string) time.Duration {
			return time.Duration(scrape(t, ops)[`bucketlake_freshness_seconds{stream="`+stream+`",workspace="acme"}`] * float64(time.Second))
		}
		sync := func() {
			a.syncWorkspace(t.Context(), connectionOf(a), syncScope{streams: a.config.streams}, silent{a.log})
		}
		time.Sleep(3 * time.Hour)
		if got := age("members"); got != 3*time.Hour {
			t.Errorf("never read, and connected for three hours: %s", got)
		}
		sync()
		l.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500})
		time.Sleep(5 * time.Hour)
		sync()
		if members, projects := age("members"), age("projects"); members < 5*time.Hour || projects > time.Hour {
			t.Errorf("members could not be read for five hours, projects could: %s and %s", members, projects)
		}
		l.bitbucket.ClearFaults()
		sync()
		if got := age("members"); got > time.Hour {
			t.Errorf("read again: %s", got)
		}
	})
}

// TestReadiness asks whether a worker is ready while its connection and its database come and go.
func TestReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
		defer l.close()
		a := l.open(t)
		ops := opsOf(t, a)
		ask := func(path string, code int, says string) {
			t.Helper()
			w := httptest.NewRecorder()
			ops.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
			if w.Code != code || !strings.Contains(w.Body.String(), says) {
				t.Errorf("%s: %d %s; want %d %q", path, w.Code, w.Body, code, says)
			}
		}
		ask("/readyz", 200, "acme: connected")
		ask("/readyz?connections", 200, "acme: connected")
		l.bitbucket.RevokeGrants()
		time.Sleep(2 * time.Hour)
		a.syncWorkspace(t.Context(), connectionOf(a), syncScope{streams: a.config.streams}, silent{a.log})
		ask("/readyz", 200, "acme: needs_reconnect") // the page has to stay up: it is where this is mended
		ask("/readyz?connections", 503, "run `bucketlake connect --workspace acme`")
		if err := a.store.Disconnect(t.Context(), connectionOf(a).ID, "a test"); err != nil {
			t.Fatal(err)
		}
		ask("/readyz?connections", 503, "no workspace is connected")
		a.close()
		ask("/readyz", 503, "the state database does not answer")
		ask("/livez", 200, "ok")
		if up, ok := scrape(t, ops)["bucketlake_state_up"]; !ok || up != 0 {
			t.Errorf("bucketlake_state_up is %v", up)
		}
	})
}

// TestMetricsOfAWorker compares a worker's metrics with what Bitbucket was asked, and what the lake has.
func TestMetricsOfAWorker(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "5000")
	addr := i.opsAddr(t)
	i.bitbucket.ResetRequests()
	cmd, _ := i.worker(t)
	var got map[string]float64
	eventually(t, "a complete run", func() bool {
		resp, err := http.Get("http://" + addr + "/metrics")
		if errors.Is(err, syscall.ECONNREFUSED) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got = samples(t, resp.Body)
		return got[`bucketlake_sync_runs_total{outcome="complete",workspace="acme"}`] == 1 && got[`bucketlake_queue_jobs{state="running"}`] == 0
	})
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	asked := 0
	for _, r := range i.bitbucket.Requests() {
		if strings.HasPrefix(r.Route, "/2.0/") && r.Status/100 != 3 { // a redirect and where it leads are one request
			asked += r.Count
		}
	}
	if n := sumOf(got, "bucketlake_requests_total"); asked == 0 || int(n) != asked {
		t.Errorf("%v requests are counted, and %d came", n, asked)
	}
	if left, limit := got[`bucketlake_budget_requests_left{workspace="acme"}`], got[`bucketlake_budget_requests_limit{workspace="acme"}`]; limit != 5000 || left > limit-float64(asked) {
		t.Errorf("%v requests of %v are left after %d", left, limit, asked)
	}
	lake := i.lake(t)
	for _, table := range []*schemas.Table{schemas.PullRequests, schemas.UsageEvents, schemas.FreshnessTable} {
		rows := 0
		for _, err := range load.ScanAny(t.Context(), lake, table, "acme", load.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		if n := got[`bucketlake_rows_changed_total{table="`+table.Name+`",workspace="acme"}`]; rows == 0 || int(n) != rows {
			t.Errorf("%v rows of %s were new, and %d are there", n, table.Name, rows)
		}
	}
	for _, st := range i.status(t)[0].Streams {
		if _, told := got[`bucketlake_freshness_seconds{stream="`+st.Stream+`",workspace="acme"}`]; told == (st.Disabled != "") {
			t.Errorf("the age of %s is told: %v; disabled: %q", st.Stream, told, st.Disabled)
		}
	}
}

// TestMetricsOfTheQueue counts jobs by state.
func TestMetricsOfTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: tiny})
		defer l.close()
		a := l.open(t)
		defer a.close()
		ops := opsOf(t, a)
		for _, job := range []struct{ state, workspace string }{{"available", "{a}"}, {"scheduled", "{b}"}, {"scheduled", "{c}"}} {
			if _, err := a.db.SQL().ExecContext(t.Context(), `
				INSERT INTO river_job (args, kind, max_attempts, queue, state, scheduled_at) VALUES ($1, 'sync', 1, 'default', $2, CURRENT_TIMESTAMP)`,
				`{"workspace_uuid":"`+job.workspace+`"}`, job.state); err != nil {
				t.Fatal(err)
			}
		}
		got := scrape(t, ops)
		for state, want := range map[string]float64{"available": 1, "scheduled": 2, "running": 0} {
			if n := got[`bucketlake_queue_jobs{state="`+state+`"}`]; n != want {
				t.Errorf("%v jobs are %s, want %v", n, state, want)
			}
		}
		if _, ok := got[`bucketlake_sync_running{workspace="acme"}`]; !ok {
			t.Error("nothing is said of whether a run is under way")
		}
		if err := a.db.SetProgress(t.Context(), state.Progress{WorkspaceUUID: connectionOf(a).WorkspaceUUID, Started: time.Now(), Stream: "members"}); err != nil {
			t.Fatal(err)
		}
		if n := scrape(t, ops)[`bucketlake_sync_running{workspace="acme"}`]; n != 1 {
			t.Errorf("a run is under way, and it says %v", n)
		}
	})
}

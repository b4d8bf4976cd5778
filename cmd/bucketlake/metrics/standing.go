package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
)

// scrapeTime is how long the state database may take to answer.
const scrapeTime = 5 * time.Second

// Standing is what a scrape asks the state database, which all workers share: each of them answers the same.
type Standing struct {
	Connections func(context.Context) ([]status.Connection, error)
	Queue       func(context.Context) (map[string]int, error) // jobs that wait or run, by state
}

// Watch has each scrape tell how the connections are. Call it once.
func (m *Metrics) Watch(s Standing) { m.registry.MustRegister(&standing{s}) }

type standing struct{ Standing }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("bucketlake_"+name, help, labels, nil)
}

var (
	up          = desc("state_up", "Whether the state database answers: where it is 0, what is known of connections and queue is missing.")
	connections = desc("connections", "1 for the state that the workspace's connection is in, 0 for the others: connected, needs_reconnect, disconnected.", "workspace", "state")
	grantLeft   = desc("grant_seconds_left", "Until Bitbucket forgets the grant, unless a refresh renews it before.", "workspace")
	budgetLeft  = desc("budget_requests_left", "Requests that may still be spent in this hour; missing where there is no limit. Workspaces of one OAuth consumer share them.", "workspace")
	budgetLimit = desc("budget_requests_limit", "Requests that may be spent in an hour; missing where there is no limit.", "workspace")
	freshness   = desc("freshness_seconds", "Since the stream was last read to its end: since the workspace was connected, where it never was. Missing for streams that are not read.", "workspace", "stream")
	problem     = desc("stream_problem", "1 where the last attempt at the stream did not bring everything.", "workspace", "stream")
	complete    = desc("last_complete_run_timestamp_seconds", "End of the last run that brought everything; missing before the first.", "workspace")
	running     = desc("sync_running", "1 while a run is under way.", "workspace")
	queue       = desc("queue_jobs", "Jobs of the queue that wait or run, by state.", "state")
)

// Describe implements prometheus.Collector.
func (*standing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{up, connections, grantLeft, budgetLeft, budgetLimit, freshness, problem, complete, running, queue} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *standing) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	all, err := s.Connections(ctx)
	if err != nil {
		gauge(up, 0)
		return
	}
	jobs, err := s.Queue(ctx)
	if err != nil {
		gauge(up, 0)
		return
	}
	gauge(up, 1)
	for state, n := range jobs {
		gauge(queue, float64(n), state)
	}
	now := time.Now()
	for i := range all {
		tell(gauge, &all[i], now)
	}
}

// tell tells of one connection. Of one that somebody has disconnected, nothing is to be expected.
func tell(gauge func(d *prometheus.Desc, v float64, labels ...string), c *status.Connection, now time.Time) {
	for _, state := range []oauth.State{oauth.Connected, oauth.NeedsReconnect, oauth.Disconnected} {
		gauge(connections, bit(c.State == state), c.Workspace, string(state))
	}
	if c.State == oauth.Disconnected {
		return
	}
	if c.GrantDaysLeft != nil {
		gauge(grantLeft, float64(*c.GrantDaysLeft)*24*60*60, c.Workspace)
	}
	if c.RequestsLimit > 0 {
		gauge(budgetLimit, float64(c.RequestsLimit), c.Workspace)
		gauge(budgetLeft, float64(c.RequestsLeft()), c.Workspace)
	}
	if c.LastComplete != nil {
		gauge(complete, float64(c.LastComplete.Unix()), c.Workspace)
	}
	gauge(running, bit(c.Running != nil), c.Workspace)
	for i := range c.Streams {
		st := &c.Streams[i]
		if st.Disabled != "" {
			continue
		}
		gauge(freshness, now.Sub(c.FreshAt(st)).Seconds(), c.Workspace, st.Stream)
		gauge(problem, bit(st.Problem != ""), c.Workspace, st.Stream)
	}
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

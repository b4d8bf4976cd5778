// Package metrics counts what the worker does, and tells how the connections are, to Prometheus. Labels come from closed
// sets: workspaces, streams, tables, and the outcomes that stand here.
package metrics

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// Metrics are the metrics of one process.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	rows      *prometheus.CounterVec
	changed   *prometheus.CounterVec
	bytes     *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
	alerts    *prometheus.CounterVec
}

// New returns metrics of a process of a version.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "Requests to the Bitbucket API, by how they ended: ok, unauthorized (401), refused (403, 404, 410), limited (429), failed (another status), broken (no whole answer), withheld (not sent: the hour is spent).", "workspace", "stream", "outcome"),
		rows:     counter("rows_landed_total", "Rows that were read, or computed, and landed; also those that said nothing new.", "workspace", "table"),
		changed:  counter("rows_changed_total", "Rows of the lake that landing changed.", "workspace", "table"),
		bytes:    counter("bytes_landed_total", "Bytes of the Parquet objects that were written.", "workspace", "table"),
		refreshes: counter("token_refreshes_total", "Refreshes of OAuth tokens, by how they ended: ok, unavailable (no usable answer; it is tried again), revoked (the workspace must be connected again), failed (the settings or the state database).",
			"workspace", "outcome"),
		runs: counter("sync_runs_total", "Runs over all streams of a workspace, by how they ended: complete, partial, interrupted (by the hour or a stop; the next run goes on), failed.", "workspace", "outcome"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "bucketlake", Name: "sync_duration_seconds", Help: "How long runs over all streams of a workspace took.",
			Buckets: []float64{1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}, []string{"workspace"}),
		alerts: counter("alerts_total", "Alerts that ALERT_URL was told of, or could not be told of.", "kind", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "bucketlake", Name: "build_info", Help: "1, for the version that runs.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.rows, m.changed, m.bytes, m.refreshes, m.runs, m.durations, m.alerts, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "bucketlake", Name: name, Help: help}, labels)
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Timeout: 10 * time.Second})
}

// Requested counts an attempt at a request, and its error.
func (m *Metrics) Requested(workspace, stream string, err error) {
	m.requests.WithLabelValues(workspace, stream, answered(err)).Inc()
}

func answered(err error) string {
	answer := (*bitbucket.Error)(nil)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, state.ErrBudgetSpent):
		return "withheld"
	case !errors.As(err, &answer):
		return "broken"
	}
	switch answer.Status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return "refused"
	case http.StatusTooManyRequests:
		return "limited"
	}
	return "failed"
}

// Landed counts what a commit did to a table.
func (m *Metrics) Landed(workspace, table string, s load.Stats) {
	m.rows.WithLabelValues(workspace, table).Add(float64(s.Rows))
	m.changed.WithLabelValues(workspace, table).Add(float64(s.Changed()))
	m.bytes.WithLabelValues(workspace, table).Add(float64(s.Bytes))
}

// Refreshed counts a refresh of a token, and its error.
func (m *Metrics) Refreshed(workspace string, err error) {
	outcome := "failed"
	switch {
	case err == nil:
		outcome = "ok"
	case errors.Is(err, oauth.ErrRevoked):
		outcome = "revoked"
	case errors.Is(err, oauth.ErrUnavailable), errors.Is(err, context.Canceled):
		outcome = "unavailable"
	}
	m.refreshes.WithLabelValues(workspace, outcome).Inc()
}

// Ran counts a run.
func (m *Metrics) Ran(workspace, outcome string, elapsed time.Duration) {
	m.runs.WithLabelValues(workspace, outcome).Inc()
	m.durations.WithLabelValues(workspace).Observe(elapsed.Seconds())
}

// Alerted counts an alert: told, or failed.
func (m *Metrics) Alerted(kind, outcome string) { m.alerts.WithLabelValues(kind, outcome).Inc() }

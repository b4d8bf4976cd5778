package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traced "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// traceCollector takes spans as an OpenTelemetry collector does.
type traceCollector struct {
	*httptest.Server
	mu      sync.Mutex
	spans   []*traced.Span
	service string
	text    string // all that came
}

func newTraceCollector(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text += request.String()
		for _, of := range request.ResourceSpans {
			for _, a := range of.Resource.Attributes {
				if a.Key == "service.name" {
					c.service = a.Value.GetStringValue()
				}
			}
			for _, scope := range of.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// attributeOf returns a span's attribute as text; empty: it has none.
func attributeOf(s *traced.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// TestTraces has a sync send its spans, and compares them with what was asked and landed.
func TestTraces(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	c := newTraceCollector(t)
	i.set("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	i.set("OTEL_SERVICE_NAME", "usage")
	i.bitbucket.ResetRequests()
	i.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500})
	i.bitbucket.Fault(bitbuckettest.Fault{Path: "/workspaces/acme/projects", Status: 401})
	if _, stderr, code := i.run(t, "sync"); code != exitPartial {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	asked := 0
	for _, r := range i.bitbucket.Requests() {
		if strings.HasPrefix(r.Route, "/2.0/") {
			asked += r.Count
		}
	}
	byID, names := map[string]*traced.Span{}, map[string]int{}
	for _, s := range c.spans {
		byID[hex.EncodeToString(s.SpanId)] = s
		names[strings.Fields(s.Name)[0]]++
	}
	if c.service != "usage" || names["sync"] != 1 || names["GET"] != asked || names["derive"] != 1 || names["commit"] < 20 || names["read"] < 20 {
		t.Errorf("%q sent %v; Bitbucket was asked %d times", c.service, names, asked)
	}
	for _, s := range c.spans {
		parent := byID[hex.EncodeToString(s.ParentSpanId)]
		failed := s.Status.GetCode() == traced.Status_STATUS_CODE_ERROR
		switch kind, of, _ := strings.Cut(s.Name, " "); kind {
		case "sync":
			if parent != nil || attributeOf(s, "bucketlake.outcome") != status.Partial || attributeOf(s, "bucketlake.workspace") != "acme" {
				t.Errorf("the run is told as %v", s)
			}
		case "read":
			if parent == nil || parent.Name != "sync acme" || failed != (of == "members") {
				t.Errorf("a stream is told as %v, below %v", s, parent)
			}
		case "GET":
			if parent == nil || s.Kind != traced.Span_SPAN_KIND_CLIENT || !strings.HasPrefix(attributeOf(s, "url.path"), "/2.0/") {
				t.Errorf("a request is told as %v, below %v", s, parent)
			}
			if strings.HasSuffix(attributeOf(s, "url.path"), "/members") && !failed {
				t.Errorf("a request that failed is told as %v", s)
			}
		case "commit":
			if parent == nil || attributeOf(s, "bucketlake.table") != of {
				t.Errorf("a commit is told as %v, below %v", s, parent)
			}
		}
	}
	for _, secret := range []string{"Bearer", "demo-secret", "access_token=", "fields="} {
		if strings.Contains(c.text, secret) {
			t.Errorf("the spans hold %q", secret)
		}
	}
}

// TestTracesToNobody syncs without a collector, and with one that is not there.
func TestTracesToNobody(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	c := newTraceCollector(t)
	for _, off := range [][2]string{{"OTEL_SDK_DISABLED", "true"}, {"OTEL_TRACES_EXPORTER", "none"}} {
		i.set("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
		i.set(off[0], off[1])
		i.must(t, "sync")
		i.set(off[0], "")
	}
	if len(c.spans) > 0 {
		t.Errorf("%d spans came, and none were wanted", len(c.spans))
	}
	c.Close()
	if _, stderr, code := i.run(t, "sync"); code != 0 || !strings.Contains(stderr, "sending") {
		t.Errorf("nobody takes the spans: exit code %d, %s", code, stderr)
	}
}

func TestTraceSettings(t *testing.T) {
	for _, tt := range []struct {
		env   map[string]string
		on    bool
		fault string
	}{
		{map[string]string{}, false, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""}, // to the collector on this machine
		{map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, false, ""},
		{map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, true, "OTEL_TRACES_EXPORTER=zipkin"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true, "set it to http/protobuf"},
	} {
		var f faults
		on := f.traced(func(name string) string { return tt.env[name] })
		if err := f.err(); on != tt.on || (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%v: %v, %v", tt.env, on, err)
		}
	}
}

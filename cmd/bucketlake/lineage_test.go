package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bucketlake/cmd/bucketlake/lineage"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

// lineageEvent is an event, as far as the test looks at it.
type lineageEvent struct {
	EventType, Producer, SchemaURL string
	EventTime                      time.Time
	Run                            struct {
		RunID  string
		Facets map[string]map[string]any
	}
	Job             struct{ Namespace, Name string }
	Inputs, Outputs []struct {
		Namespace, Name      string
		Facets, OutputFacets map[string]map[string]any
	}
}

// lineageServer is an OpenLineage server that asks for a key. With LINEAGE_EVENTS=DIR it leaves what came there, for a
// look with the specification at hand.
type lineageServer struct {
	*httptest.Server
	mu     sync.Mutex
	events []lineageEvent
}

func newLineageServer(t *testing.T) *lineageServer {
	t.Helper()
	s := &lineageServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer planted-key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(r.Body)
		var e lineageEvent
		if err == nil {
			err = json.Unmarshal(body, &e)
		}
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/v1/lineage" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
		if dir := os.Getenv("LINEAGE_EVENTS"); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, e.EventType+e.Run.RunID+".json"), body, 0o600)
		}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s
}

// take returns what came since the last time, in pairs of beginning and end.
func (s *lineageServer) take(t *testing.T) (end lineageEvent) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) != 2 || s.events[0].EventType != "START" || s.events[0].Run.RunID != s.events[1].Run.RunID {
		t.Fatalf("a run is told as %+v", s.events)
	}
	end = s.events[1]
	for _, e := range s.events {
		if e.Job.Namespace != "bucketlake" || e.Job.Name != "sync.acme" || e.EventTime.IsZero() || e.Producer == "" || !strings.HasSuffix(e.SchemaURL, "#/$defs/RunEvent") {
			t.Errorf("a run is told as %+v", e)
		}
	}
	s.events = nil
	return end
}

func TestLineage(t *testing.T) {
	t.Parallel()
	s := newLineageServer(t)
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	i.set("OPENLINEAGE_URL", s.URL)
	i.set("OPENLINEAGE_API_KEY_FILE", file(t, "planted-key\n"))

	run := i.sync(t)
	end := s.take(t)
	if end.EventType != "COMPLETE" || end.Run.RunID != run.ID || len(end.Run.Facets) > 0 {
		t.Errorf("a complete run is told as %+v", end)
	}
	lake := strings.TrimPrefix(i.get("LAKE_URL"), "file://")
	outputs := 0
	for _, st := range run.Streams {
		at := slices.IndexFunc(end.Outputs, func(o struct {
			Namespace, Name      string
			Facets, OutputFacets map[string]map[string]any
		},
		) bool {
			return o.Namespace == "file" && o.Name == filepath.Join(lake, st.Stream, "workspace=acme")
		})
		if (at >= 0) != (st.Disabled == "") {
			t.Errorf("%s is told: %v", st.Stream, at >= 0)
		}
		if at < 0 {
			continue
		}
		outputs++
		o := end.Outputs[at]
		table, _ := schemas.Lookup(st.Stream)
		if fields, _ := o.Facets["schema"]["fields"].([]any); len(fields) != len(table.Partitions())+len(table.Columns) {
			t.Errorf("%s has %d fields", st.Stream, len(fields))
		}
		stats := o.OutputFacets["outputStatistics"]
		if diff := cmp.Diff([]any{float64(st.Changed), float64(st.Bytes)}, []any{stats["rowCount"], stats["size"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", st.Stream, diff)
		}
		for name, facet := range o.Facets {
			if facet["_producer"] == nil || facet["_schemaURL"] == nil {
				t.Errorf("the facet %s of %s does not say what it is", name, st.Stream)
			}
		}
	}
	if outputs != len(end.Outputs) || outputs < 20 || len(end.Inputs) >= outputs || len(end.Inputs) < 15 {
		t.Errorf("%d inputs, %d outputs, and %d of them are streams", len(end.Inputs), len(end.Outputs), outputs)
	}

	i.bitbucket.Fault(bitbuckettest.Fault{Path: "/members", Times: -1, Status: 500})
	if _, stderr, code := i.run(t, "sync"); code != exitPartial {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if end := s.take(t); end.EventType != "COMPLETE" || !strings.Contains(end.Run.Facets["errorMessage"]["message"].(string), "members") {
		t.Errorf("a partial run is told as %+v", end)
	}
	i.bitbucket.ClearFaults()
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "5")
	_, _, _ = i.run(t, "sync")
	if end := s.take(t); end.EventType != "ABORT" {
		t.Errorf("an interrupted run is told as %s", end.EventType)
	}
	i.set("BITBUCKET_REQUESTS_PER_HOUR", "0")
	i.bitbucket.RevokeGrants()
	i.execute(t, "UPDATE connections SET expires_at = 1")
	_, _, _ = i.run(t, "sync")
	if end := s.take(t); end.EventType != "FAIL" || len(end.Inputs) > 0 || end.Run.Facets["errorMessage"] == nil {
		t.Errorf("a failed run is told as %s, with %d inputs: %v", end.EventType, len(end.Inputs), end.Run.Facets)
	}
}

// TestLineageToNobody has a server that refuses the key, and one that is not there: the run goes on.
func TestLineageToNobody(t *testing.T) {
	t.Parallel()
	s := newLineageServer(t)
	i := newInstall(t, bitbuckettest.Options{Seed: 7, Scale: tiny})
	i.connect(t)
	i.set("OPENLINEAGE_URL", s.URL)
	i.set("OPENLINEAGE_API_KEY", "planted-wrong")
	if _, stderr, code := i.run(t, "sync"); code != 0 || !strings.Contains(stderr, "OPENLINEAGE_URL answers 401") || strings.Contains(stderr, "planted") {
		t.Errorf("refused: exit code %d, %s", code, stderr)
	}
	s.Close()
	if _, stderr, code := i.run(t, "sync"); code != 0 || !strings.Contains(stderr, "OPENLINEAGE_URL can't be reached") {
		t.Errorf("not there: exit code %d, %s", code, stderr)
	}
}

func TestLineageNames(t *testing.T) {
	s := newLineageServer(t)
	server := lineage.Server{URL: s.URL, APIKey: "planted-key", Namespace: "n", API: "https://api.bitbucket.org/2.0", Lake: "s3://bucket/some/prefix", Version: "v 1"}
	run := lineage.Run{ID: "r", Workspace: "acme", Tables: []lineage.Table{{Table: schemas.Members}, {Table: schemas.UsageEvents}}}
	if err := server.Ended(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	e := s.events[0]
	got := []string{e.Inputs[0].Namespace, e.Inputs[0].Name, e.Outputs[0].Namespace, e.Outputs[0].Name, e.Outputs[1].Name}
	want := []string{"https://api.bitbucket.org/2.0", "workspaces/acme/members", "s3://bucket", "some/prefix/members/workspace=acme", "some/prefix/usage_events/workspace=acme"}
	if diff := cmp.Diff(want, got); diff != "" || len(e.Inputs) != 1 {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

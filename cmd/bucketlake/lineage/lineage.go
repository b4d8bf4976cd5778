// Package lineage tells an OpenLineage server which tables a run reads from Bitbucket and writes to the lake. Its events
// follow https://openlineage.io/spec/2-0-2/OpenLineage.json.
package lineage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/outward"
	"bucketlake/extract/oauth"
	"bucketlake/schemas"
)

// Server takes events.
type Server struct {
	URL       string       // such as https://lineage.example.com; events go to /api/v1/lineage below it
	APIKey    oauth.Secret // empty: none
	Namespace string       // of the jobs
	API       string       // address of Bitbucket's API: the namespace of what is read
	Lake      string       // LAKE_URL: where the namespace and the names of what is written come from
	Version   string
}

// Run is what is told of a run.
type Run struct {
	ID, Workspace  string
	Started, Ended time.Time
	Outcome        string // complete, partial, interrupted or failed
	Problem        string // why it is not complete
	Tables         []Table
}

// Table is a table that a run brought up to date.
type Table struct {
	*schemas.Table
	Rows  int   // that it changed
	Bytes int64 // that it wrote
}

// asking is how long the server may take: a run waits for it.
const asking = 5 * time.Second

// Began tells of a run that begins.
func (s *Server) Began(ctx context.Context, r Run) error {
	return s.post(ctx, s.event("START", r.Started, r))
}

// Ended tells of a run that has ended. A partial one is complete as far as lineage goes: what it says of the problem is
// told with it.
func (s *Server) Ended(ctx context.Context, r Run) error {
	kind := "COMPLETE"
	switch r.Outcome {
	case "failed":
		kind = "FAIL"
	case "interrupted":
		kind = "ABORT"
	}
	e := s.event(kind, r.Ended, r)
	if r.Problem != "" {
		e.Run.Facets = map[string]any{"errorMessage": s.facet("ErrorMessageRunFacet", "1-0-1", map[string]any{"message": r.Problem, "programmingLanguage": "Go"})}
	}
	for _, t := range r.Tables {
		e.Outputs = append(e.Outputs, s.output(r.Workspace, t))
		if !t.Derived {
			e.Inputs = append(e.Inputs, dataset{Namespace: s.API, Name: "workspaces/" + r.Workspace + "/" + t.Name})
		}
	}
	return s.post(ctx, e)
}

type event struct {
	Type      string    `json:"eventType"`
	Time      time.Time `json:"eventTime"`
	Producer  string    `json:"producer"`
	SchemaURL string    `json:"schemaURL"`
	Run       runOf     `json:"run"`
	Job       job       `json:"job"`
	Inputs    []dataset `json:"inputs"`
	Outputs   []dataset `json:"outputs"`
}

type runOf struct {
	ID     string         `json:"runId"`
	Facets map[string]any `json:"facets,omitempty"`
}

type job struct {
	Namespace string         `json:"namespace"`
	Name      string         `json:"name"`
	Facets    map[string]any `json:"facets,omitempty"`
}

type dataset struct {
	Namespace    string         `json:"namespace"`
	Name         string         `json:"name"`
	Facets       map[string]any `json:"facets,omitempty"`
	OutputFacets map[string]any `json:"outputFacets,omitempty"`
}

const spec = "https://openlineage.io/spec/"

func (s *Server) producer() string { return "urn:bucketlake:" + url.PathEscape(s.Version) }

func (s *Server) event(kind string, at time.Time, r Run) event {
	return event{
		Type: kind, Time: at.UTC(), Producer: s.producer(), SchemaURL: spec + "2-0-2/OpenLineage.json#/$defs/RunEvent",
		Run: runOf{ID: r.ID}, Inputs: []dataset{}, Outputs: []dataset{},
		Job: job{Namespace: s.Namespace, Name: "sync." + r.Workspace, Facets: map[string]any{
			"jobType": s.facet("JobTypeJobFacet", "2-0-4", map[string]any{"processingType": "BATCH", "integration": "BUCKETLAKE", "jobType": "JOB"}),
		}},
	}
}

// facet gives a facet what each of them says of itself.
func (s *Server) facet(name, version string, fields map[string]any) map[string]any {
	fields["_producer"] = s.producer()
	fields["_schemaURL"] = spec + "facets/" + version + "/" + name + ".json#/$defs/" + name
	return fields
}

func (s *Server) output(workspace string, t Table) dataset {
	var fields []map[string]any
	for _, c := range append(t.Partitions(), t.Columns...) {
		fields = append(fields, map[string]any{"name": c.Name, "type": c.Type.String(), "description": c.Doc})
	}
	namespace, name := place(s.Lake, path.Join(t.Name, "workspace="+workspace))
	return dataset{
		Namespace: namespace, Name: name,
		Facets: map[string]any{
			"schema":        s.facet("SchemaDatasetFacet", "1-2-0", map[string]any{"fields": fields}),
			"documentation": s.facet("DocumentationDatasetFacet", "1-1-0", map[string]any{"description": t.Doc}),
		},
		OutputFacets: map[string]any{
			"outputStatistics": s.facet("OutputStatisticsOutputDatasetFacet", "1-0-2", map[string]any{"rowCount": t.Rows, "size": t.Bytes}),
		},
	}
}

// place names a folder of the lake as OpenLineage names files: by s3://BUCKET and the key, or by file and the path.
func place(lake, folder string) (namespace, name string) {
	if dir, ok := strings.CutPrefix(lake, "file://"); ok {
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
		return "file", path.Join(filepath.ToSlash(dir), folder)
	}
	scheme, rest, _ := strings.Cut(lake, "://")
	bucket, prefix, _ := strings.Cut(rest, "/")
	return scheme + "://" + bucket, path.Join(prefix, folder)
}

func (s *Server) post(ctx context.Context, e event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	header := http.Header{}
	if s.APIKey != "" {
		header.Set("Authorization", "Bearer "+s.APIKey.Reveal())
	}
	return outward.Post(ctx, "OPENLINEAGE_URL", strings.TrimSuffix(s.URL, "/")+"/api/v1/lineage", header, body, asking)
}

package load_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/schemas"
)

const goodManifest = `{
  "format": 1,
  "table": "pull_request_tasks",
  "workspace": "acme",
  "schema_version": 1,
  "cursor": {"mark": "2026-10-15T12:00:00.123456Z", "q": "<&>"},
  "synced_at": "2026-10-15T12:00:00.123Z",
  "objects": {
    "2026-10": {
      "name": "pull_request_tasks/workspace=acme/month=2026-10/data.parquet",
      "etag": "abc",
      "rows": 3,
      "deleted_rows": 1,
      "bytes": 1234,
      "synced_at": "2026-10-15T12:00:00.123Z"
    }
  }
}
`

// A later bucketlake reads what this one wrote: the text is the contract.
func TestManifestFormat(t *testing.T) {
	m, err := load.DecodeManifest([]byte(goodManifest), schemas.PullRequestTasks, "acme")
	if err != nil {
		t.Fatal(err)
	}
	o := m.Objects["2026-10"]
	if o.Rows != 3 || o.Deleted != 1 || o.Bytes != 1234 || o.ETag != "abc" || !o.SyncedAt.Equal(m.SyncedAt) || m.SyncedAt.IsZero() {
		t.Errorf("decoded %+v", m)
	}
	if string(m.Cursor) != `{"mark":"2026-10-15T12:00:00.123456Z","q":"<&>"}` {
		t.Errorf("cursor %s", m.Cursor)
	}
	data, err := load.EncodeManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(goodManifest, `{"mark": "2026-10-15T12:00:00.123456Z", "q": "<&>"}`,
		"{\n    \"mark\": \"2026-10-15T12:00:00.123456Z\",\n    \"q\": \"<&>\"\n  }", 1)
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestManifestRefuses(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"cut off", goodManifest[40:], "", "unexpected EOF"},
		{"more", "\n}\n", "\n}{}", "more behind its end"},
		{"newer format", `"format": 1`, `"format": 2`, "a newer bucketlake wrote it"},
		{"newer schema", `"schema_version": 1`, `"schema_version": 2`, "a newer bucketlake wrote it"},
		{"no format", `"format": 1`, `"format": 0`, "unknown format 0"},
		{"older schema", `"schema_version": 1`, `"schema_version": 0`, "an older bucketlake wrote it (pull_request_tasks of version 0; this one writes 1)"},
		{"other table", `"table": "pull_request_tasks"`, `"table": "members"`, `it is that of table "members"`},
		{"other workspace", `"workspace": "acme"`, `"workspace": "other"`, `workspace "other"`},
		{"path for a name", `"name": "pull_request_tasks/`, `"name": "../`, "belongs"},
		{"path for a month", `"2026-10": {`, `"../..": {`, `partition "../.."`},
		{"month that is none", `"2026-10": {`, `"2026-13": {`, `partition "2026-13"`},
		{"no month", `"2026-10": {`, `"": {`, `partition ""`},
		{"no etag", `"abc"`, `""`, "makes no sense"},
		{"negative rows", `"rows": 3`, `"rows": -3`, "makes no sense"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := strings.Replace(goodManifest, tt.old, tt.new, 1)
			_, err := load.DecodeManifest([]byte(data), schemas.PullRequestTasks, "acme")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzDecodeManifest(f *testing.F) {
	f.Add([]byte(goodManifest))
	f.Add([]byte(`{"format":1,"table":"pull_request_tasks","workspace":"acme","schema_version":1,"cursor":null}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := load.DecodeManifest(data, schemas.PullRequestTasks, "acme")
		if err != nil {
			return
		}
		for month, o := range m.Objects {
			if want := "pull_request_tasks/workspace=acme/month=" + month + "/data.parquet"; o.Name != want {
				t.Errorf("accepted the object %q", o.Name)
			}
		}
		once, err := load.EncodeManifest(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := load.DecodeManifest(once, schemas.PullRequestTasks, "acme")
		if err != nil {
			t.Fatalf("decoding %s: %v", once, err)
		}
		twice, err := load.EncodeManifest(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("encoded %s, then %s: %v", once, twice, err)
		}
	})
}

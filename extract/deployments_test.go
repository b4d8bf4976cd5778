package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"bucketlake/extract"
)

// TestDeploymentsFollowPipelines reads deployments where a pipeline has ended since they were read: where there are any, and
// a list of several pages not each time.
func TestDeploymentsFollowPipelines(t *testing.T) {
	asked := monday.Add(9 * time.Hour)
	for _, tt := range []struct {
		what         string
		rows         int
		ended, hours int // after they were asked
		want         bool
	}{
		{"a pipeline has ended", 3, 1, 1, true},
		{"it had been seen", 3, 0, 1, false},
		{"nobody deploys", 0, 1, 1, false},
		{"a long list", 250, 1, 1, false},
		{"a long list, later", 250, 1, 2, true},
	} {
		requests := 0
		src := source(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			fmt.Fprint(w, `{"values":[{"uuid":"{1}"}]}`)
		})
		src.Now, src.Quiet, src.Every = asked.Add(time.Duration(tt.hours)*time.Hour), 1000*time.Hour, 1000*time.Hour
		src.Repositories = func(context.Context) ([]extract.Repository, error) {
			return []extract.Repository{{UUID: "{a}", Ended: asked.Add(time.Duration(tt.ended) * time.Hour)}}, nil
		}
		cursor := fmt.Sprintf(`{"repositories":{"{a}":{"asked":%q,"rows":%d}}}`, asked.Format(time.RFC3339), tt.rows)
		if _, _, err := read(extract.Deployments.Read(t.Context(), src, json.RawMessage(cursor))); err != nil {
			t.Fatal(err)
		}
		if got := requests > 0; got != tt.want {
			t.Errorf("%s: %d requests", tt.what, requests)
		}
	}
}

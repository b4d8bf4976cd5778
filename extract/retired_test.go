package extract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
)

// TestRetiredIsToldOnce has Bitbucket answer that its tracker is gone.
func TestRetiredIsToldOnce(t *testing.T) {
	for _, st := range []extract.Stream{extract.Issues, extract.IssueComments, extract.IssueChanges} {
		asked := 0
		src := source(func(w http.ResponseWriter, _ *http.Request) { asked++; w.WriteHeader(http.StatusGone) })
		src.Every = time.Hour
		noon := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
		src.Now = noon
		chunks, cursor, err := read(st.Read(t.Context(), src, nil))
		if err != nil || asked != 1 || len(chunks) != 1 || chunks[0].Withheld == nil || chunks[0].Gone || chunks[0].Err != nil || chunks[0].Complete {
			t.Errorf("%s: %d requests, %+v, %v", st.Name, asked, chunks, err)
		}
		for _, step := range []struct{ days, asked int }{{1, 0}, {29, 0}, {30, 1}} {
			asked = 0
			src.Now = noon.AddDate(0, 0, step.days)
			if _, _, err := read(st.Read(t.Context(), src, cursor)); err != nil || asked != step.asked {
				t.Errorf("%s after %d days: %d requests, %v", st.Name, step.days, asked, err)
			}
		}
	}
}

// TestIssuesWhereTheyAre reads the tracker of one repository of three; the others have none.
func TestIssuesWhereTheyAre(t *testing.T) {
	var asked []string
	src := source(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/2.0/repositories/acme/")
		asked = append(asked, path+" "+r.URL.Query().Get("q"))
		switch path {
		case "{b}/issues":
			if strings.Contains(r.URL.RawQuery, "values.-") {
				t.Errorf("asked for %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, `{"values":[{"id":7,"updated_on":"2026-08-01T00:00:00Z"}]}`)
		case "{b}/issues/7/comments", "{b}/issues/7/changes":
			fmt.Fprint(w, `{"values":[{"id":70,"user":null,"updated_on":null,"changes":{"state":{"old":"new","new":"open"}}}],"size":1}`)
		default:
			http.NotFound(w, r)
		}
	})
	for _, tt := range []struct {
		stream extract.Stream
		is     func(any) bool
	}{
		{extract.Issues, func(o any) bool { i, ok := o.(bitbucket.Issue); return ok && i.ID == 7 }},
		{extract.IssueComments, func(o any) bool { c, ok := o.(bitbucket.IssueComment); return ok && c.ID == 70 && c.Issue == 7 }},
		{extract.IssueChanges, func(o any) bool {
			c, ok := o.(bitbucket.IssueChange)
			return ok && c.ID == 70 && c.Issue == 7 && len(c.Changes) > 2
		}},
	} {
		chunks, cursor, err := read(tt.stream.Read(t.Context(), src, nil))
		objects, withheld := 0, 0
		for _, c := range chunks {
			for _, o := range c.Objects {
				if objects++; !tt.is(o) || c.Parent.Repository != "{b}" {
					t.Errorf("%s: %+v of %+v", tt.stream.Name, o, c.Parent)
				}
			}
			if c.Withheld != nil {
				withheld++
			}
		}
		if err != nil || objects != 1 || withheld != 2 {
			t.Errorf("%s: %d objects, %d withheld, %v", tt.stream.Name, objects, withheld, err)
		}
		asked = nil
		if _, _, err := read(tt.stream.Read(t.Context(), src, cursor)); err != nil || !strings.Contains(strings.Join(asked, "\n"), `{b}/issues updated_on >= "2026-07-31T23:55:00`) {
			t.Errorf("%s: the next reading asked %q, %v", tt.stream.Name, asked, err)
		}
	}
}

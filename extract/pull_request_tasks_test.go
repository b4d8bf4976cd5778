package extract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/extract"
)

// TestTasksAreAskedForWhereTheCountTells lives some runs of a repository: each says how its pull requests have landed, which
// of them are asked for their tasks, and how many open ones the answer has.
func TestTasksAreAskedForWhereTheCountTells(t *testing.T) {
	begun := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	var asked []string
	open := 0
	src := source(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.Split(r.URL.Path, "/")[6])
		tasks := []string{`{"id":100,"state":"RESOLVED"}`}
		for id := range open {
			tasks = append(tasks, fmt.Sprintf(`{"id":%d,"state":"UNRESOLVED"}`, id))
		}
		fmt.Fprintf(w, `{"values":[%s],"size":%d}`, strings.Join(tasks, ","), len(tasks))
	})
	src.Repositories = repositories("{a}")
	src.Every = 24 * time.Hour
	long, later := begun.Add(-time.Hour), begun.Add(time.Hour) // opened before the first run, and after it
	var cursor json.RawMessage
	for hour, run := range []struct {
		why     string
		id      int64
		created time.Time
		open    bool
		counts  int64
		has     int // open ones
		asked   bool
	}{
		{"whatever there was before the first run is read", 1, long, true, 0, 0, true},
		{"as many as were there", 1, long, true, 0, 0, false},
		{"opened meanwhile, with none", 2, later, true, 0, 0, false},
		{"one is new, and another by the time of the answer", 2, later, true, 1, 2, true},
		{"as many as the answer had", 2, later, true, 2, 2, false},
		{"one is resolved", 2, later, true, 1, 1, true},
		{"one that was there before the first run, with others", 3, long, true, 0, 0, true},
		{"closed, with as many as were there", 2, later, false, 1, 0, true},
		{"of what is closed, all", 2, later, false, 0, 0, true},
		{"closed before any were seen", 4, later, false, 0, 0, true},
	} {
		src.Now = begun.Add(time.Duration(hour) * time.Hour)
		src.PullRequests = changes(extract.PullRequestChange{
			Repository: "{a}", ID: run.id, CreatedOn: run.created, UpdatedOn: src.Now, Open: run.open, Tasks: run.counts, Changed: src.Now,
		})
		asked, open = nil, run.has
		src.Purpose = extract.News
		_, next, err := read(extract.PullRequestTasks.Read(t.Context(), src, cursor))
		if err != nil || slices.Equal(asked, []string{fmt.Sprint(run.id)}) != run.asked {
			t.Errorf("%s: asked for %q, %v", run.why, asked, err)
		}
		if next != nil {
			cursor = next
		}
	}
	if strings.Contains(string(cursor), `"2"`) {
		t.Errorf("what is closed is still counted: %s", cursor)
	}
}

// TestTasksWithAClockBehind has our clock two days behind Bitbucket's: what was there before the first run is read then, too.
func TestTasksWithAClockBehind(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	asked := 0
	src := source(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		fmt.Fprint(w, `{"values":[{"id":100,"state":"RESOLVED"}],"size":1}`)
	})
	src.Repositories, src.Now, src.Purpose = repositories("{a}"), now.Add(-48*time.Hour), extract.News
	src.PullRequests = changes(extract.PullRequestChange{
		Repository: "{a}", ID: 1, CreatedOn: now.Add(-2 * time.Hour), UpdatedOn: now.Add(-time.Hour), Open: true, Changed: src.Now,
	})
	if _, _, err := read(extract.PullRequestTasks.Read(t.Context(), src, nil)); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

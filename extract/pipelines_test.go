package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
)

// TestPipelinesAreReadUntilTheyEnd has one pipeline that runs for some hours, one that waits for
// somebody for weeks, and one that disappears.
func TestPipelinesAreReadUntilTheyEnd(t *testing.T) {
	noon := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	ended := map[string]bool{}
	var details []string
	lists := 0
	pipeline := func(uuid string, created time.Time) string {
		state := "IN_PROGRESS"
		if ended[uuid] {
			state = "COMPLETED"
		}
		return fmt.Sprintf(`{"uuid":%q,"created_on":%q,"state":{"name":%q}}`, uuid, created.Format(time.RFC3339Nano), state)
	}
	// An hour after each other, and behind them so many that those of the first reading are out of sight.
	list := []string{"{runs}", "{waits}", "{disappears}"}
	src := source(func(w http.ResponseWriter, r *http.Request) {
		if uuid, ok := strings.CutPrefix(r.URL.Path, "/2.0/repositories/acme/{a}/pipelines/"); ok && uuid != "" {
			details = append(details, uuid)
			if uuid == "{disappears}" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, pipeline(uuid, noon.Add(-time.Hour)))
			return
		}
		if r.URL.Path == "/2.0/repositories/acme/{a}" { // it is there, so what is not found of it is gone
			fmt.Fprint(w, `{"uuid":"{a}"}`)
			return
		}
		lists++
		if r.URL.Query().Has("fields") || r.URL.Query().Get("sort") != "-created_on" {
			t.Errorf("asked %s", r.URL)
		}
		var all []string
		for i, uuid := range list {
			all = append(all, pipeline(uuid, noon.Add(-time.Hour-time.Duration(i)*time.Second)))
		}
		fmt.Fprintf(w, `{"values":[%s]}`, strings.Join(all, ","))
	})
	src.Repositories, src.Every = repositories("{a}"), 24*time.Hour
	var cursor json.RawMessage
	run := func(at time.Time) (details []string) {
		t.Helper()
		src.Now = at
		_, next, err := read(extract.Pipelines.Read(t.Context(), src, cursor))
		if err != nil {
			t.Fatal(err)
		}
		if next != nil {
			cursor = next
		}
		return details
	}
	run(noon)
	list = nil
	for i := range 12 { // newer ones, which have ended
		uuid := fmt.Sprintf("{new %d}", i)
		ended[uuid] = true
		list = append(list, uuid)
	}
	steps := []struct {
		at   time.Duration
		want string
	}{
		{time.Hour, "{disappears} {runs} {waits}"}, {2 * time.Hour, "{runs} {waits}"}, // then the first one ends
		{3 * time.Hour, "{runs} {waits}"}, {4 * time.Hour, "{waits}"}, {30 * time.Hour, "{waits}"}, {31 * time.Hour, ""}, {55 * time.Hour, "{waits}"},
	}
	for _, step := range steps {
		details = nil
		ended["{runs}"] = step.at > 2*time.Hour
		run(noon.Add(step.at))
		if got := strings.Join(details, " "); got != step.want {
			t.Errorf("after %s: asked for %q, want %q", step.at, got, step.want)
		}
	}
	endedOn := func() time.Time {
		t.Helper()
		standings, err := extract.Pipelines.Standing(cursor)
		if err != nil || len(standings) != 1 {
			t.Fatal(standings, err)
		}
		return standings[0].Ended
	}
	if got := endedOn(); !got.Equal(noon.Add(3 * time.Hour)) {
		t.Errorf("one was found to have ended on %s", got)
	}
	// Where quiet repositories rest, one in which only that one waits does so, too.
	src.Quiet = 1000 * time.Hour
	for after, asks := range map[time.Duration]bool{56 * time.Hour: false, 78 * time.Hour: false, 79 * time.Hour: true} {
		lists, details = 0, nil
		before := cursor
		if run(noon.Add(after)); (lists > 0) != asks || (len(details) > 0) != asks {
			t.Errorf("after %s: asked %d times for the list, and for %q", after, lists, details)
		}
		cursor = before
	}
	src.Quiet = 0
	ended["{short}"] = true
	list = append([]string{"{short}"}, list...)
	newest := noon.Add(90 * time.Hour)
	noon = newest // they are all younger than what was known
	run(newest)
	if got := endedOn(); !got.Equal(newest) {
		t.Errorf("one that had never been seen was found to have ended on %s", got)
	}
	run(newest.Add(time.Hour))
	if got := endedOn(); !got.Equal(newest) {
		t.Errorf("what had been seen was found to have ended on %s", got)
	}
}

// TestAPipelineOfAHiddenRepository has a repository hidden between its list of pipelines and one that runs: that one is asked for
// again, and not forgotten.
func TestAPipelineOfAHiddenRepository(t *testing.T) {
	list, hidden, asked := `{"uuid":"{runs}","created_on":"2026-10-01T00:00:00Z","state":{"name":"IN_PROGRESS"}}`, true, 0
	src := source(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/2.0/repositories/acme": // the list has it all the while
			fmt.Fprint(w, `{"values":[{"uuid":"{a}"}]}`)
		case "/2.0/repositories/acme/{a}/pipelines/":
			fmt.Fprintf(w, `{"values":[%s]}`, list)
		case "/2.0/repositories/acme/{a}/pipelines/{runs}":
			if asked++; hidden {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, `{"uuid":"{runs}","created_on":"2026-10-01T00:00:00Z","state":{"name":"COMPLETED"}}`)
		default:
			http.NotFound(w, r)
		}
	})
	src.Repositories = repositories("{a}")
	src.Now = time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC)
	var cursor json.RawMessage
	for run, want := range []int{0, 1, 1, 0} {
		asked, hidden = 0, run == 1
		_, next, err := read(extract.Pipelines.Read(t.Context(), src, cursor))
		if err != nil || asked != want {
			t.Errorf("run %d: asked %d times, want %d; %v", run, asked, want, err)
		}
		if next != nil {
			cursor = next
		}
		list = `{"uuid":"{new}","created_on":"2026-10-01T00:30:00Z","state":{"name":"COMPLETED"}}`
		src.Now = src.Now.Add(time.Hour)
	}
}

func TestRepositoriesWithoutPipelinesAreAskedOnceADay(t *testing.T) {
	asked := 0
	src := source(func(w http.ResponseWriter, r *http.Request) { asked++; http.NotFound(w, r) })
	src.Every = 24 * time.Hour
	var cursor json.RawMessage
	for hour, want := range []int{3, 0, 0} {
		asked = 0
		src.Now = time.Date(2026, 10, 1, hour+1, 0, 0, 0, time.UTC)
		chunks, next, err := read(extract.Pipelines.Read(t.Context(), src, cursor))
		if err != nil || asked != want {
			t.Errorf("hour %d: %d requests, %v", hour, asked, err)
		}
		for _, c := range chunks {
			if c.Gone || c.Err != nil || c.Parent.Repository != "" && c.Withheld == nil {
				t.Errorf("hour %d: %+v", hour, c)
			}
		}
		if next != nil {
			cursor = next
		}
	}
}

// TestAPipelineByNameMakesNoListCredible has a pipeline that runs, and a list that is empty all at once.
func TestAPipelineByNameMakesNoListCredible(t *testing.T) {
	const runs = `{"uuid":"{runs}","created_on":"2026-10-01T11:00:00Z","state":{"name":"IN_PROGRESS"}}`
	list := runs
	src := source(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/pipelines/") {
			fmt.Fprintf(w, `{"values":[%s]}`, list)
			return
		}
		fmt.Fprint(w, runs)
	})
	src.Repositories, src.Every = repositories("{a}"), 24*time.Hour
	src.Now = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	_, cursor, err := read(extract.Pipelines.Read(t.Context(), src, nil))
	if err != nil {
		t.Fatal(err)
	}
	src.Now = src.Now.Add(time.Minute)
	for newer, empty := range map[string]bool{`{"uuid":"{new}","created_on":"2026-10-01T13:00:00Z","state":{"name":"COMPLETED"}}`: false, "": true} {
		list = newer
		chunks, _, err := read(extract.Pipelines.Read(t.Context(), src, cursor))
		chunks = slices.DeleteFunc(chunks, func(c extract.Chunk) bool {
			return len(c.Objects) != 1 || c.Objects[0].(bitbucket.Pipeline).UUID != "{runs}"
		})
		if err != nil || len(chunks) != 1 || chunks[0].Empty != empty {
			t.Errorf("behind an empty list (%t): %+v, %v", empty, chunks, err)
		}
	}
}

// TestPipelinesOldestFirst has Bitbucket pass over the sorting.
func TestPipelinesOldestFirst(t *testing.T) {
	src := source(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"values":[{"uuid":"{1}","created_on":"2026-10-01T00:00:00Z"},{"uuid":"{2}","created_on":"2026-10-02T00:00:00Z"}]}`)
	})
	src.Repositories = repositories("{a}")
	chunks, cursor, err := read(extract.Pipelines.Read(t.Context(), src, nil))
	if err != nil || len(chunks) == 0 || chunks[0].Err == nil || !strings.Contains(chunks[0].Err.Error(), "not sorted") || strings.Contains(string(cursor), "mark") {
		t.Errorf("%+v, cursor %s, %v", chunks, cursor, err)
	}
}

// TestCommentsAreNotAskedForWhereThereAreNone has three pull requests, one of which counts comments.
func TestCommentsAreNotAskedForWhereThereAreNone(t *testing.T) {
	var asked []string
	src := source(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.Split(r.URL.Path, "/")[6])
		fmt.Fprint(w, `{"values":[{"id":9,"deleted":true}]}`)
	})
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	src.PullRequests = changes(
		extract.PullRequestChange{Repository: "{a}", ID: 1, Changed: at}, extract.PullRequestChange{Repository: "{a}", ID: 2, Changed: at, Comments: 1},
		extract.PullRequestChange{Repository: "{b}", ID: 1, Changed: at})
	chunks, _, err := read(extract.PullRequestComments.Read(t.Context(), src, nil))
	if err != nil || !slices.Equal(asked, []string{"2"}) {
		t.Fatalf("asked for %q, %v", asked, err)
	}
	for _, c := range chunks[:3] { // a list that is not asked for is empty: what has landed of it is gone
		if !c.Complete || len(c.Objects) != int(c.Parent.PullRequest)/2 {
			t.Errorf("%+v", c)
		}
	}
	if _, ok := chunks[1].Objects[0].(bitbucket.PullRequestComment); !ok {
		t.Errorf("a %T", chunks[1].Objects[0])
	}
}

// TestStepsFollowPipelines has one pipeline whose steps are gone, and cuts the reading off at another. At first the repository is
// hidden: what it refuses then is asked for again.
func TestStepsFollowPipelines(t *testing.T) {
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	ended := []extract.PipelineChange{{UUID: "{1}", Changed: at}, {UUID: "{2}", Changed: at}, {UUID: "{3}", Changed: at.Add(time.Second)}}
	var asked []string
	hidden, broken := true, "{3}"
	src := source(func(w http.ResponseWriter, r *http.Request) {
		path, steps := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2.0/repositories/acme"), "/steps/")
		uuid := strings.TrimPrefix(path, "/{a}/pipelines/")
		if steps {
			asked = append(asked, uuid)
		}
		switch {
		case path == "": // the list has it all the while
			fmt.Fprint(w, `{"values":[{"uuid":"{a}"}]}`)
		case hidden, uuid == "{1}":
			http.NotFound(w, r)
		case path == "/{a}":
			fmt.Fprint(w, `{"uuid":"{a}"}`)
		case !steps || strings.Contains(r.URL.RawQuery, "command") || strings.Contains(r.URL.RawQuery, "image"):
			t.Errorf("asked %s", r.URL)
		case uuid == broken:
			http.Error(w, "no", http.StatusBadRequest)
		default:
			fmt.Fprint(w, `{"values":[{"uuid":"{s}"}],"size":1}`)
		}
	})
	src.Repositories = repositories("{a}")
	src.Pipelines = func(context.Context, string, time.Time) ([]extract.PipelineChange, error) { return ended, nil }
	var cursor json.RawMessage
	for _, run := range []struct {
		asked          string
		hidden, broken bool
	}{{asked: "{1}", hidden: true}, {asked: "{1} {2} {3}", broken: true}, {asked: "{3}"}, {}} {
		asked, hidden = nil, run.hidden
		if broken = ""; run.broken {
			broken = "{3}"
		}
		chunks, next, err := read(extract.PipelineSteps.Read(t.Context(), src, cursor))
		if err != nil || strings.Join(asked, " ") != run.asked {
			t.Errorf("asked %q, want %s; %v", asked, run.asked, err)
		}
		for _, c := range chunks {
			if c.Gone || c.Complete != (len(c.Objects) == 1) || len(c.Objects) == 1 && (c.Parent.Pipeline == "" || c.Parent.Repository != "{a}") {
				t.Errorf("%+v", c)
			}
		}
		if next != nil {
			cursor = next
		}
	}
}

// TestSizesOfPullRequests adds up what a pull request changes, behind the redirect with which Bitbucket
// answers, and goes on where it can't tell. One whose last page is empty may be larger.
func TestSizesOfPullRequests(t *testing.T) {
	src := source(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/2.0/repositories/acme/{a}/"); path {
		case "pullrequests/1/diffstat":
			http.Error(w, "No common ancestor", http.StatusBadRequest)
		case "pullrequests/2/diffstat":
			w.WriteHeader(555)
		case "pullrequests/5/diffstat", "/2.0/repositories/acme/{a}": // the repository is hidden
			http.NotFound(w, r)
		case "pullrequests/4/diffstat":
			fmt.Fprint(w, `{"values":[{"lines_added":3,"lines_removed":1}],"next":"https://api.example/2.0/repositories/acme/%7Ba%7D/diffstat/y"}`)
		case "diffstat/y":
			fmt.Fprint(w, `{"values":[]}`)
		case "diffstat/x":
			fmt.Fprint(w, `{"values":[{"lines_added":3,"lines_removed":1},{"lines_added":4,"lines_removed":0}]}`)
		default:
			http.Redirect(w, r, "https://api.example/2.0/repositories/acme/%7Ba%7D/diffstat/x", http.StatusFound)
		}
	})
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	change := func(id int64) extract.PullRequestChange {
		return extract.PullRequestChange{Repository: "{a}", ID: id, Changed: at, CreatedOn: at}
	}
	src.PullRequests = changes(change(1), change(2), change(3), change(4), change(5))
	chunks, cursor, err := read(extract.PullRequestSizes.Read(t.Context(), src, nil))
	if err != nil || len(chunks) != 6 || chunks[0].Withheld == nil || !chunks[0].Complete || chunks[1].Withheld == nil || chunks[1].Complete {
		t.Fatalf("%+v, %v", chunks, err)
	}
	if got := chunks[2].Objects[0]; got != (bitbucket.PullRequestSize{Files: 2, LinesAdded: 7, LinesRemoved: 1}) {
		t.Errorf("got %+v", got)
	}
	if chunks[2].Empty || !chunks[3].Empty {
		t.Errorf("%+v", chunks[2:4])
	}
	if chunks[4].Err == nil || chunks[4].Complete || !strings.Contains(string(cursor), `"again"`) {
		t.Errorf("%+v, cursor %s", chunks[4], cursor)
	}
}

package extract_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
)

// api is a handler as a transport.
type api func(w http.ResponseWriter, r *http.Request)

func (h api) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	h(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func source(h api) extract.Source {
	return extract.Source{
		Workspace: "acme", Landed: func() int64 { return 0 },
		Repositories: repositories("{a}", "{b}", "{c}"),
		PullRequest: func(context.Context, string, int64) (extract.LandedPullRequest, error) {
			return extract.LandedPullRequest{Updated: never, At: never}, nil
		},
		Client: &bitbucket.Client{
			Base: "https://api.example/2.0", Transport: h, Log: slog.New(slog.DiscardHandler), Backoff: time.Nanosecond,
			Token: func(context.Context, string) (string, error) { return "t", nil },
			Spend: func(context.Context) error { return nil },
		},
	}
}

// never is later than anything that happens.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// read collects what a stream yields: its chunks, the last cursor and the error at the end.
func read(chunks iter.Seq2[extract.Chunk, error]) (all []extract.Chunk, cursor json.RawMessage, err error) {
	for chunk, err := range chunks {
		if err != nil {
			return all, cursor, err
		}
		all = append(all, chunk)
		if chunk.Cursor != nil {
			if cursor, err = json.Marshal(chunk.Cursor); err != nil {
				return all, nil, err
			}
		}
	}
	return all, cursor, nil
}

func TestSnapshotIsCompleteOnlyWhenItsSizeAgrees(t *testing.T) {
	tests := map[string]struct {
		sizes    []int // of each answer, two pages a reading
		complete bool
		requests int
	}{
		"at rest":                  {[]int{2, 2}, true, 2},
		"one left in between":      {[]int{3, 2, 2, 2}, true, 4},
		"never at rest":            {[]int{3, 2, 4, 2}, false, 4},
		"a row that nobody showed": {[]int{3, 3, 3, 3}, false, 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := 0
			chunks, _, err := read(extract.Projects.Read(t.Context(), source(func(w http.ResponseWriter, r *http.Request) {
				size := tt.sizes[n]
				if n++; r.URL.Query().Get("page") == "" {
					fmt.Fprintf(w, `{"size":%d,"values":[{"uuid":"{1}"}],"next":"https://api.example/2.0/workspaces/acme/projects?page=2"}`, size)
					return
				}
				fmt.Fprintf(w, `{"size":%d,"values":[{"uuid":"{2}"}]}`, size)
			}), nil))
			if err != nil || len(chunks) != 1 || chunks[0].Complete != tt.complete || len(chunks[0].Objects) != 2 || n != tt.requests {
				t.Errorf("%d requests, %+v, %v", n, chunks, err)
			}
		})
	}
}

func TestAnEmptyListIsNotADeletion(t *testing.T) {
	src := source(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"values":[],"size":0}`) })
	for _, st := range []extract.Stream{extract.Members, extract.Projects, extract.Repositories} {
		if _, _, err := read(st.Read(t.Context(), src, nil)); err != nil {
			t.Errorf("%s, with nothing landed: %v", st.Name, err)
		}
		had := src
		had.Landed = func() int64 { return 3 }
		chunks, _, err := read(st.Read(t.Context(), had, nil))
		if !errors.Is(err, extract.ErrEmptied) {
			t.Errorf("%s, with rows landed: %v", st.Name, err)
		}
		for _, c := range chunks {
			if c.Complete {
				t.Errorf("%s: the empty list is called complete", st.Name)
			}
		}
	}
}

// TestARefusedRepositoryIsLeftBehind refuses one of three repositories, in each way that concerns
// it alone; the others are read, and it goes on where it was once it answers again.
func TestARefusedRepositoryIsLeftBehind(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusGone} {
		for _, st := range []extract.Stream{extract.PullRequests, extract.PullRequestActivity} {
			refused := true
			var asked []string
			src := source(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/2.0/repositories/acme" { // it is still listed
					fmt.Fprint(w, `{"values":[{"uuid":"{b}"},{"uuid":"{c}"}]}`)
					return
				}
				repo := strings.Split(r.URL.Path, "/")[4]
				asked = append(asked, repo+" "+r.URL.Query().Get("q"))
				if repo == "{b}" && refused {
					http.Error(w, "no", status)
					return
				}
				fmt.Fprint(w, `{"values":[{"id":1,"updated_on":"2026-10-01T00:00:00.000001+00:00",
					"pull_request":{"id":1},"approval":{"date":"2026-10-01T00:00:00.000001+00:00"}}]}`)
			})
			src.Every = 24 * time.Hour
			chunks, cursor, err := read(st.Read(t.Context(), src, nil))
			behind := 0
			for _, c := range chunks {
				if c.Err != nil {
					behind++
					if c.Parent.Repository != "{b}" || !bitbucket.IsStatus(c.Err, status) {
						t.Errorf("%s: left behind %+v", st.Name, c)
					}
				}
			}
			if err != nil || behind != 1 || len(asked) != 3 {
				t.Fatalf("%s, %d: %d behind, asked %q, %v", st.Name, status, behind, asked, err)
			}
			refused, asked = false, nil
			if _, _, err := read(st.Read(t.Context(), src, cursor)); err != nil {
				t.Fatal(err)
			}
			if st.Name == "pull_requests" && (asked[1] != "{b} " || asked[0] == "{a} ") {
				t.Errorf("the next reading asked %q", asked)
			}
		}
	}
}

// TestAGoneRepository answers 404 for one of three repositories. Only a list that lacks it and has
// its neighbour says that it is gone, to its last page.
func TestAGoneRepository(t *testing.T) {
	for list, gone := range map[string]bool{
		`{"values":[{"uuid":"{c}"}]}`:                true,
		`{"values":[{"uuid":"{b}"},{"uuid":"{c}"}]}`: false,
		`{"values":[]}`:                              false, // a grant that reaches nothing any more
		`{"values":[{"uuid":"{somebody else's}"}]}`:  false,

		`{"values":[{"uuid":"{c}"}],"next":"https://api.example/2.0/repositories/acme/2"}`: false, // it died in between
	} {
		chunks, _, err := read(extract.PullRequests.Read(t.Context(), source(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/2.0/repositories/acme":
				if q := r.URL.Query().Get("q"); q != `uuid = "{b}" OR uuid = "{c}" OR uuid = "{a}"` {
					t.Errorf("asked the list for %s", q)
				}
				fmt.Fprint(w, list)
			case r.URL.Path == "/2.0/repositories/acme/2":
				fmt.Fprint(w, `{"values":[]}`)
			case strings.Contains(r.URL.Path, "{b}"):
				w.WriteHeader(http.StatusNotFound)
			default:
				fmt.Fprint(w, `{"values":[]}`)
			}
		}), nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if b := c.Parent.Repository == "{b}"; c.Gone != (b && gone) || (c.Err != nil) != (b && !gone) {
				t.Errorf("%s: %+v", list, c)
			}
		}
	}
}

func TestAMissingScopeEndsTheStream(t *testing.T) {
	requests := 0
	_, _, err := read(extract.PullRequests.Read(t.Context(), source(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"required":["pullrequest"],"granted":["account"]}}}`)
	}), nil))
	if err == nil || requests != 1 || !strings.Contains(err.Error(), "pullrequest") {
		t.Errorf("%d requests, %v", requests, err)
	}
}

func TestAnUnsortedListEndsTheStream(t *testing.T) {
	for _, start := range []string{``, `{"repositories":{"{a}":{"mark":"2026-09-01T00:00:00Z"}}}`} {
		_, cursor, err := read(extract.PullRequests.Read(t.Context(), source(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"values":[{"id":1,"updated_on":"2026-10-02T00:00:00Z"},{"id":2,"updated_on":"2026-10-01T00:00:00Z"},{"id":3,"updated_on":"2026-10-03T00:00:00Z"}]}`)
		}), json.RawMessage(start)))
		if err == nil || !strings.Contains(err.Error(), "not sorted") || strings.Contains(string(cursor), "2026-10") {
			t.Errorf("cursor %s, %v", cursor, err)
		}
	}
}

// TestTheWalkOfActivityEndsAtWhatIsKnown counts the pages that a walk needs.
func TestTheWalkOfActivityEndsAtWhatIsKnown(t *testing.T) {
	newest := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	requests := 0
	src := source(func(w http.ResponseWriter, r *http.Request) { // 50 entries a page, an hour apart, for ever
		requests++
		page := 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		var entries []string
		for i := range 50 {
			at := newest.Add(-time.Duration((page-1)*50+i) * time.Hour)
			entries = append(entries, fmt.Sprintf(`{"pull_request":{"id":1},"approval":{"date":%q}}`, at.Format(time.RFC3339)))
		}
		fmt.Fprintf(w, `{"values":[%s],"next":"https://api.example%s?page=%d"}`, strings.Join(entries, ","), r.URL.EscapedPath(), page+1)
	})
	src.Repositories = repositories("{a}")
	for hours, want := range map[int]int{0: 1, 30: 1, 45: 2, 60: 2, 120: 3} {
		requests = 0
		mark := newest.Add(-time.Duration(hours) * time.Hour).Format(time.RFC3339)
		_, cursor, err := read(extract.PullRequestActivity.Read(t.Context(), src, json.RawMessage(`{"repositories":{"{a}":{"mark":"`+mark+`"}}}`)))
		if err != nil || requests != want || !strings.Contains(string(cursor), newest.Format(time.RFC3339)) {
			t.Errorf("%d hours behind: %d requests, want %d; cursor %s, %v", hours, requests, want, cursor, err)
		}
	}
}

// TestActivityIsHeldAgainstWhatWasRead looks at an activity for the first time, two pages of it, hours after the pull requests
// were read: those to which something happened since that does not show are read again. Where one of them does not come, the
// grant is in doubt.
func TestActivityIsHeldAgainstWhatWasRead(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	approved := func(id, hours int) string {
		return fmt.Sprintf(`{"pull_request":{"id":%d},"approval":{"date":%q}}`, id, ago(hours).Format(time.RFC3339))
	}
	var asked []string
	src := source(func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Get("q") != "":
			asked = append(asked, q.Get("q"))
			fmt.Fprint(w, `{"values":[{"id":1}]}`)
		case q.Get("page") == "":
			fmt.Fprintf(w, `{"values":[%s,%s],"next":"https://api.example%s?page=2"}`, approved(1, 1)+","+approved(6, 1), approved(2, 2), r.URL.EscapedPath())
		default:
			fmt.Fprintf(w, `{"values":[%s,%s,%s]}`, approved(3, 3), approved(4, 3), approved(5, 3))
		}
	})
	src.Now, src.Repositories = now, repositories("{a}")
	src.PullRequest = func(_ context.Context, _ string, id int64) (extract.LandedPullRequest, error) {
		return map[int64]extract.LandedPullRequest{
			1: {Updated: ago(9), At: ago(4)},
			2: {Updated: ago(2), At: ago(4)}, // it moved
			3: {Updated: ago(9), At: ago(4)},
			4: {Updated: ago(9), At: ago(1)},                     // read since
			6: {Updated: ago(9), At: now.Add(-30 * time.Minute)}, // it may have been read an hour ago
		}[id], nil // 5 has not landed
	}
	chunks, _, err := read(extract.PullRequestActivity.Read(t.Context(), src, nil))
	if want := []string{"id = 1 OR id = 6", "id = 3"}; err != nil || !slices.Equal(asked, want) {
		t.Fatalf("asked for %q, want %q; %v", asked, want, err)
	}
	if !chunks[0].Empty || chunks[1].Empty {
		t.Errorf("%+v", chunks)
	}
}

// TestAnEntryThatShowsLate has an approval become visible after another one of the same moment, and one of some minutes before. Each
// has its pull request read again, once.
func TestAnEntryThatShowsLate(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	approved := func(id int, before time.Duration) string {
		return fmt.Sprintf(`{"pull_request":{"id":%d},"approval":{"date":%q}}`, id, now.Add(-before).Format(time.RFC3339Nano))
	}
	var asked, entries []string
	src := source(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query().Get("q"); q != "" {
			asked = append(asked, q)
		}
		fmt.Fprintf(w, `{"values":[%s]}`, strings.Join(entries, ","))
	})
	src.Repositories = repositories("{a}")
	src.PullRequest = func(context.Context, string, int64) (extract.LandedPullRequest, error) {
		return extract.LandedPullRequest{Updated: now.Add(-time.Hour), At: now.Add(-2 * time.Hour)}, nil
	}
	var cursor json.RawMessage
	for i, run := range []struct{ entries, want string }{
		{approved(1, 0) + " " + approved(2, time.Minute), "id = 1 OR id = 2"},
		{approved(1, 0) + " " + approved(2, time.Minute), ""},
		{approved(1, 0) + " " + approved(3, 0) + " " + approved(2, time.Minute), "id = 3"},
		{approved(1, 0) + " " + approved(3, 0) + " " + approved(2, time.Minute), ""},
		{approved(1, 0) + " " + approved(3, 0) + " " + approved(2, time.Minute) + " " + approved(4, 4*time.Minute), "id = 4"},
		{approved(5, -time.Minute) + " " + approved(1, 0) + " " + approved(3, 0) + " " + approved(2, time.Minute) + " " + approved(4, 4*time.Minute), "id = 5"},
		{approved(5, -time.Minute) + " " + approved(1, 0) + " " + approved(3, 0) + " " + approved(2, time.Minute) + " " + approved(4, 4*time.Minute), ""},
	} {
		src.Now, asked, entries = now.Add(time.Duration(i+1)*time.Hour), nil, strings.Fields(run.entries)
		_, next, err := read(extract.PullRequestActivity.Read(t.Context(), src, cursor))
		if err != nil || strings.Join(asked, "; ") != run.want {
			t.Errorf("look %d: asked for %q, want %q; %v", i, asked, run.want, err)
		}
		if next != nil {
			cursor = next
		}
	}
}

// TestTasksFollowEveryChange lets pull requests change, runs be cut off and repositories be refused,
// in any order, in both queues. In the end every pull request has been asked after its last change.
func TestTasksFollowEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pr struct {
			repo string
			id   int64
		}
		clock := 1000
		changed := map[pr]int{}  // by the landing's clock
		followed := map[pr]int{} // the clock when its tasks were last read, and landed
		refused := map[string]bool{}
		var cursor json.RawMessage
		src := source(func(w http.ResponseWriter, r *http.Request) {
			path := strings.Split(r.URL.Path, "/")
			if refused[path[4]] || refused[path[4]+path[6]] {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			fmt.Fprint(w, `{"values":[]}`)
		})
		src.Now, src.Every = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), 1000*time.Hour
		src.PullRequests = func(_ context.Context, since time.Time) ([]extract.PullRequestChange, error) {
			var changes []extract.PullRequestChange
			for p, at := range changed {
				if when := time.UnixMilli(int64(at)).UTC(); when.After(since) {
					updated := src.Now
					if p.id > 2 { // of the past
						updated = updated.Add(-48 * time.Hour)
					}
					changes = append(changes, extract.PullRequestChange{Repository: p.repo, ID: p.id, Changed: when, CreatedOn: when, UpdatedOn: updated})
				}
			}
			slices.SortFunc(changes, func(a, b extract.PullRequestChange) int {
				return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.ID, b.ID))
			})
			return changes, nil
		}
		run := func(chunks int) {
			var pending []pr
			for chunk, err := range extract.PullRequestTasks.Read(context.Background(), src, cursor) {
				if err != nil {
					t.Fatal(err)
				}
				if chunk.Complete {
					pending = append(pending, pr{chunk.Parent.Repository, chunk.Parent.PullRequest})
				}
				if chunks--; chunks == 0 {
					return // killed before this landed
				}
				for _, p := range pending {
					followed[p] = clock
				}
				pending = nil
				if cursor, err = json.Marshal(chunk.Cursor); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			clock++
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				p := pr{rapid.SampledFrom([]string{"{a}", "{b}", "{c}"}).Draw(t, "repo"), int64(rapid.IntRange(1, 3).Draw(t, "id"))}
				changed[p] = clock
				if rapid.Bool().Draw(t, "later") {
					clock++
				}
			}
			clear(refused)
			for _, repo := range rapid.SliceOf(rapid.SampledFrom([]string{"{a}", "{b}", "{c}", "{a}1", "{a}2", "{b}1", "{c}3"})).Draw(t, "refused") {
				refused[repo] = true
			}
			run(rapid.IntRange(-1, 5).Draw(t, "killed after"))
		}
		// In the end all answer but one, which never will again: it holds up nobody.
		clear(refused)
		never := pr{"{a}", 1}
		refused["{a}1"] = true
		for range 10 {
			run(-1)
		}
		for p, at := range changed {
			if p != never && followed[p] < at {
				t.Fatalf("%v changed at %d and was last followed at %d; cursor %s", p, at, followed[p], cursor)
			}
		}
		clear(refused)
		run(-1)
		if followed[never] < changed[never] {
			t.Fatalf("%v answers again, and was not followed; cursor %s", never, cursor)
		}
		before := len(followed)
		clear(followed)
		if run(-1); len(followed) != 0 {
			t.Fatalf("nothing changed, and %d of %d were asked again; cursor %s", len(followed), before, cursor)
		}
	})
}

// TestAnEmptyAnswerBehindAFullTime has a grant die between the two questions of one step: there are rows, and the last answer was
// empty all the same, so that whoever lands them asks what it is worth.
func TestAnEmptyAnswerBehindAFullTime(t *testing.T) {
	t.Parallel()
	const one = `{"id": 1, "updated_on": "2026-10-01T10:00:00+00:00"}`
	src := source(func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query().Get("q"); {
		case strings.HasPrefix(q, "updated_on < "):
			fmt.Fprint(w, `{"values": []}`)
		case strings.Contains(q, ">="): // all of the time
			fmt.Fprint(w, `{"values": [`+one+`], "size": 1}`)
		default:
			fmt.Fprint(w, `{"values": [`+one+`], "next": "https://api.example/2.0/x"}`)
		}
	})
	src.Repositories = repositories("{a}")
	chunks, _, err := read(extract.PullRequests.Read(t.Context(), src, nil))
	if err != nil {
		t.Fatal(err)
	}
	var empty []bool
	for _, c := range chunks {
		if len(c.Objects) > 0 {
			empty = append(empty, c.Empty)
		}
	}
	if !slices.Equal(empty, []bool{false, true}) {
		t.Errorf("the chunks with rows say %v of whether the last answer was empty", empty)
	}
}

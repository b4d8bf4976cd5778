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
)

// TestSlowListsAreReadOnceADay reads the webhooks of three repositories at several times: after a day again where the
// repository shows a change, after a week where they have been the same for long, after a month elsewhere.
func TestSlowListsAreReadOnceADay(t *testing.T) {
	var asked []string
	src := source(func(w http.ResponseWriter, r *http.Request) {
		repo := strings.Split(r.URL.Path, "/")[4]
		asked = append(asked, repo)
		if repo == "{b}" {
			http.Error(w, "administrators only", http.StatusForbidden)
			return
		}
		fmt.Fprint(w, `{"values":[{"uuid":"{h}","url":"https://x.example/"}],"size":1}`)
	})
	src.Every = 24 * time.Hour
	noon := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	var cursor json.RawMessage
	for _, step := range []struct {
		at    time.Duration
		asked int
	}{{0, 3}, {time.Hour, 0}, {23 * time.Hour, 0}, {24 * time.Hour, 1}, {25 * time.Hour, 0}, {30 * 24 * time.Hour, 3}, {31 * 24 * time.Hour, 0}, {37 * 24 * time.Hour, 1}} {
		asked = nil
		src.Now = noon.Add(step.at)
		src.Repositories = moved("{a}", noon.Add(step.at/2))
		chunks, next, err := read(extract.Webhooks.Read(t.Context(), src, cursor))
		if err != nil || len(asked) != step.asked {
			t.Errorf("after %s: asked %q, %v", step.at, asked, err)
		}
		if next != nil {
			cursor = next
		}
		for _, c := range chunks {
			if b := c.Parent.Repository == "{b}"; c.Parent.Repository != "" && ((c.Withheld != nil) != b || c.Complete == b || c.Err != nil || c.Gone) {
				t.Errorf("after %s: %+v", step.at, c)
			}
		}
	}
}

// TestListsThatStayTheSameRest looks, once a day, which days a list is read on in a repository that shows a change every day.
func TestListsThatStayTheSameRest(t *testing.T) {
	day := 0
	asked := false
	// The rows come in another order each day. On the 20th one changes, on the 32nd somebody hints.
	src := source(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		rows := []string{`{"uuid":"{1}","url":"https://x.example/"}`, fmt.Sprintf(`{"uuid":"{2}","url":"https://%t.example/"}`, day >= 20)}
		if day%2 == 1 {
			slices.Reverse(rows)
		}
		fmt.Fprintf(w, `{"values":[%s],"size":2}`, strings.Join(rows, ","))
	})
	noon := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	read := func(every time.Duration) (days []int) {
		src.Every = every
		var cursor json.RawMessage
		for day = range 40 {
			src.Now, asked = noon.AddDate(0, 0, day), false
			src.Repositories = func(context.Context) ([]extract.Repository, error) {
				r := extract.Repository{UUID: "{a}", Pushed: src.Now, Moved: src.Now}
				if day >= 32 {
					r.Hinted = noon.AddDate(0, 0, 32)
				}
				return []extract.Repository{r}, nil
			}
			_, next, err := read(extract.Webhooks.Read(t.Context(), src, cursor))
			if err != nil {
				t.Fatal(err)
			}
			if next != nil {
				cursor = next
			}
			if asked {
				days = append(days, day)
			}
		}
		return days
	}
	if days := read(24 * time.Hour); !slices.Equal(days, []int{0, 1, 2, 4, 8, 15, 22, 23, 24, 26, 30, 32, 39}) {
		t.Errorf("read on the days %v", days)
	}
	if days := read(0); len(days) != 40 {
		t.Errorf("where nothing may be old, read on the days %v", days)
	}
}

// TestListsThatTellTheirAgeRestAtOnce reads lists for the first time whose rows say when they were made.
func TestListsThatTellTheirAgeRestAtOnce(t *testing.T) {
	noon := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	for _, st := range []extract.Stream{extract.Webhooks, extract.Tags, extract.Downloads, extract.Deployments} {
		for age, want := range map[int]int{-1: 1, 0: 1, 3: 3, 30: 7} {
			asked := false
			src := source(func(w http.ResponseWriter, _ *http.Request) {
				asked = true
				made := noon.AddDate(0, 0, -age).Format(time.RFC3339)
				fmt.Fprintf(w, `{"values":[{"name":"v1","uuid":"{1}","created_at":%[1]q,"created_on":%[1]q,"date":%[1]q,"last_update_time":%[1]q},
					{"name":"v0","uuid":"{0}","target":{"date":"2020-01-01T00:00:00Z"}}],"size":2}`, made)
			})
			src.Every = 24 * time.Hour
			var cursor json.RawMessage
			for day := range 10 {
				src.Now, asked = noon.AddDate(0, 0, day), false
				src.Repositories = func(context.Context) ([]extract.Repository, error) {
					return []extract.Repository{{UUID: "{a}", Pushed: src.Now, Moved: src.Now}}, nil
				}
				_, next, err := read(st.Read(t.Context(), src, cursor))
				if err != nil {
					t.Fatal(err)
				}
				if next != nil {
					cursor = next
				}
				if asked && day > 0 {
					if day != want {
						t.Errorf("%s, %d days old: read again after %d days, want %d", st.Name, age, day, want)
					}
					break
				}
			}
		}
	}
}

// TestAnEmptyListIsBelievedTheSecondTime takes the last branch of one repository away.
func TestAnEmptyListIsBelievedTheSecondTime(t *testing.T) {
	for _, st := range []extract.Stream{extract.Branches, extract.Webhooks} {
		empty := false
		src := source(func(w http.ResponseWriter, r *http.Request) {
			if empty && strings.Contains(r.URL.Path, "{b}") {
				fmt.Fprint(w, `{"values":[],"size":0}`)
				return
			}
			fmt.Fprint(w, `{"values":[{"uuid":"{1}","name":"main"}],"size":1}`)
		})
		src.Now, src.Every = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC), time.Hour
		src.Repositories = func(ctx context.Context) ([]extract.Repository, error) { return moved("{b}", src.Now)(ctx) }
		var cursor json.RawMessage
		var complete []bool
		for run := range 4 {
			empty = run > 0
			src.Now = src.Now.Add(2 * time.Hour)
			chunks, next, err := read(st.Read(t.Context(), src, cursor))
			if err != nil {
				t.Fatal(err)
			}
			cursor = next
			for _, c := range chunks {
				if c.Parent.Repository == "{b}" {
					complete = append(complete, c.Complete)
				}
			}
		}
		if !slices.Equal(complete, []bool{true, false, true, true}) {
			t.Errorf("%s: complete %v", st.Name, complete)
		}
		// A full reading knows nothing of the rows that landed, and so does not trust an empty list.
		src.Landed, src.Full = func() int64 { return 3 }, true
		chunks, _, err := read(st.Read(t.Context(), src, nil))
		if err != nil || chunks[1].Complete || !chunks[0].Complete {
			t.Errorf("%s, in full: %+v, %v", st.Name, chunks, err)
		}
	}
}

// TestAListWithoutASizeHasToBeReadTwice pages through tags, which Bitbucket doesn't count.
func TestAListWithoutASizeHasToBeReadTwice(t *testing.T) {
	for name, tt := range map[string]struct {
		last     []string // names on the second page, by reading
		complete bool
	}{
		"at rest":          {[]string{"v2", "v2"}, true},
		"while one leaves": {[]string{"v2", "v3"}, false},
	} {
		readings := 0
		src := source(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "" {
				fmt.Fprintf(w, `{"values":[{"name":"v1"}],"next":"https://api.example%s?page=2"}`, r.URL.EscapedPath())
				return
			}
			fmt.Fprintf(w, `{"values":[{"name":%q}]}`, tt.last[readings%2])
			readings++
		})
		chunks, _, err := read(extract.Tags.Read(t.Context(), src, nil))
		if err != nil || chunks[0].Complete != tt.complete || readings != 6 {
			t.Errorf("%s: %d readings, %+v, %v", name, readings, chunks[0], err)
		}
	}
}

func TestARefusalOfMembersIsAFault(t *testing.T) {
	src := source(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	if _, _, err := read(extract.Members.Read(t.Context(), src, nil)); err == nil {
		t.Error("no error")
	}
	chunks, _, err := read(extract.WorkspaceWebhooks.Read(t.Context(), src, nil))
	if err != nil || len(chunks) != 1 || chunks[0].Withheld == nil || chunks[0].Complete {
		t.Errorf("%+v, %v", chunks, err)
	}
}

// repositories are those that have landed, when nothing is known of them.
func repositories(uuids ...string) func(context.Context) ([]extract.Repository, error) {
	return func(context.Context) (all []extract.Repository, _ error) {
		for _, uuid := range uuids {
			all = append(all, extract.Repository{UUID: uuid})
		}
		return all, nil
	}
}

// moved are {a}, {b} and {c}, one of which has changed.
func moved(uuid string, at time.Time) func(context.Context) ([]extract.Repository, error) {
	return func(ctx context.Context) ([]extract.Repository, error) {
		all, err := repositories("{a}", "{b}", "{c}")(ctx)
		for i := range all {
			if all[i].UUID == uuid {
				all[i].Pushed, all[i].Moved = at, at
			}
		}
		return all, err
	}
}

func changes(all ...extract.PullRequestChange) func(context.Context, time.Time) ([]extract.PullRequestChange, error) {
	return func(context.Context, time.Time) ([]extract.PullRequestChange, error) { return all, nil }
}

// TestPermissionsOfAThousandByAThousand has more permissions than are worth an hour's requests: a page tells, and is all.
func TestPermissionsOfAThousandByAThousand(t *testing.T) {
	requests := 0
	src := source(func(w http.ResponseWriter, r *http.Request) {
		requests++
		fmt.Fprintf(w, `{"values":[{"user":{"uuid":"{1}"},"repository":{"uuid":"{a}"},"permission":"read"}],"size":1000000,"next":"https://api.example%s?page=2"}`, r.URL.EscapedPath())
	})
	src.Now, src.Every = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC), time.Hour
	chunks, cursor, err := read(extract.RepositoryPermissions.Read(t.Context(), src, nil))
	if err != nil || requests != 1 || len(chunks) != 1 || chunks[0].Withheld == nil || chunks[0].Complete {
		t.Fatalf("%d requests, %+v, %v", requests, chunks, err)
	}
	src.Now = src.Now.Add(time.Minute)
	if _, _, err := read(extract.RepositoryPermissions.Read(t.Context(), src, cursor)); err != nil || requests != 1 {
		t.Errorf("a minute later: %d requests, %v", requests, err)
	}
}

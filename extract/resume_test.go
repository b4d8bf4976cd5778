package extract_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// TestActivityBackfillOverSeveralHours reads a feed of 40 pages in hours of 30 requests each, while
// new entries come in at the front between the hours.
func TestActivityBackfillOverSeveralHours(t *testing.T) {
	oldest := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	entries, left := 2000, 0
	src := source(func(w http.ResponseWriter, r *http.Request) {
		page := 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		var values []string
		for i := entries - (page-1)*50; i > max(0, entries-page*50); i-- { // newest first
			values = append(values, fmt.Sprintf(`{"pull_request":{"id":1},"approval":{"date":%q}}`, oldest.Add(time.Duration(i)*time.Hour).Format(time.RFC3339)))
		}
		next := ""
		if entries > page*50 {
			next = fmt.Sprintf(`,"next":"https://api.example%s?page=%d"`, r.URL.EscapedPath(), page+1)
		}
		fmt.Fprintf(w, `{"values":[%s]%s}`, strings.Join(values, ","), next)
	})
	src.Repositories = repositories("{a}")
	spent := errors.New("spent")
	src.Client.Spend = func(context.Context) error {
		if left--; left < 0 {
			return spent
		}
		return nil
	}
	var cursor json.RawMessage
	seen := map[time.Time]bool{}
	for hour := 1; ; hour++ {
		left = 30
		chunks, c, err := read(extract.PullRequestActivity.Read(t.Context(), src, cursor))
		for _, chunk := range chunks {
			for _, o := range chunk.Objects {
				entry := o.(bitbucket.Activity)
				seen[entry.When()] = true
			}
		}
		if c != nil {
			cursor = c
		}
		if err == nil {
			if len(seen) != entries || hour > 2 {
				t.Errorf("%d of %d entries in %d hours", len(seen), entries, hour)
			}
			return
		}
		if hour == 5 {
			t.Fatalf("five hours of 30 requests did not read 40 pages; cursor %s, %v", cursor, err)
		}
		entries += 70
	}
}

// TestAnEntryStaysTheSame when its account is deleted: it comes by again, in a full sync or in the
// overlap, and must not become a second row.
func TestAnEntryStaysTheSame(t *testing.T) {
	at := time.Date(2026, 10, 1, 0, 0, 0, 123456000, time.UTC)
	id := func(user *bitbucket.Account) string {
		var b transform.Batch
		a := bitbucket.Activity{Approval: &bitbucket.Review{Date: at, User: user}}
		if err := b.Add("pull_request_activity", bitbucket.Parent{Repository: "{r}"}, []any{a}, false); err != nil {
			t.Fatal(err)
		}
		return b.Take(schemas.PullRequestActivity).Rows[0].(*schemas.PullRequestActivityEntry).ID
	}
	if before, after := id(&bitbucket.Account{UUID: "{u}", Type: "user"}), id(nil); before != after {
		t.Errorf("the same entry is %s while the account exists and %s when it is deleted: two rows, two events", before, after)
	}
}

// TestMembersWithoutAccounts has two memberships whose accounts were deleted.
func TestMembersWithoutAccounts(t *testing.T) {
	requests := 0
	chunks, _, err := read(extract.Members.Read(t.Context(), source(func(w http.ResponseWriter, r *http.Request) {
		requests++
		fmt.Fprint(w, `{"size":3,"values":[{"user":{"uuid":"{1}"}},{"user":null},{"user":null}]}`)
	}), nil))
	if err != nil || !chunks[0].Complete || requests != 1 {
		t.Errorf("%d requests, complete %v, %v: nobody who leaves is ever marked", requests, chunks[0].Complete, err)
	}
}

// TestTaskCrossesAPageBorder deletes the first of 101 tasks between the two pages.
func TestTaskCrossesAPageBorder(t *testing.T) {
	src := source(func(w http.ResponseWriter, r *http.Request) {
		var v []string
		if r.URL.Query().Get("page") == "" {
			for i := range 100 {
				v = append(v, fmt.Sprintf(`{"id":%d}`, i+1))
			}
			fmt.Fprintf(w, `{"size":101,"values":[%s],"next":"https://api.example%s?page=2"}`, strings.Join(v, ","), r.URL.EscapedPath())
			return
		}
		fmt.Fprint(w, `{"size":100,"values":[]}`) // task 101 moved to page 1
	})
	src.PullRequests = func(context.Context, time.Time) ([]extract.PullRequestChange, error) {
		return []extract.PullRequestChange{{Repository: "{a}", ID: 1, Changed: time.Now(), CreatedOn: time.Now()}}, nil
	}
	chunks, _, err := read(extract.PullRequestTasks.Read(t.Context(), src, nil))
	if err != nil || chunks[0].Complete && len(chunks[0].Objects) != 101 {
		t.Errorf("%d tasks are called complete, %v: task 101, which exists, is marked deleted", len(chunks[0].Objects), err)
	}
}

// TestOnePullRequestFails has Bitbucket fail to list the tasks of one pull request for ever.
func TestOnePullRequestFails(t *testing.T) {
	for _, status := range []int{500, 404, 400} {
		asked := map[string]bool{}
		src := source(func(w http.ResponseWriter, r *http.Request) {
			asked[strings.Split(r.URL.Path, "/")[6]] = true
			if strings.Contains(r.URL.Path, "/2/tasks") {
				w.WriteHeader(status)
				return
			}
			fmt.Fprint(w, `{"values":[]}`)
		})
		src.PullRequests = func(_ context.Context, since time.Time) (c []extract.PullRequestChange, _ error) {
			for i := range 5 {
				c = append(c, extract.PullRequestChange{Repository: "{a}", ID: int64(i + 1), Changed: time.Unix(int64(i+100), 0), CreatedOn: time.Unix(1, 0)})
			}
			return c, nil
		}
		var cursor json.RawMessage
		for range 5 {
			_, c, _ := read(extract.PullRequestTasks.Read(t.Context(), src, cursor))
			if c != nil {
				cursor = c
			}
		}
		if len(asked) != 5 {
			t.Errorf("%d: in five runs only %d of 5 pull requests were asked; cursor %s", status, len(asked), cursor)
		}
	}
}

// TestRepositoryThatBecomesVisible gives the connected account access to a repository that nobody
// has touched for a year.
func TestRepositoryThatBecomesVisible(t *testing.T) {
	rows := map[string]string{"{a}": "2026-10-01T00:00:00.000000+00:00"}
	src := source(func(w http.ResponseWriter, r *http.Request) {
		from := ""
		if m := mark.FindStringSubmatch(r.URL.Query().Get("q")); m != nil {
			from = m[2]
		}
		var v []string
		for _, id := range []string{"{b}", "{a}"} {
			if at, ok := rows[id]; ok && at >= from {
				v = append(v, fmt.Sprintf(`{"uuid":%q,"updated_on":%q}`, id, at))
			}
		}
		fmt.Fprintf(w, `{"values":[%s]}`, strings.Join(v, ","))
	})
	_, cursor, _ := read(extract.Repositories.Read(t.Context(), src, nil))
	rows["{b}"] = "2025-10-01T00:00:00.000000+00:00"
	seen := false
	for range 10 {
		chunks, c, err := read(extract.Repositories.Read(t.Context(), src, cursor))
		if err != nil {
			t.Fatal(err)
		}
		cursor = c
		for _, ch := range chunks {
			for _, o := range ch.Objects {
				seen = seen || o.(bitbucket.Repository).UUID == "{b}"
			}
		}
	}
	if !seen {
		t.Error("{b} is listed, and no run but a full one ever reads it")
	}
}

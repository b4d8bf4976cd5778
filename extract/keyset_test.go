package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
)

// liveList is a list of repositories that changes while it is read: numbered pages over what it is
// at the moment, as Bitbucket's are.
type liveList struct {
	rows    map[string]int // updated_on of each repository, in seconds
	clock   int
	page    int // rows on a page
	change  func()
	queries []string
}

var mark = regexp.MustCompile(`updated_on (>=|<=|>) "([^"]+)"`)

func (l *liveList) RoundTrip(r *http.Request) (*http.Response, error) {
	l.change()
	q := r.URL.Query()
	l.queries = append(l.queries, r.URL.RawQuery)
	from, to := -1, math.MaxInt
	for _, m := range mark.FindAllStringSubmatch(q.Get("q"), -1) {
		t, err := time.Parse(time.RFC3339Nano, m[2])
		if err != nil {
			return nil, err
		}
		switch at := int(t.Unix()); m[1] {
		case ">=":
			from = at
		case ">":
			from = at + 1
		case "<=":
			to = at
		}
	}
	var ids []string
	for id, at := range l.rows {
		if at >= from && at <= to {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		if l.rows[a] != l.rows[b] {
			return l.rows[a] - l.rows[b]
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	page, _ := strconv.Atoi(q.Get("page"))
	start := min(len(ids), max(0, page-1)*l.page)
	end := min(len(ids), start+l.page)
	answer := map[string]any{"values": []any{}, "size": len(ids)}
	for _, id := range ids[start:end] {
		answer["values"] = append(answer["values"].([]any), map[string]any{
			"uuid": id, "updated_on": time.Unix(int64(l.rows[id]), 0).UTC().Format("2006-01-02T15:04:05.000000-07:00"),
		})
	}
	if end < len(ids) {
		q.Set("page", strconv.Itoa(max(page, 1)+1))
		answer["next"] = (&url.URL{Scheme: "https", Host: r.URL.Host, Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	rec := httptest.NewRecorder()
	if err := json.NewEncoder(rec).Encode(answer); err != nil {
		return nil, err
	}
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// TestKeysetLosesNothing reads a list that changes before every request: rows are updated, alone and
// several at the same time, and rows are added. After a last reading of a list that is at rest, the
// newest version of every row has been seen, however the readings were cut off in between.
func TestKeysetLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := &liveList{rows: map[string]int{}, clock: 1_000_000, page: rapid.IntRange(1, 4).Draw(t, "page")}
		touch := func(n int, sameTime bool) {
			for range n {
				if !sameTime {
					list.clock += rapid.IntRange(0, 200).Draw(t, "gap")
				}
				list.rows[fmt.Sprintf("{%d}", rapid.IntRange(0, 15).Draw(t, "row"))] = list.clock
			}
			list.clock++
		}
		touch(rapid.IntRange(0, 20).Draw(t, "rows"), false)
		list.change = func() {
			if rapid.IntRange(0, 2).Draw(t, "changes") == 0 {
				touch(rapid.IntRange(1, 6).Draw(t, "touched"), rapid.Bool().Draw(t, "same time"))
			}
		}
		seen := map[string]int{}
		landed := map[string]int{}
		var cursor json.RawMessage
		read := func(chunks int) {
			src := extract.Source{
				Workspace: "acme", Landed: func() int64 { return int64(len(landed)) },
				Client: &bitbucket.Client{
					Base: "https://api.example/2.0", Transport: list, Log: slog.New(slog.DiscardHandler),
					Token: func(context.Context, string) (string, error) { return "t", nil },
					Spend: func(context.Context) error { return nil },
				},
			}
			for chunk, err := range extract.Repositories.Read(context.Background(), src, cursor) {
				if err != nil && strings.Contains(err.Error(), "change while they are read") {
					return // and the next reading goes on
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range chunk.Objects {
					r := o.(bitbucket.Repository)
					seen[r.UUID] = max(seen[r.UUID], int(r.UpdatedOn.Unix()))
				}
				// Landed with its cursor, or cut off before that: then neither is.
				if chunks--; chunks == 0 {
					return
				}
				for id, at := range seen {
					landed[id] = at
				}
				if cursor, err = json.Marshal(chunk.Cursor); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "cut off") {
			read(rapid.IntRange(1, 4).Draw(t, "after"))
			seen = map[string]int{}
		}
		list.change = func() {}
		read(-1)
		if fmt.Sprint(landed) != fmt.Sprint(list.rows) {
			t.Fatalf("landed %v\nthe list is %v\nqueries %q", landed, list.rows, list.queries)
		}
	})
}

// TestNumberedPagesWouldLoseRows shows what keyset reading is for: the same list, paged through by
// its next links, loses the row that crosses a page border.
func TestNumberedPagesWouldLoseRows(t *testing.T) {
	list := &liveList{rows: map[string]int{"{a}": 1, "{b}": 2, "{c}": 3, "{d}": 4}, page: 2}
	requests := 0
	list.change = func() {
		if requests++; requests == 2 {
			list.rows["{a}"] = 5
		}
	}
	client := &bitbucket.Client{
		Base: "https://api.example/2.0", Transport: list, Log: slog.New(slog.DiscardHandler),
		Token: func(context.Context, string) (string, error) { return "t", nil },
		Spend: func(context.Context) error { return nil },
	}
	seen := map[string]bool{}
	for page, err := range bitbucket.Pages[bitbucket.Repository](t.Context(), client, "/repositories/acme", 2, url.Values{"sort": {"updated_on"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Values {
			seen[r.UUID] = true
		}
	}
	if seen["{c}"] {
		t.Error("nothing was lost: this list is kinder than Bitbucket's")
	}
}

package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
)

// eight is when something last happened in all repositories: eight hours ago, when a choir begins.
var eight = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// choir is a workspace of few people who have pull requests open in each of its repositories, which were last asked for them
// four hours ago.
type choir struct {
	src          extract.Source
	repositories []string
	authors      []extract.Author
	changed      map[string]time.Time // what happened since, by repository
	answer       func(w http.ResponseWriter, who string) bool
	cursor       json.RawMessage
	asked        []string // repositories and people, in the order of the alphabet
}

func newChoir(repositories, people string) *choir {
	c := &choir{repositories: strings.Fields(repositories), changed: map[string]time.Time{}}
	for _, uuid := range strings.Fields(people) {
		c.authors = append(c.authors, extract.Author{UUID: uuid, Updated: eight})
	}
	c.src = source(c.serve)
	c.src.Now, c.src.Quiet, c.src.Every, c.src.Purpose = eight.Add(8*time.Hour), 24*time.Hour, 1000*time.Hour, extract.News
	c.src.Repositories = func(context.Context) (all []extract.Repository, err error) {
		for _, r := range c.repositories {
			all = append(all, extract.Repository{UUID: r, Pushed: eight, Moved: eight, Open: eight, Authors: c.authors})
		}
		return all, nil
	}
	var marks []string
	for _, r := range c.repositories {
		marks = append(marks, fmt.Sprintf(`%q:{"asked":%q,"moved":%q,"mark":%[3]q,"opened":%[3]q}`, r, c.src.Now.Add(-4*time.Hour).Format(time.RFC3339), eight.Format(time.RFC3339)))
	}
	c.cursor = json.RawMessage(`{"repositories":{` + strings.Join(marks, ",") + `}}`)
	return c
}

// serve answers for a repository, or for one of the people: in all lists, everything is everybody's.
func (c *choir) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(r.URL.Path, "/")
	name := path[4]
	if path[2] == "workspaces" {
		name = path[5]
	}
	c.asked = append(c.asked, name)
	if c.answer != nil && c.answer(w, name) {
		return
	}
	var rows []string
	for _, repo := range c.repositories {
		at, ok := c.changed[repo]
		if !ok {
			at = eight
		}
		if path[2] == "workspaces" || name == repo {
			rows = append(rows, row(repo, at))
		}
	}
	slices.Sort(rows) // by time
	slices.Reverse(rows)
	fmt.Fprintf(w, `{"values":[%s]}`, strings.Join(rows, ","))
}

func row(repository string, at time.Time) string {
	return fmt.Sprintf(`{"updated_on":%q,"id":1,"destination":{"repository":{"uuid":%q}}}`, at.Format(time.RFC3339), repository)
}

// run is a run after some time.
func (c *choir) run(t *testing.T, after time.Duration) error {
	t.Helper()
	c.src.Now, c.asked = c.src.Now.Add(after), nil
	_, cursor, err := read(extract.PullRequests.Read(t.Context(), c.src, c.cursor))
	if cursor != nil {
		c.cursor = cursor
	}
	slices.Sort(c.asked)
	return err
}

// wants is a run after some time that asks these.
func (c *choir) wants(t *testing.T, after time.Duration, want ...string) {
	t.Helper()
	if err := c.run(t, after); err != nil || !slices.Equal(c.asked, want) {
		t.Errorf("at %s %q were asked, want %q; %v", c.src.Now.Format(time.TimeOnly), c.asked, want, err)
	}
}

// TestAuthorsWithoutNewsSpareTheirRepositories until a quarter of the idle time has passed again, and not beyond the bound.
func TestAuthorsWithoutNewsSpareTheirRepositories(t *testing.T) {
	c := newChoir("{a} {b} {c}", "{x} {y}")
	c.wants(t, 0, "{x}", "{y}")
	c.wants(t, time.Hour)
	c.wants(t, time.Hour)
	c.wants(t, time.Hour, "{x}", "{y}")
	c.src.Purpose = extract.Sweep
	c.wants(t, 16*time.Hour)
	c.wants(t, time.Hour, "{a}", "{b}", "{c}") // a day after they were asked
}

// TestWhatAuthorsTellOfIsAsked has something change in one of the repositories.
func TestWhatAuthorsTellOfIsAsked(t *testing.T) {
	c := newChoir("{a} {b} {c}", "{x} {y}")
	c.changed["{b}"] = eight.Add(5 * time.Hour)
	c.wants(t, 0, "{b}", "{x}", "{y}")
	if !strings.Contains(string(c.cursor), `"mark":"2026-10-01T13:00:00Z"`) {
		t.Errorf("the change did not land: %s", c.cursor)
	}
	c.wants(t, time.Hour)
	c.changed["{a}"] = eight.Add(10 * time.Hour) // before it is asked for without a sign
	c.wants(t, 2*time.Hour, "{a}", "{x}", "{y}")
}

// TestAHintIsNoReasonToAskWhatIsRefused lets a repository rest that was refused.
func TestAHintIsNoReasonToAskWhatIsRefused(t *testing.T) {
	c := newChoir("{a} {b} {c} {d}", "{x} {y}")
	c.changed["{b}"] = eight.Add(5 * time.Hour)
	c.answer = func(w http.ResponseWriter, who string) bool {
		if who == "{b}" {
			w.WriteHeader(http.StatusForbidden)
		}
		return who == "{b}"
	}
	c.wants(t, 0, "{b}", "{x}", "{y}")
	c.changed["{a}"] = eight.Add(8 * time.Hour)
	c.wants(t, 10*time.Minute)
	c.wants(t, 150*time.Minute, "{a}", "{b}", "{x}", "{y}")
}

// TestAuthorsAreAskedWhereThatIsCheaper, and where all of them can be.
func TestAuthorsAreAskedWhereThatIsCheaper(t *testing.T) {
	for what, authors := range map[string][]extract.Author{
		"as many as repositories":   {{UUID: "{x}", Updated: eight}, {UUID: "{y}", Updated: eight}, {UUID: "{z}", Updated: eight}},
		"one whose account is gone": {{UUID: "{x}", Updated: eight}, {Updated: eight}},
		"nobody knows":              nil,
	} {
		t.Run(what, func(t *testing.T) {
			c := newChoir("{a} {b} {c}", "{x} {y}")
			c.authors = authors
			c.wants(t, 0, "{a}", "{b}", "{c}")
		})
	}
}

// TestWhatNobodyCanBeAskedAbout is a pull request in each repository whose author has no account any more. It has the repository
// asked by how long it has been idle itself.
func TestWhatNobodyCanBeAskedAbout(t *testing.T) {
	c := newChoir("{a} {b} {c}", "{x} {y}")
	c.authors = append(c.authors, extract.Author{Updated: eight.Add(-36 * time.Hour)}) // 44 hours ago
	c.wants(t, 0, "{x}", "{y}")
	c.wants(t, 3*time.Hour, "{x}", "{y}")
	c.wants(t, 7*time.Hour, "{a}", "{b}", "{c}") // 14 hours after they were asked; an hour before, it was 53 hours ago
}

// TestAuthorsAskedInVain refuses their lists in each way, or gives them for what they are not. The repositories are asked as if there
// were no such lists, which are asked for again later and later.
func TestAuthorsAskedInVain(t *testing.T) {
	for what, answer := range map[string]struct {
		status int
		body   string
	}{
		"unknown":                      {404, ""},
		"refused":                      {403, ""},
		"retired":                      {410, ""},
		"too much":                     {500, ""},
		"a scope":                      {403, `{"error":{"detail":{"required":["pullrequest"]}}}`},
		"no list":                      {200, `<html>`},
		"a grant without reach":        {200, `{"values":[]}`},
		"without what has landed":      {200, `{"values":[` + row("{a}", eight.Add(-time.Hour)) + `]}`},
		"not sorted":                   {200, `{"values":[` + row("{a}", eight) + `,` + row("{a}", eight.Add(time.Hour)) + `]}`},
		"more than a page, and of old": {200, `{"values":[` + row("{a}", eight) + `],"next":"https://api.example/2.0/x"}`},
	} {
		t.Run(what, func(t *testing.T) {
			c := newChoir("{a} {b} {c}", "{x} {y}")
			lists := map[string]bool{} // some are tried several times
			c.answer = func(w http.ResponseWriter, who string) bool {
				if who < "{x}" {
					return false
				}
				lists[c.src.Now.String()+who] = true
				w.WriteHeader(answer.status)
				fmt.Fprint(w, answer.body)
				return true
			}
			if err := c.run(t, 0); err != nil {
				t.Fatal(err)
			}
			asked := slices.Compact(c.asked)
			want := []string{"{a}", "{b}", "{c}", "{x}", "{y}"}
			if strings.HasPrefix(what, "more") { // it says nothing of what was asked four hours ago, and is no fault
				want = []string{"{x}", "{y}"}
			}
			if !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
			clear(lists)
			if strings.HasPrefix(what, "more") {
				return
			}
			for range 24 {
				if err := c.run(t, time.Hour); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(lists); n == 0 || n > 2*5 { // half an hour later, an hour, two, four, and eight
				t.Errorf("in a day, %d lists were asked for", n)
			}
		})
	}
}

// TestNobodyIsAskedAfterThreeInVain of many, for half an hour, then an hour, and so on.
func TestNobodyIsAskedAfterThreeInVain(t *testing.T) {
	c := newChoir("{a} {b} {c} {d} {e} {f}", "{v} {w} {x} {y} {z}")
	c.answer = func(w http.ResponseWriter, who string) bool {
		if who >= "{v}" {
			w.WriteHeader(http.StatusNotFound)
		}
		return who >= "{v}"
	}
	c.wants(t, 0, "{a}", "{b}", "{c}", "{d}", "{e}", "{f}", "{v}", "{w}", "{x}")
	c.answer = nil
	c.wants(t, 15*time.Minute)
	c.wants(t, 3*time.Hour, "{v}", "{w}", "{x}", "{y}", "{z}")
	if strings.Contains(string(c.cursor), `"authors"`) {
		t.Errorf("who answers is remembered: %s", c.cursor)
	}
}

// TestAFullPageTellsOfWhatIsOnIt has a list whose page ends after the last look.
func TestAFullPageTellsOfWhatIsOnIt(t *testing.T) {
	c := newChoir("{a} {b} {c}", "{x}")
	c.answer = func(w http.ResponseWriter, who string) bool {
		if who == "{x}" {
			fmt.Fprintf(w, `{"values":[%s],"next":"https://api.example/2.0/x"}`, row("{d}", eight.Add(5*time.Hour)))
		}
		return who == "{x}"
	}
	c.wants(t, 0, "{a}", "{b}", "{c}", "{x}")
}

// TestTheHourLastsForAllWhereFewAreAsked has so few requests that three repositories could not be asked every hour, and their
// two authors can.
func TestTheHourLastsForAllWhereFewAreAsked(t *testing.T) {
	c := newChoir("{a} {b} {c}", "{x} {y}")
	c.src.PerHour = 10
	for range 3 {
		c.wants(t, time.Hour, "{x}", "{y}")
	}
}

// TestWhatConcernsAllEndsTheStream also where it is somebody's list that is refused.
func TestWhatConcernsAllEndsTheStream(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests} {
		c := newChoir("{a} {b} {c}", "{x} {y}")
		c.answer = func(w http.ResponseWriter, _ string) bool {
			w.WriteHeader(status)
			return true
		}
		if err := c.run(t, 0); !bitbucket.IsStatus(err, status) || slices.Contains(c.asked, "{y}") {
			t.Errorf("%d: asked %q, %v", status, c.asked, err)
		}
	}
}

// TestTheFewestRequests holds the choice against all others.
func TestTheFewestRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.IntRange(1, 6).Draw(t, "people")
		wrote := rapid.SliceOfN(rapid.UintRange(1, 1<<people-1), 0, 7).Draw(t, "authors of each repository") // a bit each
		cost := func(asked uint) int {
			n := bits.OnesCount(asked)
			for _, authors := range wrote {
				if authors&^asked != 0 {
					n++
				}
			}
			return n
		}
		least, fewest := math.MaxInt, 0
		for asked := range uint(1) << people {
			if n, few := cost(asked), bits.OnesCount(asked); n < least || n == least && few < fewest {
				least, fewest = n, few
			}
		}
		var repositories []extract.Repository
		for _, authors := range wrote {
			r := extract.Repository{Authors: []extract.Author{{}}} // those without an account are not asked
			for p := range people {
				if authors>>p&1 == 1 {
					r.Authors = append(r.Authors, extract.Author{UUID: fmt.Sprint(p)})
				}
			}
			repositories = append(repositories, r)
		}
		authors, requests := extract.Cheapest(repositories)
		asked := uint(0)
		for uuid := range authors {
			asked |= 1 << (uuid[0] - '0')
		}
		if requests != least || cost(asked) != least || len(authors) != fewest {
			t.Fatalf("asking %b takes %d requests, and is said to take %d; the fewest are %d, with %d authors", asked, cost(asked), requests, least, fewest)
		}
	})
}

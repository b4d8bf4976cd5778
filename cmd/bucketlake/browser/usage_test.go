package browser_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// connected opens a worker with a workspace whose tables have landed.
func connected(t *testing.T, b *browser) *worker {
	t.Helper()
	w := start(t, company)
	b.connect(w)
	return w
}

func (b *browser) connect(w *worker) {
	b.t.Helper()
	b.open(w.page)
	b.press("Connect a workspace")
	b.answer("Grant access")
	b.complete()
}

var company = bitbuckettest.Options{Scale: bitbuckettest.Scale{Members: 40, Repositories: 18, PullRequests: 250, Months: 8}}

// value evaluates an expression on the page.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// rows returns what the body of the table in a section says, cell by cell, as it is heard: without what is hidden from
// those who hear, and with what is there for them alone.
func (b *browser) rows(section string) [][]string {
	b.t.Helper()
	return value[[][]string](b, fmt.Sprintf(`[...document.querySelectorAll("#%s tbody tr")].map(r => [...r.cells].map(c => {
		const copy = c.cloneNode(true);
		copy.querySelectorAll("[aria-hidden=true]").forEach(e => e.remove());
		return copy.textContent.replace(/\s+/g, " ").trim();
	}))`, section))
}

func (b *browser) click(link string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(link, chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("%s: %v; the page says:\n%s", link, err, b.text())
	}
}

// use is what people did with a feature between two days, as the simulation knows it.
type use struct {
	people map[string]bool
	events int
}

func uses(w *worker, from, to string, by func(bitbuckettest.Deed) string) map[string]*use {
	all := map[string]*use{}
	for _, d := range w.bitbucket.Ledger() {
		day, key := d.Time.UTC().Format(time.DateOnly), by(d)
		if d.UserType != "user" || day < from || day > to || key == "" {
			continue
		}
		if all[key] == nil {
			all[key] = &use{people: map[string]bool{}}
		}
		all[key].people[d.User] = true
		all[key].events++
	}
	return all
}

func digits(s string) int {
	n, _ := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	return n
}

// TestUsage walks through the page of usage, and holds its numbers against what the people of the simulation did.
func TestUsage(t *testing.T) {
	b := open(t)
	w := start(t, company)
	b.open(w.page + "/usage")
	b.see("No workspace is connected.")
	b.picture("usage-nowhere")

	b.connect(w)
	b.click("//nav//a[.='Usage']")
	b.see("Usage of acme", "Active people", "Unused seats")
	b.picture("usage")
	for _, period := range []string{"30 days", "90 days", "All time"} {
		b.click(fmt.Sprintf("//a[.=%q]", period))
		if here := value[string](b, `document.querySelector("nav[aria-label=Period] [aria-current]").textContent`); here != period {
			t.Errorf("the period shown is %q, want %q", here, period)
		}
		b.checkNumbers(w)
	}
	b.checkOtherDays(w)
	b.checkPeople(w)
	b.checkTakeAway()
}

func (b *browser) checkNumbers(w *worker) {
	b.t.Helper()
	from, to := value[string](b, `document.getElementById("from").value`), value[string](b, `document.getElementById("to").value`)
	features := uses(w, from, to, func(d bitbuckettest.Deed) string { return d.Feature })
	var want, got []string
	active := map[string]bool{}
	for name, u := range features {
		name = strings.ReplaceAll(name, "_", " ")
		want = append(want, fmt.Sprint(strings.ToUpper(name[:1])+name[1:], " ", len(u.people), " ", u.events))
		for person := range u.people {
			active[person] = true
		}
	}
	for _, r := range b.rows("features") {
		events := r[len(r)-1]
		if len(r) == 6 { // with changes
			events = r[4]
		}
		if r[1] != "0" { // nobody in these days, somebody in those before
			got = append(got, fmt.Sprint(r[0], " ", r[1], " ", digits(events)))
		}
	}
	b.same("features from "+from+" to "+to, want, got)

	want, got = nil, nil
	places := uses(w, from, to, func(d bitbuckettest.Deed) string {
		if d.Feature == "stories" {
			return ""
		}
		return d.Repository
	})
	for name, u := range places {
		want = append(want, fmt.Sprint(name, " ", len(u.people), " ", u.events))
	}
	for _, r := range b.rows("repositories") {
		got = append(got, fmt.Sprint(r[0], " ", r[1], " ", digits(r[3])))
	}
	if len(want) > 15 {
		if len(got) != 15 {
			b.t.Errorf("%d repositories are shown at first, want 15", len(got))
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				b.t.Errorf("the page says %q", line)
			}
		}
	} else {
		b.same("repositories", want, got)
	}

	tiles := map[string]string{}
	for _, tile := range value[[]string](b, `[...document.querySelectorAll(".tile")].map(t => t.querySelector(".name").textContent + "=" + t.querySelector(".value").textContent)`) {
		name, number, _ := strings.Cut(tile, "=")
		tiles[name], _, _ = strings.Cut(number, " ")
	}
	members := w.bitbucket.Members()
	unused := 0
	for _, m := range members {
		if !active[m.UUID] {
			unused++
		}
	}
	for name, n := range map[string]int{"Active people": len(active), "Seats": len(members), "Unused seats": unused, "Features in use": len(features)} {
		if tiles[name] != fmt.Sprint(n) {
			b.t.Errorf("%s are %q from %s to %s, want %d", name, tiles[name], from, to, n)
		}
	}
}

func (b *browser) same(what string, want, got []string) {
	b.t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) || len(want) == 0 {
		b.t.Errorf("%s: the page says\n%s\nand the simulation\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (b *browser) checkOtherDays(w *worker) {
	b.t.Helper()
	to := value[string](b, `document.getElementById("to").value`)
	day, err := time.Parse(time.DateOnly, to)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Click("//summary[.='Other days']", chromedp.NodeVisible))
	from := day.AddDate(0, 0, -20).Format(time.DateOnly)
	value[bool](b, fmt.Sprintf(`(document.getElementById("from").value = %q) !== ""`, from))
	b.press("Show")
	if got := value[string](b, `document.getElementById("from").value`); got != from {
		b.t.Errorf("the period begins on %s, want %s", got, from)
	}
	b.checkNumbers(w)
}

// checkPeople filters, sorts and pages through the seats.
func (b *browser) checkPeople(w *worker) {
	b.t.Helper()
	members := w.bitbucket.Members()
	b.open(w.page + "/usage/acme?days=all")
	b.see("1 to 25 of " + fmt.Sprint(len(members)))
	first := b.rows("people")
	seen := value[[]string](b, `[...document.querySelectorAll("#people tbody tr")].map(r => r.querySelector("time")?.dateTime ?? "")`)
	b.click("//nav[@aria-label='Pages of people']/a[.='More']")
	b.see("26 to " + fmt.Sprint(len(members)))
	if second := b.rows("people"); len(first) != 25 || len(first)+len(second) != len(members) {
		b.t.Errorf("%d seats on the first page and %d on the second, want %d", len(first), len(second), len(members))
	}
	if first[0][2] != "never" || seen[0] != "" || seen[24] == "" || !slices.IsSorted(seen) {
		b.t.Errorf("the idle do not come first: %v", seen)
	}
	b.click("//section[@id='people']//th/a[.='Events']")
	if sorted := value[string](b, `document.querySelector("#people th[aria-sort]").textContent + document.querySelector("#people th[aria-sort]").getAttribute("aria-sort")`); sorted != "Eventsdescending" {
		b.t.Errorf("sorted by %s", sorted)
	}
	busiest := b.rows("people")
	if !slices.IsSortedFunc(busiest, func(x, y []string) int { return cmp.Compare(digits(y[5]), digits(x[5])) }) || digits(busiest[0][5]) == 0 {
		b.t.Errorf("not sorted by events: %v", busiest)
	}
	name := members[len(members)/2].DisplayName
	b.do(chromedp.SendKeys(chromedp.ID("q"), strings.ToLower(name)))
	b.press("Filter")
	if found := b.rows("people"); len(found) == 0 || len(found) > 2 || found[0][0] != name {
		b.t.Errorf("looking for %s finds %v", name, found)
	}
	b.click("//section[@id='people']//a[.='Clear']")
	b.see("1 to 25 of " + fmt.Sprint(len(members)))
}

// checkTakeAway follows what there is to take of the page.
func (b *browser) checkTakeAway() {
	b.t.Helper()
	b.do(chromedp.Click("//section[@id='features']//summary", chromedp.NodeVisible))
	b.see("from feature_usage_daily\nwhere workspace = 'acme'")
	links := value[[]string](b, `[...document.querySelectorAll(".take a")].map(a => a.href)`)
	if len(links) < 3*8 {
		b.t.Errorf("%d links to take something along", len(links))
	}
	for _, link := range links {
		answer := value[string](b, fmt.Sprintf(`fetch(%q).then(async r => r.status + " " + r.headers.get("Content-Type") + " " + (await r.text()).slice(0, 4))`, link))
		want := "200 text/html; charset=utf-8 <!do"
		switch {
		case strings.Contains(link, ".parquet"):
			want = "200 application/vnd.apache.parquet PAR1"
		case strings.Contains(link, ".csv"):
			want = "200 text/csv; charset=utf-8"
		}
		if !strings.HasPrefix(answer, want) {
			b.t.Errorf("%s answers %s, want %s", link, answer, want)
		}
	}
	b.click("//section[@id='features']//a[.='feature_usage_daily']")
	b.see("feature_usage_daily", "What one account did with one feature", "Download 20")
	b.picture("landed")
	b.click("//a[.='Usage of acme']")
	b.see("Active people")
}

// TestUsageIsAccessible has axe, in light and dark, on a wide screen and on a phone, look for what keeps people out.
func TestUsageIsAccessible(t *testing.T) {
	path := cmp.Or(os.Getenv("AXE"), filepath.Join("..", "..", "..", "bin", "axe-core", "package", "axe.min.js"))
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: make browser fetches it", err)
	}
	b := open(t)
	w := connected(t, b)
	for _, page := range []string{"/", "/usage/acme", "/usage/acme/tables/feature_usage_daily", "/sync/acme", "/sync/acme/anew", "run"} {
		if page == "run" {
			b.open(w.page + "/sync/acme")
			page = value[string](b, `document.querySelector("#runs tbody a").getAttribute("href")`)
		}
		for _, width := range []int64{1280, 380} {
			for _, scheme := range []string{"light", "dark"} {
				b.do(chromedp.EmulateViewport(width, 800), b.prefer(scheme))
				b.open(w.page + page)
				value[bool](b, string(axe)+"; true")
				result := value[string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify({
					passes: r.passes.length, violations: r.violations.map(v => v.impact + " " + v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | "))}))`)
				var found struct {
					Passes     int
					Violations []string
				}
				if err := json.Unmarshal([]byte(result), &found); err != nil || found.Passes < 10 {
					t.Fatalf("%d rules were passed: %v", found.Passes, err)
				}
				for _, v := range found.Violations {
					t.Errorf("%s at %d pixels, %s: %s", page, width, scheme, v)
				}
			}
		}
	}
}

// TestUsageByKeyboard comes to everything with Tab, sees where it is, and opens a query with Enter.
func TestUsageByKeyboard(t *testing.T) {
	b := open(t)
	w := connected(t, b)
	b.open(w.page + "/usage/acme")
	var passed []string
	for range 400 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := value[string](b, `(e => e === document.body ? "" : e.tagName + " " + (e.getAttribute("aria-label") || e.textContent.trim().slice(0, 40) || e.id) + (e.matches(":focus-visible") ? "" : " unseen"))(document.activeElement)`)
		if at == "" {
			break
		}
		passed = append(passed, at)
	}
	all := strings.Join(passed, "\n")
	for _, want := range []string{"A Skip to content", "A 30 days", "SUMMARY Other days", "DIV Seats by month", "DIV People by feature and month", "INPUT q", "SELECT", "A Last seen", "BUTTON Filter", "A CSV of stories", "SUMMARY Query for Athena that gives stories"} {
		if !strings.Contains(all, want) {
			t.Errorf("Tab does not come to %q, but to:\n%s", want, all)
		}
	}
	if strings.Contains(all, " unseen") {
		t.Errorf("what has the focus is not seen:\n%s", all)
	}
	b.do(chromedp.Focus("#stories summary", chromedp.NodeVisible), chromedp.KeyEvent(kb.Enter))
	b.see("from story_activity")
}

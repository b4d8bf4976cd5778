package browser_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// standing is what bucketlake status --json says of a workspace, as far as the page of syncs shows it.
type standing struct {
	Spent    int `json:"requests_spent"`
	Limit    int `json:"requests_limit"`
	ByStream []struct {
		Stream    string
		Hour, Day int
	} `json:"requests_by_stream"`
	Streams []struct {
		Stream, State, Problem, Remedy, Disabled string
		AdminOnly                                bool `json:"admin_only"`
		Rows, Requests                           int
	}
	Runs []struct {
		Outcome           string
		Requests, Changed int
	}
	Backfill *struct {
		Spent    int
		Ended    time.Time
		Forecast *struct{ Requests, Left int }
	}
}

// status asks the command.
func (w *worker) status(t *testing.T) standing {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "status", "--json", "--runs", "100")
	cmd.Env, cmd.Dir = w.env, w.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Connections []standing }
	if err := json.Unmarshal(out, &said); err != nil || len(said.Connections) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return said.Connections[0]
}

// runs waits until so many runs have ended.
func (b *browser) runs(w *worker, n int) standing {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		s := w.status(b.t)
		if len(s.Runs) >= n {
			return s
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%d runs after a minute, want %d; the page says:\n%s", len(s.Runs), n, b.text())
		}
	}
}

// checkSync holds what the page shows against what the command says.
func (b *browser) checkSync(w *worker) {
	b.t.Helper()
	s := w.status(b.t)
	b.open(w.page + "/sync/acme")
	var want, got []string
	for _, r := range s.Runs {
		want = append(want, fmt.Sprint(r.Outcome, " ", r.Requests, " ", r.Changed))
	}
	for _, r := range b.rows("runs") {
		outcome := r[1]
		if outcome == "to be continued" {
			outcome = "interrupted"
		}
		got = append(got, fmt.Sprint(outcome, " ", digits(r[3]), " ", digits(r[4])))
	}
	b.same("runs", want, got)

	want, got = nil, nil
	for i, st := range s.ByStream {
		if i < 12 {
			want = append(want, fmt.Sprint(st.Stream, " ", st.Hour, " ", st.Day))
		}
	}
	for _, r := range b.rows("requests") {
		got = append(got, fmt.Sprint(r[0], " ", digits(r[1]), " ", digits(r[3])))
	}
	b.same("requests by stream", want, got)

	states := map[string]string{"up to date": "current", "reading the past": "backfill", "waiting": "waiting", "failed": "refused", "not permitted": "disabled"}
	want, got = nil, nil
	for _, st := range s.Streams {
		if !st.AdminOnly || st.Disabled == "" {
			want = append(want, fmt.Sprint(st.Stream, " ", st.State, " ", st.Rows, " ", st.Requests))
		}
	}
	for _, r := range b.rows("streams") {
		if len(r) > 1 { // not what is told of the one above
			got = append(got, fmt.Sprint(r[0], " ", states[r[1]], " ", digits(r[4]), " ", digits(r[5])))
		}
	}
	b.same("streams", want, got)

	left := digits(value[string](b, `[...document.querySelectorAll(".tile")].find(t => t.textContent.startsWith("Requests left")).querySelector(".value").firstChild.textContent.trim()`))
	if left != s.Limit-s.Spent {
		b.t.Errorf("%d requests are left, want %d of %d", left, s.Limit-s.Spent, s.Limit)
	}
}

// TestSync walks through the page of syncs: runs, streams, requests, what is wrong with its remedy, and what its buttons do.
func TestSync(t *testing.T) {
	b := open(t)
	w := start(t, company, "BITBUCKET_REQUESTS_PER_HOUR=2500")
	b.open(w.page + "/sync")
	b.see("No workspace is connected.")
	b.open(w.page)
	b.press("Connect a workspace")
	b.answer("Grant access")
	b.see("Connected workspace acme as")
	b.click("//nav[@aria-label='Pages']/a[.='Sync']")
	b.see("Sync of acme", "Syncing ", "requests since")
	b.picture("sync-running")
	first := b.runs(w, 1)
	b.see("up to date") // it has looked again by itself
	if first.Backfill == nil || first.Backfill.Spent == 0 {
		t.Fatalf("nothing was spent on the past: %+v", first.Backfill)
	}
	b.checkSync(w)
	if said := digits(strings.Fields(b.pastSentence())[0]); said != first.Backfill.Spent {
		t.Errorf("%d requests are said to have been spent on the past, want %d", said, first.Backfill.Spent)
	}
	b.picture("sync")

	w.bitbucket.Advance(20)
	b.press("Sync now")
	b.see("A sync begins now.")
	b.runs(w, 2)
	b.checkSync(w)

	w.bitbucket.Fault(bitbuckettest.Fault{Path: "/projects", Times: -1, Status: 500, Body: "Bitbucket is unwell"})
	b.press("Sync now")
	failed := b.runs(w, 3)
	b.checkSync(w)
	remedy := ""
	for _, st := range failed.Streams {
		if st.Stream == "projects" && st.State == "refused" {
			remedy = st.Remedy
		}
	}
	if remedy == "" {
		t.Fatalf("projects did not fail: %+v", failed.Streams)
	}
	b.see("Needs attention", "500 Internal Server Error", "What to do: "+remedy)
	b.click("//section[@id='runs']//tbody/tr[1]//a")
	b.see("Run of ", "stopped early", "What to do: "+remedy)
	b.picture("sync-run")
	b.click("//a[.='Sync of acme']")
	w.bitbucket.ClearFaults()
	w.bitbucket.ResetRequests()
	b.press("Retry now")
	b.runs(w, 4)
	b.checkSync(w)
	b.seeNot("What to do")

	b.fullSync(w, first)
	b.notPermitted(w)
}

func (b *browser) pastSentence() string {
	b.t.Helper()
	said := value[string](b, `document.querySelector("#past-rows p").textContent`)
	return said[strings.LastIndex(said, ": ")+2:]
}

// fullSync reads one stream again, and then everything.
func (b *browser) fullSync(w *worker, first standing) {
	b.t.Helper()
	count := func(path string) (n int) {
		for _, r := range w.bitbucket.Requests() {
			if strings.Contains(r.Route, path) {
				n += r.Count
			}
		}
		return n
	}
	w.bitbucket.ResetRequests()
	b.click("//a[starts-with(., 'Full sync')]")
	b.see("Read acme again?", fmt.Sprintf("About %s requests", commas(first.Backfill.Spent)), "That is what it took the last time.")
	b.picture("sync-anew")
	b.do(chromedp.SendKeys(chromedp.ID("stream"), "tags"))
	b.press("Choose")
	b.see("Read tags of acme again?")
	b.press("Read tags again")
	b.see("Tags is read again from the beginning: a sync begins now.")
	b.runs(w, 5)
	b.checkSync(w)
	if n := count("/refs/tags"); n == 0 || count("/commits") > n {
		b.t.Errorf("%d requests for tags and %d for commits after a full sync of tags", n, count("/commits"))
	}
	b.click("//a[starts-with(., 'Full sync')]")
	b.press("Read everything again")
	b.see("Everything is read again from the beginning: a sync begins now.")
	again := b.runs(w, 6)
	if f := again.Backfill.Forecast; f == nil || f.Requests < first.Backfill.Spent || again.Backfill.Spent < first.Backfill.Spent*8/10 || again.Backfill.Ended.IsZero() {
		b.t.Errorf("%+v, %+v of a full sync; the first reading took %d", again.Backfill, f, first.Backfill.Spent)
	}
	b.checkSync(w)
	b.picture("sync-after-full")
}

// notPermitted takes permissions away, and then the whole grant.
func (b *browser) notPermitted(w *worker) {
	b.t.Helper()
	w.bitbucket.Tick(bitbuckettest.DefaultConsumer.ID, "account", "project", "repository")
	b.open(w.page)
	b.press("Reconnect")
	b.answer("Grant access")
	b.press("Connect acme")
	b.see("Needs attention")
	b.runs(w, 7)
	b.checkSync(w)
	b.see("not permitted", "The grant lacks a permission: tick Pull requests: Read on the OAuth consumer, then connect again.")
	b.picture("sync-not-permitted")
	w.bitbucket.RevokeGrants()
	b.press("Retry now")
	b.see("Reconnect needed", "What to do: press Reconnect and grant access again.")
	b.seeNot("Retry now")
	b.picture("sync-revoked")
}

func commas(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

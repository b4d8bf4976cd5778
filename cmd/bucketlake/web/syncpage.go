package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
)

// runsAtFirst are listed unless somebody asks for all.
const runsAtFirst = 12

// syncPage is how reading a workspace goes on.
type syncPage struct {
	card
	Workspaces []link
	Tiles      []tile
	LeftCharts []chart // how the hour drains and refills
	Bought     []boughtRow
	Unlisted   int // streams that bought less
	Past       []pastRow
	PastRest   int // streams that took less
	StreamRows []streamRow
	Leftout    []string // streams that only an administrator may read
	RunRows    []runRow
	AllRuns    string // address of the page with all runs; empty: they are there
}

// boughtRow is what a stream took of the hour; Width is its part of what the one that took the most did.
type boughtRow struct {
	status.Bought
	Width float64
}

// pastRow compares forecast and fact of a stream's past. Widths are parts of what the largest takes.
type pastRow struct {
	status.BackfillStream
	Done, Left float64
}

// streamRow is a stream, in words.
type streamRow struct {
	status.Stream
	Dot   string // class of the state
	Words string
	Why   string // a sentence; empty where there is nothing to say
}

// runRow is a run, in words.
type runRow struct {
	status.Run
	Link  string
	Words string
	Badge string
}

func newSyncPage(c card, workspaces []string, allRuns bool) *syncPage {
	p := &syncPage{card: c}
	for _, w := range workspaces {
		p.Workspaces = append(p.Workspaces, link{w, syncAddress(w), w == c.Workspace})
	}
	p.streams()
	p.tiles()
	p.requests()
	p.past()
	p.runs(allRuns)
	return p
}

// streams lists those that need a look first, and those in order after them.
func (p *syncPage) streams() {
	for _, st := range p.Streams {
		if st.AdminOnly && st.Disabled != "" {
			p.Leftout = append(p.Leftout, st.Stream)
			continue
		}
		row := streamRow{Stream: st}
		row.Dot, row.Words = p.stateOf(&st)
		row.Why = why(&st)
		p.StreamRows = append(p.StreamRows, row)
	}
	urgency := map[string]int{"red": 0, "yellow": 1}
	slices.SortStableFunc(p.StreamRows, func(a, b streamRow) int {
		x, ok := urgency[a.Dot]
		y, also := urgency[b.Dot]
		if !ok {
			x = 2
		}
		if !also {
			y = 2
		}
		return cmp.Compare(x, y)
	})
}

func (p *syncPage) stateOf(st *status.Stream) (dot, words string) {
	switch {
	case st.State == status.StreamDisabled:
		return "yellow", "not permitted"
	case st.State == status.StreamRefused:
		return "red", "failed"
	case p.Running != nil && p.Running.Stream == st.Stream:
		return "blue", "reading now"
	case st.Anew:
		return "blue", "to be read again"
	case st.State == status.StreamBackfill:
		return "blue", "reading the past"
	case st.State == status.StreamWaiting:
		return "off", "waiting"
	}
	return "green", "up to date"
}

// why says more of a stream's state.
func why(st *status.Stream) string {
	switch {
	case st.Disabled != "":
		return status.Sentence(st.Disabled)
	case st.Problem != "":
		return status.Sentence(st.Problem)
	case st.Unread > 0 && st.ReadBackTo.IsZero():
		return "Older rows of " + repositories(st.Unread) + " are still to come."
	case st.Unread > 0:
		return "Read back to " + st.ReadBackTo.Format("2 January 2006") + ": older rows of " + repositories(st.Unread) + " are still to come."
	}
	return ""
}

func repositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return count(n) + " repositories"
}

func (p *syncPage) tiles() {
	fine := 0
	for _, st := range p.StreamRows {
		if st.State == status.StreamCurrent {
			fine++
		}
	}
	complete := tile{Name: "Complete as of", Value: "Not yet"}
	if p.LastComplete != nil {
		complete.Value, complete.Note = ago(*p.LastComplete, p.Now), p.LastComplete.Format("2 January, 15:04 UTC")
	}
	left := tile{Name: "Requests left", Value: "No limit", Note: count(p.RequestsSpent) + " in the last hour"}
	if p.RequestsLimit > 0 {
		left.Value, left.Of = count(p.RequestsLeft()), "of "+count(p.RequestsLimit)
		if left.Note = "all of this hour"; len(p.RequestsBack) > 0 {
			next := p.RequestsBack[0]
			left.Note = fmt.Sprintf("%s back by %s UTC", count(next.Requests), next.At.Format("15:04"))
		}
	}
	next := tile{Name: "Next run", Value: "Not planned"}
	switch {
	case p.Running != nil:
		next.Value, next.Note = "Now", plural(p.Running.Requests, "request")+" so far"
	case p.Waiting != nil && !p.Waiting.After(p.Now.Add(soon)):
		next.Value = "Now"
	case p.Waiting != nil:
		next.Value, next.Note = ago(*p.Waiting, p.Now), "when requests come back"
	case !p.NextRun.IsZero():
		next.Value, next.Note = ago(p.NextRun, p.Now), p.NextRun.Format("2 January, 15:04 UTC")
	}
	if p.State != oauth.Connected {
		next.Note = "connect it again first"
	}
	p.Tiles = []tile{complete, {Name: "Streams up to date", Value: count(fine), Of: "of " + count(len(p.StreamRows))}, left, next}
}

const (
	// chartPast and chartAhead are what the chart of requests shows, in steps.
	chartPast, chartAhead, chartStep = 2 * time.Hour, time.Hour, 5 * time.Minute

	boughtAtMost, pastAtMost = 12, 15 // streams that are listed
)

// requests draws how many were left, and, if nothing more is spent, when they are back. Where there is no limit it draws
// how many were spent.
func (p *syncPage) requests() {
	var bars []bar
	first := p.Now.Add(-chartPast).Truncate(chartStep)
	for at := first; at.Before(p.Now.Add(chartAhead)); at = at.Add(chartStep) {
		end := at.Add(chartStep)
		b := bar{text: end.UTC().Format("15:04"), values: []int64{0, 0}}
		switch ahead := end.After(p.Now.Add(chartStep)); {
		case p.RequestsLimit == 0 && ahead:
			continue
		case p.RequestsLimit == 0:
			n := p.spent(at, end)
			b.values[0], b.title = int64(n), fmt.Sprintf("%s to %s UTC: %s spent", at.UTC().Format("15:04"), b.text, plural(n, "request"))
		case ahead:
			n := p.LeftAt(end.Add(-time.Nanosecond))
			b.values[1], b.title = int64(n), fmt.Sprintf("%s UTC: %s left, if nothing more is spent", b.text, plural(n, "request"))
		default:
			n := p.LeftAt(earlier(end.Add(-time.Nanosecond), p.Now))
			b.values[0] = int64(n)
			b.title = fmt.Sprintf("%s UTC: %s left; %s spent in the five minutes before", b.text, plural(n, "request"), count(p.spent(at, end)))
		}
		bars = append(bars, b)
	}
	label := fmt.Sprintf("Requests left of %s, from two hours ago until in an hour: now %s. The table beside it says what they were spent for, and what comes back.",
		count(p.RequestsLimit), count(p.RequestsLeft()))
	if p.RequestsLimit == 0 {
		label = "Requests spent in each five minutes of the last two hours: " + count(p.RequestsSpent) + " in the last hour."
	}
	p.LeftCharts = charts(label, []string{"active", "past"}, bars)
	for i, b := range p.RequestsByStream {
		if i == boughtAtMost {
			p.Unlisted = len(p.RequestsByStream) - i
			break
		}
		p.Bought = append(p.Bought, boughtRow{b, width(b.Hour, p.RequestsByStream[0].Hour)})
	}
}

func (p *syncPage) spent(from, to time.Time) (n int) {
	for _, one := range p.Spendings {
		if !one.Minute.Before(from) && one.Minute.Before(to) {
			n += one.Requests
		}
	}
	return n
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// width is a part of the most, in percent; what is there at all can be seen.
func width(n, most int) float64 {
	if n == 0 || most == 0 {
		return 0
	}
	return max(1, round(100*float64(n)/float64(most)))
}

// past compares forecast and fact, the largest first.
func (p *syncPage) past() {
	if p.Backfill == nil || p.Backfill.Forecast == nil {
		return
	}
	most := 0
	for _, st := range p.Backfill.Streams {
		most = max(most, st.Spent, st.Forecast)
	}
	for _, st := range p.Backfill.Streams {
		if st.Spent == 0 && st.Forecast == 0 {
			continue
		}
		row := pastRow{BackfillStream: st, Done: width(st.Spent, most)}
		if p.Backfill.Ended.IsZero() {
			row.Left = width(max(0, st.Forecast-st.Spent), most)
		}
		p.Past = append(p.Past, row)
	}
	slices.SortStableFunc(p.Past, func(a, b pastRow) int { return cmp.Compare(max(b.Spent, b.Forecast), max(a.Spent, a.Forecast)) })
	if len(p.Past) > pastAtMost {
		p.Past, p.PastRest = p.Past[:pastAtMost], len(p.Past)-pastAtMost
	}
}

// PastSentence says how the first reading went, or goes.
func (p *syncPage) PastSentence() string {
	switch b := p.Backfill; {
	case b == nil:
		return ""
	case !b.Ended.IsZero() && b.Forecast == nil:
		return fmt.Sprintf("All of the past was read by %s: %s.", status.Clock(b.Ended), plural(b.Spent, "request"))
	default:
		return status.Sentence(b.String())
	}
}

// PastShare is how much of the past has been read, in percent, as far as a forecast tells.
func (p *syncPage) PastShare() int {
	if p.Backfill == nil || p.Backfill.Forecast == nil || p.Backfill.Forecast.Requests == 0 {
		return 0
	}
	read := p.Backfill.Forecast.Requests - p.Backfill.Forecast.Left
	return 100 * read / p.Backfill.Forecast.Requests
}

func (p *syncPage) runs(all bool) {
	for i, r := range p.Runs {
		if !all && i == runsAtFirst {
			p.AllRuns = syncAddress(p.Workspace) + "?runs=all"
			break
		}
		p.RunRows = append(p.RunRows, newRunRow(p.Workspace, r))
	}
}

func newRunRow(workspace string, r status.Run) runRow {
	row := runRow{Run: r, Badge: "off", Words: cmp.Or(r.Outcome, "ended")}
	if r.ID != "" {
		row.Link = syncAddress(workspace) + "/runs/" + r.ID
	}
	switch r.Outcome {
	case status.Complete:
		row.Badge = "green"
	case status.Partial:
		row.Badge = "yellow"
	case status.Failed:
		row.Badge = "red"
	case status.Interrupted:
		row.Badge, row.Words = "blue", "to be continued"
	}
	return row
}

// Wrong is the first line of what was wrong, and how many more there are.
func (r runRow) Wrong() string {
	first, rest, _ := strings.Cut(r.Problem, "\n")
	first = status.Sentence(strings.TrimPrefix(first, "syncing "+r.Workspace+": "))
	if n := len(strings.Split(rest, "\n")); rest != "" {
		return fmt.Sprintf("%s (and %d more)", first, n)
	}
	return first
}

// length says how long something took.
func length(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%.1f days", math.Round(d.Hours()/2.4)/10)
	}
}

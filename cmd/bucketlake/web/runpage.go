package web

import (
	"fmt"

	"bucketlake/cmd/bucketlake/status"
)

// runPage is what became of each stream in a run.
type runPage struct {
	card
	Run     runRow
	Streams []runStreamRow
	Tiles   []tile
}

type runStreamRow struct {
	status.RunStream
	Dot, Words string
	Why        []string
}

func newRunPage(c card, r *status.Run) *runPage {
	p := &runPage{card: c, Run: newRunRow(c.Workspace, *r)}
	for _, st := range r.Streams {
		row := runStreamRow{RunStream: st, Dot: "green", Words: "complete"}
		switch {
		case st.Disabled != "":
			row.Dot, row.Words = "off", "not permitted"
		case st.Error != "":
			row.Dot, row.Words = "red", "stopped early"
		case len(st.Behind) > 0:
			row.Dot, row.Words = "yellow", fmt.Sprintf("left %d behind", len(st.Behind))
		}
		for _, why := range append([]string{st.Disabled, st.Error}, st.Behind...) {
			if why != "" {
				row.Why = append(row.Why, status.Sentence(why))
			}
		}
		p.Streams = append(p.Streams, row)
	}
	p.Tiles = []tile{
		{Name: "Requests", Value: count(r.Requests)},
		{Name: "Rows changed", Value: count(r.Changed), Note: count(r.Rows) + " read or computed"},
		{Name: "Written", Value: size(r.Bytes)},
		{Name: "Took", Value: length(r.Seconds), Note: "from " + r.Started.UTC().Format("2 January, 15:04:05 UTC")},
	}
	return p
}

// anewPage asks whether to read something from the beginning, and says what that takes.
type anewPage struct {
	card
	Stream  string // empty: all
	Cost    *status.Cost
	Choices []anewChoice
}

// anewChoice is a stream, or all of them.
type anewChoice struct {
	Stream string
	Cost   *status.Cost
	Here   bool
}

func newAnewPage(c card, stream string) *anewPage {
	p := &anewPage{card: c, Stream: stream, Cost: c.Anew(stream)}
	p.Choices = []anewChoice{{"", c.Anew(""), stream == ""}}
	for _, st := range c.Streams {
		if st.Disabled == "" {
			p.Choices = append(p.Choices, anewChoice{st.Stream, c.Anew(st.Stream), stream == st.Stream})
		}
	}
	return p
}

// Costs says what something takes, in words.
func (p *anewPage) Costs(c *status.Cost) string {
	if c == nil {
		return "not known"
	}
	text := "about " + plural(c.Requests, "request")
	switch {
	case p.RequestsLimit == 0:
	case c.Hours == 0:
		text += ", which this hour still has"
	default:
		text += ", " + status.Hours(c.Hours)
	}
	return text
}

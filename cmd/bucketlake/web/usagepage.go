package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/schemas"
)

// usagePage is the report of a workspace, made ready to be shown.
type usagePage struct {
	*usage.Report
	Workspaces []link
	Periods    []link
	Period     string // in words
	Before     string // the one before, in words; empty where there is none
	From, To   string
	Custom     bool // somebody chose the days
	Tiles      []tile

	ActiveCharts, SeatCharts []chart
	FeatureRows              []featureRow
	Heat                     heatMap
	Seats                    peopleTable
	Projects, Repositories   placeTable
	Stories                  storyTable
	Others                   string

	query url.Values // that the page was asked with
}

// link is a choice, and whether it is the one that was made.
type link struct {
	Text, Address string
	Here          bool
}

// tile is a number that stands for much.
type tile struct {
	Name, Value, Of string
	Change          *change
	Note            string
}

// change is how a number differs from the one before.
type change struct {
	Text  string // short
	Words string // for those who hear it
	Way   string // up, down or same
}

func newUsagePage(r *usage.Report, all []string, q url.Values) *usagePage {
	p := &usagePage{Report: r, query: q, From: date(r.Period.From), To: date(r.Period.To)}
	p.choices(all)
	p.tiles()
	p.ActiveCharts, p.SeatCharts = p.activeCharts(), p.seatCharts()
	p.FeatureRows = p.featureRows()
	p.Heat = newHeatMap(r.Adoption)
	p.Seats = p.peopleTable()
	p.Projects, p.Repositories = p.placeTable(r.Projects, "projects"), p.placeTable(r.Places, "repositories")
	p.Stories = p.storyTable()
	p.Others = others(r.Others)
	return p
}

// address is that of the page with some of its query changed; an empty value takes a key out.
func (p *usagePage) address(fragment string, pairs ...string) string {
	q := url.Values{}
	for key, values := range p.query {
		if known := "days from to q status sort order page places stories"; strings.Contains(" "+known+" ", " "+key+" ") && values[0] != "" {
			q.Set(key, values[0])
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u := url.URL{Path: "/usage/" + p.Workspace, RawQuery: q.Encode(), Fragment: fragment}
	return u.String()
}

func (p *usagePage) choices(all []string) {
	for _, workspace := range all {
		u := url.URL{Path: "/usage/" + workspace, RawQuery: p.period().Encode()}
		p.Workspaces = append(p.Workspaces, link{workspace, u.String(), workspace == p.Workspace})
	}
	chosen := choiceOf(p.query)
	p.Custom = chosen.From != "" || chosen.To != ""
	for _, c := range []struct{ days, text string }{{"30", "30 days"}, {usage.Last90, "90 days"}, {"365", "12 months"}, {usage.All, "All time"}} {
		p.Periods = append(p.Periods, link{c.text, p.address("", "days", c.days, "from", "", "to", "", "page", ""), !p.Custom && c.days == chosen.Last})
	}
	now := p.Report.Period
	p.Period = fmt.Sprintf("%s to %s", longDay(now.From), longDay(now.To))
	if !now.Whole {
		p.Before = plural(now.Days(), "day") + " before"
	}
}

// period is the part of the query that chooses the days.
func (p *usagePage) period() url.Values {
	q := url.Values{}
	for _, key := range []string{"days", "from", "to"} {
		if v := p.query.Get(key); v != "" {
			q.Set(key, v)
		}
	}
	return q
}

// Sheet is the address of what there is to take of a chart.
func (p *usagePage) Sheet(name, kind string) string {
	u := url.URL{Path: "/usage/" + p.Workspace + "/" + name + "." + kind, RawQuery: p.period().Encode()}
	return u.String()
}

// Take is what there is to take of a chart: its query, and the tables behind it.
func (p *usagePage) Take(name string) takeAway {
	sheet, ok := p.Report.Sheet(name)
	if !ok {
		panic("no sheet " + name)
	}
	t := takeAway{Name: name, CSV: p.Sheet(name, "csv"), Parquet: p.Sheet(name, "parquet"), SQL: sheet.SQL}
	for _, table := range sheet.Tables {
		t.Tables = append(t.Tables, link{Text: table.Name, Address: "/usage/" + url.PathEscape(p.Workspace) + "/tables/" + table.Name})
	}
	return t
}

type takeAway struct {
	Name, CSV, Parquet, SQL string
	Tables                  []link
}

func (p *usagePage) tiles() {
	unused, never := 0, 0
	for _, person := range p.People {
		if person.ActiveDays == 0 {
			unused++
			if person.LastSeen == nil {
				never++
			}
		}
	}
	used := 0
	for _, f := range p.Features {
		if f.People > 0 {
			used++
		}
	}
	people := tile{Name: "Active people", Value: count(p.ActivePeople), Note: "since " + longDay(p.First)}
	stories := tile{Name: "Stories under way", Value: count(len(p.Report.Stories)), Note: people.Note}
	if p.Before != "" {
		people.Change = difference(int64(p.ActivePeople), int64(p.ActiveBefore), p.Before)
		stories.Change = difference(int64(len(p.Report.Stories)), int64(p.StoriesBefore), p.Before)
		people.Note, stories.Note = "vs. "+p.Before, "vs. "+p.Before
	}
	if p.WithoutSeat > 0 {
		people.Of = fmt.Sprintf("%s without a seat", count(p.WithoutSeat))
	}
	p.Tiles = []tile{
		people,
		{Name: "Seats", Value: count(len(p.People)), Note: "as of " + shortDay(p.Last)},
		{
			Name: "Unused seats", Value: count(unused), Of: percent(float64(unused) / float64(max(1, len(p.People)))),
			Note: fmt.Sprintf("%s of them never used", count(never)),
		},
		{Name: "Features in use", Value: count(used), Of: "of " + count(len(p.Features)), Note: "by at least one person"},
		stories,
	}
}

// difference says by how much a number grew or shrank.
func difference(now, before int64, since string) *change {
	d := now - before
	switch {
	case d > 0:
		return &change{"+" + count(int(d)), fmt.Sprintf("%s more than in the %s", count(int(d)), since), "up"}
	case d < 0:
		return &change{"−" + count(int(-d)), fmt.Sprintf("%s fewer than in the %s", count(int(-d)), since), "down"}
	}
	return &change{"±0", "as many as in the " + since, "same"}
}

// growth says it in percent.
func growth(now, before int64, since string) *change {
	switch {
	case before == 0 && now == 0:
		return &change{"", "none in the " + since, "same"}
	case before == 0:
		return &change{"new", "none in the " + since, "up"}
	}
	d := int(math.Round(100 * float64(now-before) / float64(before)))
	switch {
	case d > 0:
		return &change{fmt.Sprintf("+%s%%", count(d)), fmt.Sprintf("%d percent more than in the %s", d, since), "up"}
	case d < 0:
		return &change{fmt.Sprintf("−%d%%", -d), fmt.Sprintf("%d percent fewer than in the %s", -d, since), "down"}
	}
	return &change{"±0%", "as many as in the " + since, "same"}
}

func (p *usagePage) activeCharts() []chart {
	var bars []bar
	busiest := 0
	for _, a := range p.Active {
		busiest = max(busiest, a.People)
		b := bar{text: stepText(p.Unit, a.Start), values: []int64{int64(a.People)}, partly: a.Partly}
		b.title = fmt.Sprintf("%s: %s", stepName(p.Unit, a.Step), peopleCount(a.People))
		bars = append(bars, b)
	}
	label := fmt.Sprintf("Active people by %s, %s: at most %s. The table beside it has the numbers.", p.Unit, p.Period, count(busiest))
	return charts(label, []string{"active"}, bars)
}

func (p *usagePage) seatCharts() []chart {
	var bars []bar
	for i, m := range p.Report.Seats {
		b := bar{text: shortMonth(m.Month), values: []int64{m.Active, m.Idle, m.Never}, partly: i == len(p.Report.Seats)-1}
		b.title = fmt.Sprintf("%s: %d active, %d idle, %d never used", longMonth(m.Month), m.Active, m.Idle, m.Never)
		bars = append(bars, b)
	}
	label := "Seats by month. "
	if n := len(p.Report.Seats); n > 0 {
		last := p.Report.Seats[n-1]
		label += fmt.Sprintf("In %s, %d of %d were used. ", longMonth(last.Month), last.Active, last.Seats)
	}
	return charts(label+"The table beside it has the numbers.", []string{"active", "idle", "never"}, bars)
}

type featureRow struct {
	Name                       string
	People, Before             int
	Events                     int64
	Share, ShareBefore         string // length of the bars, in percent
	PeopleChange, EventsChange *change
}

func (p *usagePage) featureRows() (rows []featureRow) {
	most := 1
	for _, f := range p.Features {
		most = max(most, f.People, f.PeopleBefore)
	}
	for _, f := range p.Features {
		row := featureRow{Name: featureName(f.Name), People: f.People, Before: f.PeopleBefore, Events: f.Events, Share: part(f.People, most)}
		if p.Before != "" {
			row.ShareBefore = part(f.PeopleBefore, most)
			row.PeopleChange = difference(int64(f.People), int64(f.PeopleBefore), p.Before)
			row.EventsChange = growth(f.Events, f.EventsBefore, p.Before)
		}
		rows = append(rows, row)
	}
	return rows
}

// part is the length of a bar in percent of the longest one.
func part(n, most int) string {
	return strconv.FormatFloat(100*float64(n)/float64(max(1, most)), 'f', 1, 64)
}

func others(list []usage.Other) string {
	names := map[string]string{
		schemas.UserTypeApp: "by apps", schemas.UserTypeDeleted: "by deleted accounts", schemas.UserTypeTeam: "by workspaces",
		schemas.UserTypeUnknown: "by authors whose address belongs to no account",
	}
	var parts []string
	for _, o := range list {
		by := names[o.UserType]
		if by == "" {
			by = "by accounts of type " + o.UserType
		}
		parts = append(parts, plural(int(o.Events), "event")+" "+by)
	}
	if len(parts) == 0 {
		return ""
	}
	return status.Sentence("people only are counted here; left out are " + strings.Join(parts, ", "))
}

func sentence(err error) string { return status.Sentence(err.Error()) }

// featureName writes a feature for people.
func featureName(f string) string {
	f = strings.ReplaceAll(f, "_", " ")
	if f == "" {
		return f
	}
	return strings.ToUpper(f[:1]) + f[1:]
}

func peopleCount(n int) string {
	if n == 1 {
		return "1 person"
	}
	return count(n) + " people"
}

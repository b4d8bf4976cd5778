package web

import (
	"cmp"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/schemas"
)

// Of long tables the first rows are shown, and when asked for, as many as a browser likes; what is taken along has all.
const (
	fewRows  = 15
	mostRows = 1000
)

// some leaves the rows to show of a long table: many, where all is said to be. It returns how many are left out.
func some[T any](rows []T, all bool) (shown []T, hidden int) {
	most := fewRows
	if all {
		most = mostRows
	}
	if len(rows) <= most {
		return rows, 0
	}
	return rows[:most], len(rows) - most
}

// rest is what a table does not show.
type rest struct {
	All    string // address that shows more of it; empty where it is this one
	Hidden int
}

// More is how many rows that address shows more.
func (r rest) More() int { return min(r.Hidden, mostRows-fewRows) }

// placeTable is projects, or repositories.
type placeTable struct {
	Rows []placeRow
	rest
}

type placeRow struct {
	usage.Place
	Name, Project string
	Share         string
	Day           string
}

func (p *usagePage) placeTable(places []usage.Place, name string) (t placeTable) {
	all := p.query.Get("places") == "all"
	if places, t.Hidden = some(places, all); !all {
		t.All = p.address(name, "places", "all")
	}
	most := 1
	for _, at := range places {
		most = max(most, at.People)
	}
	for _, at := range places {
		row := placeRow{Place: at, Share: part(at.People, most), Day: shortDay(at.LastUsed)}
		row.Project = cmp.Or(at.ProjectKey, "none")
		row.Name = cmp.Or(at.Repository, at.UUID)
		if at.UUID == "" {
			row.Name = cmp.Or(at.ProjectName, at.ProjectKey, "No project")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// storyTable is the stories with most people.
type storyTable struct {
	Rows []storyRow
	rest
}

type storyRow struct {
	*schemas.StoryActivity
	Share       string
	First, Last string
}

func (p *usagePage) storyTable() (t storyTable) {
	all := p.query.Get("stories") == "all"
	var stories []*schemas.StoryActivity
	if stories, t.Hidden = some(p.Report.Stories, all); !all {
		t.All = p.address("stories", "stories", "all")
	}
	most := 1
	for _, s := range stories {
		most = max(most, int(s.People))
	}
	for _, s := range stories {
		t.Rows = append(t.Rows, storyRow{
			s, part(int(s.People), most), shortDay(schemas.DateOf(s.FirstActivity)), shortDay(schemas.DateOf(s.LastActivity)),
		})
	}
	return t
}

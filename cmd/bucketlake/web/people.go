package web

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/schemas"
)

// column is the head of a column that can be sorted by.
type column struct {
	Name    string
	Number  bool
	Address string // that sorts by it; empty: it can't be
	Sorted  string // ascending, descending or nothing
	Hint    string
}

// pageSize is how many rows of a long table are shown at a time.
const pageSize = 25

// peopleTable is the seats, filtered and sorted.
type peopleTable struct {
	Query, Status string
	Statuses      []link // text and value
	Columns       []column
	Rows          []personRow
	Found, First  int
	Earlier, More string // addresses
	Keep          map[string]string
	Clear         string
	Features      []string // that the strips stand for
}

type personRow struct {
	Name, UUID, Hash string
	Status           string
	Day              string // on which somebody was last seen; empty: never
	LastSeen, Ago    string // the same for people
	ActiveDays       int64
	Trend            []sparkBar
	Used             []stripCell
	FeatureNames     string
	Count            int
	Events           int64
}

type sparkBar struct{ X, Y, Width, Height string }

type stripCell struct {
	X  int
	On bool
}

// personName is how somebody is called, where names are hashed or dropped, too.
func personName(p usage.Person) string {
	switch {
	case p.Name == "":
		return "Account " + short(strings.Trim(p.UUID, "{}"))
	case schemas.FormOf(p.Name) != schemas.PlainNames:
		return "Person " + short(p.Name[strings.LastIndexByte(p.Name, ':')+1:])
	}
	return p.Name
}

func short(s string) string { return s[:min(8, len(s))] }

// byPerson orders people by a column.
var byPerson = map[string]func(a, b usage.Person) int{
	"name":     func(a, b usage.Person) int { return strings.Compare(personName(a), personName(b)) },
	"status":   func(a, b usage.Person) int { return strings.Compare(a.Status, b.Status) },
	"seen":     func(a, b usage.Person) int { return cmp.Compare(lastSeen(a), lastSeen(b)) },
	"days":     func(a, b usage.Person) int { return cmp.Compare(a.ActiveDays, b.ActiveDays) },
	"features": func(a, b usage.Person) int { return cmp.Compare(len(a.Features), len(b.Features)) },
	"events":   func(a, b usage.Person) int { return cmp.Compare(a.Events, b.Events) },
}

func lastSeen(p usage.Person) schemas.Date {
	if p.LastSeen == nil {
		return math.MinInt32
	}
	return *p.LastSeen
}

func (p *usagePage) peopleTable() peopleTable {
	t := peopleTable{Query: p.query.Get("q"), Status: p.query.Get("status"), Keep: map[string]string{}}
	for _, s := range []struct{ value, text string }{
		{"", "All seats"}, {"unused", "Unused in these days"}, {"active", "Active"}, {"idle", "Idle"}, {"never", "Never used"},
	} {
		t.Statuses = append(t.Statuses, link{s.text, s.value, s.value == t.Status})
	}
	for _, key := range []string{"days", "from", "to", "sort", "order", "places", "stories"} {
		if v := p.query.Get(key); v != "" {
			t.Keep[key] = v
		}
	}
	if t.Query != "" || t.Status != "" {
		t.Clear = p.address("people", "q", "", "status", "", "page", "")
	}
	people := t.filter(p.People)
	key, down := p.query.Get("sort"), p.query.Get("order") == "desc"
	order, ok := byPerson[key]
	if !ok {
		key, order, down = "seen", byPerson["seen"], false
	}
	slices.SortStableFunc(people, func(a, b usage.Person) int {
		if down {
			return order(b, a)
		}
		return order(a, b)
	})
	for _, c := range []column{
		{Name: "Person", Hint: "name"},
		{Name: "Status", Hint: "status"},
		{Name: "Last seen", Hint: "seen"},
		{Name: "Active days", Hint: "days", Number: true},
		{Name: "Features used", Hint: "features", Number: true},
		{Name: "Events", Hint: "events", Number: true},
	} {
		t.Columns = append(t.Columns, p.sortable(c, key, down))
	}
	t.page(p, people)
	return t
}

// sortable gives a column the address that sorts by it: numbers begin with the greatest.
func (p *usagePage) sortable(c column, key string, down bool) column {
	first := ""
	if c.Number {
		first = "desc"
	}
	if c.Hint == key {
		c.Sorted = "ascending"
		if first = "desc"; down {
			c.Sorted, first = "descending", ""
		}
	}
	c.Address = p.address("people", "sort", c.Hint, "order", first, "page", "")
	return c
}

func (t *peopleTable) filter(people []usage.Person) (found []usage.Person) {
	query := strings.ToLower(strings.TrimSpace(t.Query))
	for _, p := range people {
		if query != "" && !strings.Contains(strings.ToLower(personName(p)+" "+p.Name+" "+p.UUID), query) {
			continue
		}
		switch t.Status {
		case "", p.Status:
		case "unused":
			if p.ActiveDays > 0 {
				continue
			}
		default:
			continue
		}
		found = append(found, p)
	}
	return found
}

// page makes the rows of the page that was asked for.
func (t *peopleTable) page(p *usagePage, people []usage.Person) {
	t.Found = len(people)
	n, _ := strconv.Atoi(p.query.Get("page"))
	n = min(max(n, 1), max(1, (len(people)+pageSize-1)/pageSize))
	t.First = (n - 1) * pageSize
	last := min(len(people), t.First+pageSize)
	if n > 1 {
		t.Earlier = p.address("people", "page", strconv.Itoa(n-1))
	}
	if last < len(people) {
		t.More = p.address("people", "page", strconv.Itoa(n+1))
	}
	for _, f := range p.Features {
		t.Features = append(t.Features, f.Name)
	}
	most := int64(1)
	for _, person := range p.People {
		for _, days := range person.Trend {
			most = max(most, days)
		}
	}
	for _, person := range people[t.First:last] {
		t.Rows = append(t.Rows, t.row(p, person, most))
	}
}

// Last is the number of the last row that is shown.
func (t peopleTable) Last() int { return t.First + len(t.Rows) }

// Begin is the number of the first one, from 1 on.
func (t peopleTable) Begin() int { return t.First + 1 }

// StripWidth is how wide a strip of features is.
func (t peopleTable) StripWidth() int { return max(1, 9*len(t.Features)-2) }

func (t *peopleTable) row(p *usagePage, person usage.Person, most int64) personRow {
	row := personRow{
		Name: personName(person), UUID: person.UUID, Status: person.Status, ActiveDays: person.ActiveDays, Events: person.Events,
		Count: len(person.Features),
	}
	if row.Name != person.Name {
		row.Hash = person.Name
	}
	if person.LastSeen != nil {
		row.Day, row.LastSeen = date(*person.LastSeen), shortDay(*person.LastSeen)
		row.Ago = daysAgo(p.Last, *person.LastSeen)
	}
	names := make([]string, len(person.Features))
	for i, f := range person.Features {
		names[i] = strings.ToLower(featureName(f))
	}
	row.FeatureNames = strings.Join(names, ", ")
	for i, f := range t.Features {
		row.Used = append(row.Used, stripCell{9 * i, slices.Contains(person.Features, f)})
	}
	width := 96 / float64(max(1, len(person.Trend)))
	for i, days := range person.Trend {
		if days > 0 {
			height := 20 * float64(days) / float64(most)
			row.Trend = append(row.Trend, sparkBar{
				decimal(float64(i) * width), decimal(20 - height), decimal(max(.6, width-min(1.5, width/4))), decimal(height),
			})
		}
	}
	return row
}

func decimal(f float64) string { return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64) }

package usage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"bucketlake/schemas"
	"bucketlake/transform"
)

// A Report is what the tables say of a workspace in a period. One without seats says that nothing has landed yet.
type Report struct {
	Workspace   string
	Period      Period
	First, Last schemas.Date // of which the tables tell
	Unit        Unit

	Active   []ActiveStep
	Features []Feature // most people first
	People   []Person  // the seats, those unused for the longest time first
	Places   []Place   // most people first
	Projects []Place   // without a repository
	Stories  []*schemas.StoryActivity
	Seats    []*schemas.SeatUtilization // by month
	Adoption []*schemas.FeatureAdoption // of the same months
	SetUp    []SetUp

	ActivePeople, ActiveBefore int // who did something, whether they hold a seat or not
	WithoutSeat                int // of ActivePeople
	Others                     []Other
	StoriesBefore              int

	months  Period // of Seats and Adoption
	privacy transform.Privacy
}

// ActiveStep is who did something in a step of the period.
type ActiveStep struct {
	Step
	People int
	Events int64
}

// Feature is the use of one, in the period and in the one before.
type Feature struct {
	Name                 string
	People, PeopleBefore int
	Events, EventsBefore int64
}

// Person is a seat.
type Person struct {
	UUID       string
	Name       string // empty where names are dropped
	Status     string // as of the last day
	LastSeen   *schemas.Date
	ActiveDays int64 // and the rest is of the period
	Features   []string
	Events     int64
	Trend      []int64 // active days of each step
}

// Place is a repository, or a project.
type Place struct {
	ProjectKey, ProjectName string
	UUID, Repository        string
	People                  int
	Events                  int64
	LastUsed                schemas.Date
	Repositories            int // of a project
}

// SetUp is a feature that nobody is seen to use, and where it is set up.
type SetUp struct {
	Feature      string
	Repositories int
	Items        int64
}

// Other is the events of those who are no people.
type Other struct {
	UserType string
	Events   int64
}

func (r *Report) make(w *workspace) {
	r.Unit = r.Period.Unit()
	t := newTallies(w, r.Period)
	for _, month := range slices.Sorted(maps.Keys(w.digests)) {
		t.add(w.digests[month].value)
	}
	r.active(t)
	r.features(t)
	r.people(t, w)
	r.places(t, w)
	r.stories(w)
	r.monthly(w)
	r.setUp(w)
	for _, kind := range slices.Sorted(maps.Keys(t.others)) {
		r.Others = append(r.Others, Other{kind, t.others[kind]})
	}
}

func (r *Report) active(t *tallies) {
	for i, step := range t.steps {
		r.Active = append(r.Active, ActiveStep{step, t.stepPeople[i].count(), t.stepEvents[i]})
	}
	r.ActivePeople, r.ActiveBefore = t.active.count(), t.activeBefore.count()
}

func (r *Report) features(t *tallies) {
	for i, name := range t.index.features.list {
		f := Feature{name, t.users[i].count(), t.usersBefore[i].count(), t.events[i], t.eventsBefore[i]}
		if f.Events > 0 || f.EventsBefore > 0 {
			r.Features = append(r.Features, f)
		}
	}
	slices.SortFunc(r.Features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(b.Events, a.Events), cmp.Compare(a.Name, b.Name))
	})
}

func (r *Report) people(t *tallies, w *workspace) {
	seated := newSet(len(t.index.people.list))
	for _, s := range w.seats.value {
		p := Person{UUID: s.User.UUID, Name: r.privacy.Name(s.User.DisplayName), Status: s.Status, LastSeen: s.LastSeen}
		if i, ok := t.index.people.at[s.User.UUID]; ok {
			seated.add(i)
			p.ActiveDays, p.Events, p.Trend = t.days[i], t.personEvents[i], t.trend[i]
			for f, users := range t.users {
				if users.has(i) {
					p.Features = append(p.Features, t.index.features.list[f])
				}
			}
			slices.Sort(p.Features)
		}
		r.People = append(r.People, p)
	}
	for i := range t.index.people.list {
		if t.active.has(int32(i)) && !seated.has(int32(i)) {
			r.WithoutSeat++
		}
	}
	slices.SortFunc(r.People, func(a, b Person) int {
		return cmp.Or(cmp.Compare(seen(a), seen(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.UUID, b.UUID))
	})
}

// seen orders people by when they were last seen, and those who never were before all others.
func seen(p Person) schemas.Date {
	if p.LastSeen == nil {
		return -1 << 31
	}
	return *p.LastSeen
}

func (r *Report) places(t *tallies, w *workspace) {
	known := transform.NewPlaces(w.projects.value, w.repositories.value, nil).Repositories
	projects, people := map[string]*Place{}, map[string]set{}
	for i, uuid := range t.index.repositories.list {
		if t.placeEvents[i] == 0 || uuid == "" { // snippets belong to none
			continue
		}
		at := known[uuid]
		p := Place{
			UUID: uuid, Repository: at.Repository, ProjectKey: at.ProjectKey, ProjectName: at.ProjectName,
			People: t.places[i].count(), Events: t.placeEvents[i], LastUsed: t.placeLast[i],
		}
		r.Places = append(r.Places, p)
		whole := projects[p.ProjectKey]
		if whole == nil {
			whole = &Place{ProjectKey: p.ProjectKey, ProjectName: p.ProjectName}
			projects[p.ProjectKey], people[p.ProjectKey] = whole, newSet(len(t.index.people.list))
		}
		whole.Repositories++
		whole.Events += p.Events
		whole.LastUsed = max(whole.LastUsed, p.LastUsed)
		people[p.ProjectKey].join(t.places[i])
	}
	for key, p := range projects {
		p.People = people[key].count()
		r.Projects = append(r.Projects, *p)
	}
	busiest := func(a, b Place) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(b.Events, a.Events),
			strings.Compare(a.ProjectKey, b.ProjectKey), strings.Compare(a.Repository, b.Repository), strings.Compare(a.UUID, b.UUID))
	}
	slices.SortFunc(r.Places, busiest)
	slices.SortFunc(r.Projects, busiest)
}

// stories takes those that were under way in the period: what is known of one is of its whole life.
func (r *Report) stories(w *workspace) {
	under := func(s *schemas.StoryActivity, p Period) bool {
		return schemas.DateOf(s.LastActivity) >= p.From && schemas.DateOf(s.FirstActivity) <= p.To
	}
	for _, s := range w.stories.value {
		if under(s, r.Period) {
			r.Stories = append(r.Stories, s)
		}
		if !r.Period.Whole && under(s, r.Period.Before()) {
			r.StoriesBefore++
		}
	}
	slices.SortFunc(r.Stories, func(a, b *schemas.StoryActivity) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(b.Events, a.Events), strings.Compare(a.StoryKey, b.StoryKey))
	})
}

// monthly takes the months of the period, and at least a year up to its end: a few months show no trend.
func (r *Report) monthly(w *workspace) {
	end := monthOf(r.Period.To)
	year := end.Time().AddDate(0, -11, 0)
	r.months = Period{From: min(monthOf(r.Period.From), schemas.DateOf(year)), To: end}
	for _, m := range w.months.value {
		if r.months.Has(m.Month) {
			r.Seats = append(r.Seats, m)
		}
	}
	for _, a := range w.adoption.value {
		if r.months.Has(a.Month) {
			r.Adoption = append(r.Adoption, a)
		}
	}
}

func (r *Report) setUp(w *workspace) {
	at, features := map[string]*SetUp{}, []string{}
	for _, c := range w.configured.value {
		if at[c.Feature] == nil {
			at[c.Feature] = &SetUp{Feature: c.Feature}
			features = append(features, c.Feature)
		}
		at[c.Feature].Items += c.Items
		if c.RepositoryUUID != "" {
			at[c.Feature].Repositories++
		}
	}
	for _, f := range features {
		r.SetUp = append(r.SetUp, *at[f])
	}
	slices.SortFunc(r.SetUp, func(a, b SetUp) int {
		return cmp.Or(cmp.Compare(b.Repositories, a.Repositories), strings.Compare(a.Feature, b.Feature))
	})
}

func dateOf(year, month int) schemas.Date {
	return schemas.DateOf(time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC))
}

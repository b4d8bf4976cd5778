package usage

import (
	"math/bits"
	"slices"
	"strings"

	"bucketlake/load"
	"bucketlake/schemas"
)

// names numbers texts in the order in which they come.
type names struct {
	list []string
	at   map[string]int32
}

// of returns the number of a text, which may lie in a buffer that somebody else uses again.
func (n *names) of(text string) int32 {
	if i, ok := n.at[text]; ok {
		return i
	}
	if n.at == nil {
		n.at = map[string]int32{}
	}
	text = strings.Clone(text)
	i := int32(len(n.list))
	n.list, n.at[text] = append(n.list, text), i
	return i
}

// into returns the numbers that others have for these texts.
func (n *names) into(others *names) []int32 {
	to := make([]int32, len(n.list))
	for i, text := range n.list {
		to[i] = others.of(text)
	}
	return to
}

// index is the people, features and repositories of a workspace, numbered.
type index struct{ people, features, repositories names }

// A digest is what one month of feature_usage_daily says, as small as it can be and still be counted
// for any days. Bits of days count from the first of the month.
type digest struct {
	month schemas.Date

	uses   []use // those of a person one after the other
	places []place
	deeds  []deed

	featureEvents    map[int32]*perDay // of people
	repositoryEvents map[int32]*perDay // of people, without stories: they tell again what others tell
	otherEvents      map[string]*perDay
}

type perDay [31]int64

type (
	// use is the days on which a person used a feature.
	use struct {
		person, feature int32
		days            uint32
	}
	// place is the days on which a person did something in a repository, and what: stories do not count.
	place struct {
		repository, person int32
		days               uint32
	}
	// deed is how much a person did on a day, without stories.
	deed struct {
		person int32
		day    uint8
		events uint32
	}
)

// sum adds the days of a mask.
func (p *perDay) sum(mask uint32) (n int64) {
	for ; mask != 0; mask &= mask - 1 {
		n += p[bits.TrailingZeros32(mask)]
	}
	return n
}

// columns are what a digest is made of.
var columns = []string{"usage_date", "user_type", "user_uuid", "feature", "repository_uuid", "events"}

// digester makes the digest of a month, portion by portion.
type digester struct {
	index  index // of this month alone
	month  schemas.Date
	people []*monthOfPerson

	featureEvents, repositoryEvents []*perDay // by number
	otherEvents                     map[string]*perDay
}

// monthOfPerson is what one person did.
type monthOfPerson struct {
	uses   []uint32 // days by feature
	places []place  // few
	events [31]uint32
}

func newDigester(month schemas.Date) *digester {
	return &digester{month: month, otherEvents: map[string]*perDay{}}
}

// coded is a column of texts of a portion, and what each text of its list is here.
type coded struct {
	rows []int32
	list []string
	as   []int32 // number in the month's index; -1: not looked up yet
}

func texts(p *load.Portion, column string) coded {
	c := coded{}
	c.rows, c.list = p.Texts(column)
	c.as = make([]int32, len(c.list))
	for i := range c.as {
		c.as[i] = -1
	}
	return c
}

// number returns the number of a row's text.
func (c *coded) number(row int, in *names) int32 {
	at := c.rows[row]
	if c.as[at] < 0 {
		c.as[at] = in.of(c.list[at])
	}
	return c.as[at]
}

func (c *coded) text(row int) string { return c.list[c.rows[row]] }

func (d *digester) add(p *load.Portion) {
	days, events := p.Days("usage_date"), p.Numbers("events")
	types, users := texts(p, "user_type"), texts(p, "user_uuid")
	features, repositories := texts(p, "feature"), texts(p, "repository_uuid")
	for i := range p.Rows {
		n := int(days[i] - d.month)
		if n < 0 || n >= len(perDay{}) {
			continue // it lies in another month's object than it should
		}
		story := features.text(i) == schemas.FeatureStories
		if kind := types.text(i); kind != schemas.UserTypeUser {
			if !story {
				other(d.otherEvents, kind)[n] += events[i]
			}
			continue
		}
		feature := features.number(i, &d.index.features)
		at(&d.featureEvents, feature)[n] += events[i]
		repository := repositories.number(i, &d.index.repositories)
		if !story {
			at(&d.repositoryEvents, repository)[n] += events[i]
		}
		if users.text(i) != "" {
			d.person(users.number(i, &d.index.people)).did(n, feature, repository, story, events[i])
		}
	}
}

func (d *digester) person(number int32) *monthOfPerson {
	for int(number) >= len(d.people) {
		d.people = append(d.people, &monthOfPerson{})
	}
	return d.people[number]
}

func (p *monthOfPerson) did(day int, feature, repository int32, story bool, events int64) {
	bit := uint32(1) << day
	for int(feature) >= len(p.uses) {
		p.uses = append(p.uses, 0)
	}
	p.uses[feature] |= bit
	if !story {
		p.at(repository, bit)
		p.events[day] += uint32(events)
	}
}

func (p *monthOfPerson) at(repository int32, bit uint32) {
	for i := len(p.places) - 1; i >= 0; i-- {
		if p.places[i].repository == repository {
			p.places[i].days |= bit
			return
		}
	}
	p.places = append(p.places, place{repository: repository, days: bit})
}

// at returns the days of a number; one that is new gets some.
func at(of *[]*perDay, number int32) *perDay {
	for int(number) >= len(*of) {
		*of = append(*of, nil)
	}
	if (*of)[number] == nil {
		(*of)[number] = new(perDay)
	}
	return (*of)[number]
}

func other(of map[string]*perDay, kind string) *perDay {
	if of[kind] == nil {
		of[strings.Clone(kind)] = new(perDay)
	}
	return of[kind]
}

// digest is what was counted, in the numbers of a workspace.
func (d *digester) digest(of *index) *digest {
	people, features, repositories := d.index.people.into(&of.people), d.index.features.into(&of.features), d.index.repositories.into(&of.repositories)
	out := &digest{
		month: d.month, otherEvents: d.otherEvents, featureEvents: renumbered(d.featureEvents, features), repositoryEvents: renumbered(d.repositoryEvents, repositories),
	}
	uses, places, deeds := 0, 0, 0
	for _, p := range d.people {
		uses, places, deeds = uses+len(p.uses), places+len(p.places), deeds+len(p.events)
	}
	out.uses, out.places, out.deeds = make([]use, 0, uses), make([]place, 0, places), make([]deed, 0, deeds)
	for i, p := range d.people {
		person := people[i]
		for f, days := range p.uses {
			if days != 0 {
				out.uses = append(out.uses, use{person, features[f], days})
			}
		}
		for _, at := range p.places {
			out.places = append(out.places, place{repositories[at.repository], person, at.days})
		}
		for n, events := range p.events {
			if events > 0 {
				out.deeds = append(out.deeds, deed{person, uint8(n), events})
			}
		}
	}
	out.uses, out.deeds = slices.Clip(out.uses), slices.Clip(out.deeds)
	return out
}

func renumbered(of []*perDay, as []int32) map[int32]*perDay {
	to := make(map[int32]*perDay, len(of))
	for k, n := range of {
		if n != nil {
			to[as[k]] = n
		}
	}
	return to
}

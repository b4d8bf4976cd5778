package usage

import (
	"math/bits"
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

// digester makes the digest of a month, row by row.
type digester struct {
	index  index // of this month alone
	out    digest
	people []*monthOfPerson

	// The table is sorted, so that texts come many times in a row.
	lastUser, lastFeature, lastPlace string
	user, feature, place             int32
}

// monthOfPerson is what one person did.
type monthOfPerson struct {
	uses   []uint32 // days by feature
	places []place  // few
	events [31]uint32
}

func newDigester(month schemas.Date) *digester {
	return &digester{
		out: digest{
			month: month, featureEvents: map[int32]*perDay{}, repositoryEvents: map[int32]*perDay{}, otherEvents: map[string]*perDay{},
		},
		user: -1, feature: -1, place: -1,
	}
}

func (d *digester) add(p *load.Portion) {
	days, events := p.Days("usage_date"), p.Numbers("events")
	types, users := p.Texts("user_type"), p.Texts("user_uuid")
	features, repositories := p.Texts("feature"), p.Texts("repository_uuid")
	// What was last seen must not lie in a buffer that is used again.
	defer func() {
		d.lastUser, d.lastFeature, d.lastPlace = strings.Clone(d.lastUser), strings.Clone(d.lastFeature), strings.Clone(d.lastPlace)
	}()
	for i := range p.Rows {
		n := int(days[i] - d.out.month)
		if n < 0 || n >= len(perDay{}) {
			continue // it lies in another month's object than it should
		}
		if types[i] != schemas.UserTypeUser {
			if features[i] != schemas.FeatureStories {
				tally(d.out.otherEvents, strings.Clone(types[i]))[n] += events[i]
			}
			continue
		}
		d.find(users[i], features[i], repositories[i])
		d.count(n, events[i], users[i] != "")
	}
}

// find numbers the texts of a row.
func (d *digester) find(user, feature, repository string) {
	if d.user < 0 || user != d.lastUser {
		d.lastUser, d.user = user, d.index.people.of(user)
	}
	if d.feature < 0 || feature != d.lastFeature {
		d.lastFeature, d.feature = feature, d.index.features.of(feature)
	}
	if d.place < 0 || repository != d.lastPlace {
		d.lastPlace, d.place = repository, d.index.repositories.of(repository)
	}
}

func (d *digester) count(n int, events int64, known bool) {
	bit := uint32(1) << n
	story := d.lastFeature == schemas.FeatureStories
	tally(d.out.featureEvents, d.feature)[n] += events
	if !story {
		tally(d.out.repositoryEvents, d.place)[n] += events
	}
	if !known {
		return
	}
	for int(d.user) >= len(d.people) {
		d.people = append(d.people, &monthOfPerson{})
	}
	p := d.people[d.user]
	for int(d.feature) >= len(p.uses) {
		p.uses = append(p.uses, 0)
	}
	p.uses[d.feature] |= bit
	if !story {
		p.at(d.place, bit)
		p.events[n] += uint32(events)
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

func tally[K comparable](of map[K]*perDay, key K) *perDay {
	if of[key] == nil {
		of[key] = new(perDay)
	}
	return of[key]
}

// digest is what was counted, in the numbers of a workspace.
func (d *digester) digest(of *index) *digest {
	people, features, repositories := d.index.people.into(&of.people), d.index.features.into(&of.features), d.index.repositories.into(&of.repositories)
	out := d.out
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
	out.featureEvents, out.repositoryEvents = map[int32]*perDay{}, map[int32]*perDay{}
	for k, n := range d.out.featureEvents {
		out.featureEvents[features[k]] = n
	}
	for k, n := range d.out.repositoryEvents {
		out.repositoryEvents[repositories[k]] = n
	}
	return &out
}

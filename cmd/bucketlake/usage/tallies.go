package usage

import (
	"math/bits"

	"bucketlake/schemas"
)

// tallies is what a period's digests add up to.
type tallies struct {
	index          *index
	period, before Period
	steps          []Step

	users, usersBefore   []set // by feature
	events, eventsBefore []int64
	active, activeBefore set
	stepPeople           []set
	stepEvents           []int64
	days, personEvents   []int64 // by person
	trend                [][]int64
	places               []set // by repository
	placeEvents          []int64
	placeLast            []schemas.Date
	others               map[string]int64
}

func newTallies(w *workspace, p Period) *tallies {
	people, features, places := len(w.index.people.list), len(w.index.features.list), len(w.index.repositories.list)
	t := &tallies{
		index: &w.index, period: p, before: p.Before(), steps: p.steps(),
		events: make([]int64, features), eventsBefore: make([]int64, features), active: newSet(people), activeBefore: newSet(people),
		days: make([]int64, people), personEvents: make([]int64, people), trend: make([][]int64, people),
		places: make([]set, places), placeEvents: make([]int64, places), placeLast: make([]schemas.Date, places), others: map[string]int64{},
	}
	for range features {
		t.users, t.usersBefore = append(t.users, newSet(people)), append(t.usersBefore, newSet(people))
	}
	for range t.steps {
		t.stepPeople = append(t.stepPeople, newSet(people))
	}
	t.stepEvents = make([]int64, len(t.steps))
	return t
}

func (t *tallies) add(d *digest) {
	now, before := t.period.mask(d.month), t.before.mask(d.month)
	if t.period.Whole {
		before = 0
	}
	if now|before == 0 {
		return
	}
	for f, n := range d.featureEvents {
		t.events[f] += n.sum(now)
		t.eventsBefore[f] += n.sum(before)
	}
	if now != 0 {
		t.addPlaces(d, now)
		t.addSteps(d)
		for kind, n := range d.otherEvents {
			if events := n.sum(now); events > 0 {
				t.others[kind] += events
			}
		}
		for _, deed := range d.deeds {
			if now&(1<<deed.day) != 0 {
				t.personEvents[deed.person] += int64(deed.events)
			}
		}
	}
	for _, u := range d.uses {
		if u.days&now != 0 {
			t.users[u.feature].add(u.person)
			t.active.add(u.person)
		}
		if u.days&before != 0 {
			t.usersBefore[u.feature].add(u.person)
			t.activeBefore.add(u.person)
		}
	}
}

func (t *tallies) addPlaces(d *digest, now uint32) {
	for repository, n := range d.repositoryEvents {
		t.placeEvents[repository] += n.sum(now)
	}
	for _, p := range d.places {
		days := p.days & now
		if days == 0 {
			continue
		}
		if t.places[p.repository] == nil {
			t.places[p.repository] = newSet(len(t.index.people.list))
		}
		t.places[p.repository].add(p.person)
		t.placeLast[p.repository] = max(t.placeLast[p.repository], d.month+schemas.Date(31-bits.LeadingZeros32(days)))
	}
}

// addSteps counts what lies in each step, of all features together.
func (t *tallies) addSteps(d *digest) {
	for s, step := range t.steps {
		mask := step.mask(d.month)
		if mask == 0 {
			continue
		}
		for i := 0; i < len(d.uses); {
			person, days := d.uses[i].person, uint32(0)
			for ; i < len(d.uses) && d.uses[i].person == person; i++ {
				days |= d.uses[i].days
			}
			if days &= mask; days == 0 {
				continue
			}
			t.stepPeople[s].add(person)
			t.days[person] += count(days)
			if t.trend[person] == nil {
				t.trend[person] = make([]int64, len(t.steps))
			}
			t.trend[person][s] += count(days)
		}
		for f, n := range d.featureEvents {
			if t.index.features.list[f] != schemas.FeatureStories {
				t.stepEvents[s] += n.sum(mask)
			}
		}
	}
}

// set is some of the numbers from 0 on.
type set []uint64

func newSet(n int) set    { return make(set, (n+63)/64) }
func (s set) add(i int32) { s[i/64] |= 1 << (i % 64) }
func (s set) join(others set) {
	for i := range others {
		s[i] |= others[i]
	}
}

func (s set) has(i int32) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

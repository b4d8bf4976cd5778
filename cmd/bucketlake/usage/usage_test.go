package usage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

var small = company{people: 110, repositories: 23, months: 14, rarely: 12}

// choices are periods of every kind: by days, weeks and months, within a month, over the turn of a year.
var choices = map[string]usage.Choice{
	"30 days":  {Last: "30"},
	"90 days":  {Last: usage.Last90},
	"a year":   {Last: "365"},
	"all":      {Last: usage.All},
	"one day":  {From: "2026-11-03", To: "2026-11-03"},
	"new year": {From: "2025-12-17", To: "2026-01-09"},
	"february": {From: "2026-02-01", To: "2026-02-28"},
	"ahead":    {From: "2026-11-01", To: "2027-03-01"},
}

// TestReport holds the report against the rows, counted one by one.
func TestReport(t *testing.T) {
	lake, days := newLake(t), small.days()
	small.land(t, lake, days)
	reader := usage.New(lake, plain) // one for all: what one period read, another one finds
	for _, name := range slices.Sorted(maps.Keys(choices)) {
		t.Run(name, func(t *testing.T) {
			r := open(t, reader, choices[name])
			if r.Period.Days() < 1 || len(r.Features) == 0 {
				t.Fatalf("%+v, %d features", r.Period, len(r.Features))
			}
			before := r.Period.Before()
			if r.Period.Whole {
				before = usage.Period{From: 1, To: 0}
			}
			same(t, "features", countFeatures(days, r.Period, before), features2text(r.Features))
			same(t, "people", countPeople(days, r.Period), people2text(r))
			same(t, "repositories", countPlaces(days, r.Period, func(d *schemas.FeatureUsageDay) string { return d.Repository }), places2text(r.Places))
			same(t, "projects", countPlaces(days, r.Period, func(d *schemas.FeatureUsageDay) string { return d.ProjectKey }), places2text(r.Projects))
			checkSteps(t, r, days)
			if got, want := r.ActivePeople, len(who(days, r.Period)); got != want {
				t.Errorf("%d active people, want %d", got, want)
			}
			if got, want := r.ActiveBefore, len(who(days, before)); got != want {
				t.Errorf("%d active people before, want %d", got, want)
			}
		})
	}
}

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-rows +report):\n%s", what, diff)
	}
	if len(want) == 0 {
		t.Errorf("no %s: nothing is tried here", what)
	}
}

func person(d *schemas.FeatureUsageDay) bool { return d.UserType == schemas.UserTypeUser }

// who lists the people who did something in a period.
func who(days []*schemas.FeatureUsageDay, p usage.Period) map[string]bool {
	people := map[string]bool{}
	for _, d := range days {
		if person(d) && p.Has(d.Day) {
			people[d.UserUUID] = true
		}
	}
	return people
}

func countFeatures(days []*schemas.FeatureUsageDay, now, before usage.Period) (lines []string) {
	for _, feature := range features {
		of := slices.DeleteFunc(slices.Clone(days), func(d *schemas.FeatureUsageDay) bool { return d.Feature != feature })
		events, eventsBefore := int64(0), int64(0)
		for _, d := range of {
			switch {
			case person(d) && now.Has(d.Day):
				events += d.Events
			case person(d) && before.Has(d.Day):
				eventsBefore += d.Events
			}
		}
		if events > 0 || eventsBefore > 0 {
			lines = append(lines, fmt.Sprint(feature, " ", len(who(of, now)), " ", events, " ", len(who(of, before)), " ", eventsBefore))
		}
	}
	return lines
}

func features2text(list []usage.Feature) (lines []string) {
	for _, f := range list {
		lines = append(lines, fmt.Sprint(f.Name, " ", f.People, " ", f.Events, " ", f.PeopleBefore, " ", f.EventsBefore))
	}
	return lines
}

func countPeople(days []*schemas.FeatureUsageDay, p usage.Period) (lines []string) {
	for i := small.people / 50; i < small.people; i++ {
		on, with, events := map[schemas.Date]bool{}, map[string]bool{}, int64(0)
		for _, d := range days {
			if d.UserUUID != user(i) || !person(d) || !p.Has(d.Day) {
				continue
			}
			on[d.Day], with[d.Feature] = true, true
			if d.Feature != schemas.FeatureStories {
				events += d.Events
			}
		}
		lines = append(lines, fmt.Sprint("Person ", i, " ", len(on), " ", slices.Sorted(maps.Keys(with)), " ", events, " ", len(on)))
	}
	return lines
}

func people2text(r *usage.Report) (lines []string) {
	for _, p := range r.People {
		trend := int64(0)
		for _, days := range p.Trend {
			trend += days
		}
		lines = append(lines, fmt.Sprint(p.Name, " ", p.ActiveDays, " ", p.Features, " ", p.Events, " ", trend))
	}
	return lines
}

func countPlaces(days []*schemas.FeatureUsageDay, p usage.Period, of func(*schemas.FeatureUsageDay) string) (lines []string) {
	type place struct {
		people map[string]bool
		events int64
		last   schemas.Date
	}
	places := map[string]*place{}
	for _, d := range days {
		if !person(d) || !p.Has(d.Day) || d.RepositoryUUID == "" || d.Feature == schemas.FeatureStories {
			continue
		}
		at := places[of(d)]
		if at == nil {
			at = &place{people: map[string]bool{}}
			places[of(d)] = at
		}
		at.people[d.UserUUID] = true
		at.events += d.Events
		at.last = max(at.last, d.Day)
	}
	for name, at := range places {
		lines = append(lines, fmt.Sprint(name, " ", len(at.people), " ", at.events, " ", at.last))
	}
	return lines
}

func places2text(list []usage.Place) (lines []string) {
	for _, p := range list {
		name := p.Repository
		if name == "" {
			name = p.ProjectKey
		}
		lines = append(lines, fmt.Sprint(name, " ", p.People, " ", p.Events, " ", p.LastUsed))
	}
	return lines
}

// checkSteps makes sure that the steps are the period, without a gap, and counts each.
func checkSteps(t *testing.T, r *usage.Report, days []*schemas.FeatureUsageDay) {
	t.Helper()
	next := r.Period.From
	for _, s := range r.Active {
		if s.From != next || s.Start > s.From || s.Partly && s.Start == s.From && s.To != r.Period.To {
			t.Errorf("a step from %d (%d) to %d, want it from %d on", s.From, s.Start, s.To, next)
		}
		next = s.To + 1
		events := int64(0)
		for _, d := range days {
			if person(d) && s.Has(d.Day) && d.Feature != schemas.FeatureStories {
				events += d.Events
			}
		}
		if people := len(who(days, s.Period)); s.People != people || s.Events != events {
			t.Errorf("from %s on: %d people and %d events, want %d and %d", s.From.Time().Format(time.DateOnly), s.People, s.Events, people, events)
		}
	}
	if next != r.Period.To+1 {
		t.Errorf("the steps end on %d, want %d", next-1, r.Period.To)
	}
}

// TestIdleFirst wants the seats in the order in which somebody would give them up.
func TestIdleFirst(t *testing.T) {
	lake := newLake(t)
	small.land(t, lake, small.days())
	r := open(t, usage.New(lake, plain), usage.Choice{Last: usage.All})
	if len(r.People) == 0 || r.People[0].LastSeen != nil || r.People[len(r.People)-1].LastSeen == nil {
		t.Fatalf("%d people, the first was seen", len(r.People))
	}
	for i, p := range r.People[1:] {
		if last := r.People[i].LastSeen; last != nil && (p.LastSeen == nil || *p.LastSeen < *last) {
			t.Errorf("%s stands behind %s, who was seen later", p.Name, r.People[i].Name)
		}
	}
	if r.WithoutSeat == 0 {
		t.Error("nobody is active without a seat: nothing is tried here")
	}
}

// TestKept changes one month, and wants it seen, and nothing else read.
func TestKept(t *testing.T) {
	directory, err := load.OpenDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store := &counting{Directory: directory, opened: map[string]int{}}
	lake, days := load.New(store, nil), small.days()
	small.land(t, lake, days)
	reader := usage.New(lake, plain)
	first := open(t, reader, usage.Choice{Last: usage.All})
	store.opened = map[string]int{}
	open(t, reader, usage.Choice{Last: usage.All})
	if read := store.parquet(); len(read) > 0 {
		t.Errorf("what was read is read again: %v", read)
	}
	more := *days[len(days)-1]
	more.Day, more.Feature, more.Events, more.UserType, more.UserUUID = lastDay, schemas.FeatureTags, 1000, schemas.UserTypeUser, user(95) // who never did anything
	more.RepositoryUUID = repository(1)
	put(t, lake, schemas.FeatureUsageDaily, []any{&more})
	store.opened = map[string]int{}
	second := open(t, reader, usage.Choice{Last: usage.All})
	if read := store.parquet(); !slices.Equal(read, []string{"feature_usage_daily/workspace=acme/month=2026-11/data.parquet"}) {
		t.Errorf("after a change of one month, %v is read", read)
	}
	if got := eventsOf(second, schemas.FeatureTags) - eventsOf(first, schemas.FeatureTags); got != 1000 {
		t.Errorf("tags have %d events more, want 1,000", got)
	}
}

// TestManyVisitors opens all periods at once, again and again, while a month changes.
func TestManyVisitors(t *testing.T) {
	lake, days := newLake(t), small.days()
	small.land(t, lake, days)
	reader := usage.New(lake, plain)
	var all errgroup.Group
	for range 3 {
		for _, c := range choices {
			all.Go(func() error {
				r, err := reader.Open(t.Context(), "acme", c)
				if err == nil && len(r.Features) == 0 {
					err = fmt.Errorf("nothing is known of %+v", r.Period)
				}
				return err
			})
		}
	}
	more := *days[0]
	more.Day, more.Events = lastDay, 5
	put(t, lake, schemas.FeatureUsageDaily, []any{&more})
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}

func eventsOf(r *usage.Report, feature string) int64 {
	for _, f := range r.Features {
		if f.Name == feature {
			return f.Events
		}
	}
	return 0
}

// counting counts what is opened.
type counting struct {
	*load.Directory
	mu     sync.Mutex
	opened map[string]int
}

func (c *counting) Open(ctx context.Context, name string) (load.Object, error) {
	c.mu.Lock()
	c.opened[name]++
	c.mu.Unlock()
	return c.Directory.Open(ctx, name)
}

func (c *counting) parquet() []string {
	names := slices.Sorted(maps.Keys(c.opened))
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".parquet") })
}

// TestSheets takes every table along, as CSV and as Parquet.
func TestSheets(t *testing.T) {
	lake := newLake(t)
	small.land(t, lake, small.days())
	put(t, lake, schemas.FeatureConfigurations, []any{&schemas.FeatureConfiguration{RepositoryUUID: repository(1), Feature: "webhooks", Items: 3}})
	for _, s := range open(t, usage.New(lake, plain), usage.Choice{Last: usage.Last90}).Sheets() {
		var csv, parquet bytes.Buffer
		if err := s.CSV(&csv); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(csv.String(), "\n"); len(s.Rows) == 0 || lines != len(s.Rows)+1 {
			t.Errorf("%s: %d lines of CSV for %d rows", s.Name, lines, len(s.Rows))
		}
		if err := s.Parquet(&parquet); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if !strings.Contains(s.SQL, "workspace = 'acme'") {
			t.Errorf("%s: its query is of every workspace:\n%s", s.Name, s.SQL)
		}
	}
}

// TestFormula takes along a name that a spreadsheet would compute.
func TestFormula(t *testing.T) {
	s := usage.Sheet{Columns: []schemas.Column{{Name: "name"}}, Rows: [][]any{{`=HYPERLINK("http://example.com")`}, {"Ada"}}}
	var b bytes.Buffer
	if err := s.CSV(&b); err != nil {
		t.Fatal(err)
	}
	if want := "name\n\"'=HYPERLINK(\"\"http://example.com\"\")\"\nAda\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// TestPrivacy has names land as they are, and then asks for hashes, or for none.
func TestPrivacy(t *testing.T) {
	lake := newLake(t)
	small.land(t, lake, small.days())
	for name, privacy := range map[string]transform.Privacy{"hash": {Key: make([]byte, transform.KeySize)}, "drop": {Drop: true}} {
		t.Run(name, func(t *testing.T) {
			reader := usage.New(lake, func() (transform.Privacy, error) { return privacy, nil })
			r := open(t, reader, usage.Choice{Last: usage.All})
			for _, p := range r.People {
				if want := privacy.Name("Person " + fmt.Sprint(number(p.UUID))); p.Name != want {
					t.Fatalf("%s is shown as %q, want %q", p.UUID, p.Name, want)
				}
			}
			var csv bytes.Buffer
			s, _ := r.Sheet("people")
			if err := s.CSV(&csv); err != nil || strings.Contains(csv.String(), "Person") {
				t.Errorf("the CSV has names (%v)", err)
			}
			withheld := (*usage.Withheld)(nil)
			if _, err := reader.Take(t.Context(), "acme", schemas.UserActivities, ""); !errors.As(err, &withheld) {
				t.Errorf("an object with names is given away: %v", err)
			}
			o, err := reader.Take(t.Context(), "acme", schemas.SeatUtilizationMonthly, "")
			if err != nil {
				t.Fatalf("an object without names: %v", err)
			}
			o.Close()
		})
	}
}

func number(uuid string) (n int) {
	fmt.Sscanf(uuid, "{%d-", &n)
	return n
}

func TestTake(t *testing.T) {
	lake := newLake(t)
	small.land(t, lake, small.days())
	reader := usage.New(lake, plain)
	objects, err := reader.Landed(t.Context(), "acme", schemas.FeatureUsageDaily)
	if err != nil || len(objects) < small.months || !strings.Contains(objects[0].Name, "month=2026-11") {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	o, err := reader.Take(t.Context(), "acme", schemas.FeatureUsageDaily, "2026-11")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	content, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil || !bytes.HasPrefix(content, []byte("PAR1")) || int64(len(content)) != objects[0].Bytes {
		t.Errorf("%d bytes, want %d (%v)", len(content), objects[0].Bytes, err)
	}
	for _, month := range []string{"", "2031-01", "../../x"} {
		if _, err := reader.Take(t.Context(), "acme", schemas.FeatureUsageDaily, month); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("month %q: %v", month, err)
		}
	}
}

func TestNothingLanded(t *testing.T) {
	r := open(t, usage.New(newLake(t), plain), usage.Choice{Last: usage.Last90})
	if len(r.People) != 0 || len(r.Features) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestUnclear(t *testing.T) {
	lake := newLake(t)
	small.land(t, lake, small.days())
	for _, c := range []usage.Choice{
		{}, {Last: "-3"}, {Last: "ninety"}, {Last: "1000000"}, {From: "yesterday"}, {From: "2026-10-02", To: "2026-10-01"}, {From: "1900-01-01"}, {To: "2026-02-30"},
	} {
		_, err := usage.New(lake, plain).Open(t.Context(), "acme", c)
		if unclear := (*usage.Unclear)(nil); !errors.As(err, &unclear) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestTakeEveryPart follows the links to a month that is several objects: together they are all of it.
func TestTakeEveryPart(t *testing.T) {
	lake := newLake(t)
	lake.ObjectBytes = 1 // each commit of new rows begins another one
	for i, day := range []schemas.Date{lastDay, lastDay - 1, lastDay - 2} {
		put(t, lake, schemas.FeatureUsageDaily, []any{&schemas.FeatureUsageDay{Day: day, UserType: schemas.UserTypeUser, UserUUID: user(i), Feature: "code", Events: 1}})
	}
	objects, err := usage.New(lake, plain).Landed(t.Context(), "acme", schemas.FeatureUsageDaily)
	if err != nil || len(objects) != 3 {
		t.Fatalf("%d objects, %v: want three parts", len(objects), err)
	}
	h := page(lake)
	get := func(address string) []byte {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+address, nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%s answers %d", address, w.Code)
		}
		return w.Body.Bytes()
	}
	links := regexp.MustCompile(`/usage/acme/tables/feature_usage_daily/[^"]+`).FindAllString(string(get("/usage/acme/tables/feature_usage_daily")), -1)
	if len(links) != 3 {
		t.Fatalf("links %v", links)
	}
	for i, link := range links {
		o, err := lake.OpenObject(t.Context(), schemas.FeatureUsageDaily, "acme", objects[i].Key)
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
		o.Close()
		if got := get(link); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s gives %d bytes, want the %d of %s", link, len(got), len(want), objects[i].Name)
		}
	}
}

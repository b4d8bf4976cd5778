package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
)

// timely counts what people did, by feature, and what of it was not in the usage table in time.
type timely struct {
	deeds, missed map[string]int
}

// look compares the usage table with what was done in the hour before a time.
func (y *timely) look(t *testing.T, l *lab, to time.Time) {
	t.Helper()
	if y.deeds == nil {
		y.deeds, y.missed = map[string]int{}, map[string]int{}
	}
	from := to.Add(-time.Hour)
	key := func(at time.Time, feature, action, user string) string {
		return strings.Join([]string{at.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano), feature, action, user}, " ")
	}
	landed := map[string]bool{}
	months := slices.Compact([]string{from.UTC().Format("2006-01"), to.UTC().Format("2006-01")})
	for r, err := range load.Scan[schemas.UsageEvent](t.Context(), l.lake, schemas.UsageEvents, "acme", load.ScanOptions{Months: months}) {
		if err != nil {
			t.Fatal(err)
		}
		if !r.OccurredAt.Before(from) && r.DeletedAt.IsZero() {
			landed[key(r.OccurredAt, r.Feature, r.Action, r.UserUUID)] = true
		}
	}
	for _, d := range l.bitbucket.Ledger() {
		if d.Time.After(from) && !d.Time.After(to) {
			if y.deeds[d.Feature]++; !landed[key(d.Time, d.Feature, d.Action, d.User)] {
				y.missed[d.Feature]++
			}
		}
	}
}

// share is how much was in time, in per cent.
func (y *timely) share() float64 {
	return 100 - 100*float64(sum(y.missed))/float64(max(1, sum(y.deeds)))
}

func (y *timely) show(t *testing.T) {
	t.Helper()
	for _, feature := range slices.Sorted(maps.Keys(y.deeds)) {
		t.Logf("| %s | %d | %.1f %% |", feature, y.deeds[feature], 100-100*float64(y.missed[feature])/float64(y.deeds[feature]))
	}
	t.Logf("| together | %d | %.1f %% |", sum(y.deeds), y.share())
}

func sum(by map[string]int) (n int) {
	for _, v := range by {
		n += v
	}
	return n
}

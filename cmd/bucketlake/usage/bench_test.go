package usage_test

import (
	"testing"

	"bucketlake/cmd/bucketlake/usage"
)

// BenchmarkOpen opens the report of 1,000 people and five years: with nothing read before, as the first visitor does, and
// with all that did not change kept, as the others do.
func BenchmarkOpen(b *testing.B) {
	c := company{people: 1000, repositories: 200, months: 60, rarely: 1}
	lake, days := newLake(b), c.days()
	c.land(b, lake, days)
	b.Logf("%d rows of feature_usage_daily", len(days))
	for _, last := range []string{"30", usage.Last90, "365", usage.All} {
		b.Run("first/"+last, func(b *testing.B) {
			for b.Loop() {
				open(b, usage.New(lake, plain), usage.Choice{Last: last})
			}
		})
		b.Run("again/"+last, func(b *testing.B) {
			r := usage.New(lake, plain)
			open(b, r, usage.Choice{Last: last})
			for b.Loop() {
				open(b, r, usage.Choice{Last: last})
			}
		})
	}
}

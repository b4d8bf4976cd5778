package load_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"bucketlake/load"
	"bucketlake/schemas"
)

// lookups are the columns that rows are looked for by, in usage_events; the others have dictionaries.
var lookups = []string{"user_uuid", "object_id", "story_key"}

func bloomEvents(n int) schemas.Rows {
	r := schemas.Rows{Table: schemas.UsageEvents}
	for i := range n {
		r.Rows = append(r.Rows, &schemas.UsageEvent{
			ID: fmt.Sprintf("%08d", i*7919%n), OccurredAt: time.Date(2026, 10, 1, 0, 0, i, 0, time.UTC), UserUUID: bloomValue("user_uuid", i%50),
			ObjectID: bloomValue("object_id", i), StoryKey: bloomValue("story_key", i%900),
		})
	}
	return r
}

func bloomValue(column string, i int) string {
	return fmt.Sprintf("%s-%016x", column[:1], rand.New(rand.NewPCG(uint64(i), 1)).Uint64())
}

// TestBloomFilters finds all values that are there, and few that aren't. Where there are few rows, there is no filter, and nowhere is
// one that takes half as much as its column.
func TestBloomFilters(t *testing.T) {
	for _, n := range []int{500, 30_000} {
		root := t.TempDir()
		d, err := load.OpenDirectory(root)
		if err != nil {
			t.Fatal(err)
		}
		commit(t, load.New(d, nil), 0, bloomEvents(n))
		f, err := file.OpenParquetFile(object(t, root, schemas.UsageEvents), false)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		filters, err := f.GetBloomFilterReader().RowGroup(0)
		if err != nil && n >= 10_000 {
			t.Fatal(err)
		}
		for i, c := range schemas.UsageEvents.Columns {
			chunk, err := f.MetaData().RowGroup(0).ColumnChunk(i)
			if err != nil {
				t.Fatal(err)
			}
			has := chunk.BloomFilterOffset() > 0
			if want := n >= 10_000 && slices.Contains(lookups, c.Name); has != want || want != (c.Lookup && n >= 10_000) {
				t.Errorf("%d rows: column %s has a filter: %t", n, c.Name, has)
			}
			if !has {
				continue
			}
			filter, err := filters.GetColumnBloomFilter(i)
			if err != nil {
				t.Fatal(err)
			}
			if size := filter.Size(); size > chunk.TotalCompressedSize()/2 {
				t.Errorf("the filter of %s takes %d bytes, and the column %d", c.Name, size, chunk.TotalCompressedSize())
			}
			distinct := map[string]int{"user_uuid": 50, "object_id": n, "story_key": 900}[c.Name]
			holds := metadata.TypedBloomFilter[parquet.ByteArray]{BloomFilter: filter}
			for v := range distinct {
				if !holds.Check(parquet.ByteArray(bloomValue(c.Name, v))) {
					t.Fatalf("%s: the filter does not know %d", c.Name, v)
				}
			}
			mistakes := 0
			for v := range 10_000 {
				if holds.Check(parquet.ByteArray(bloomValue(c.Name, distinct+v))) {
					mistakes++
				}
			}
			if mistakes > 300 {
				t.Errorf("%s: %d of 10000 mistakes", c.Name, mistakes)
			}
		}
	}
}

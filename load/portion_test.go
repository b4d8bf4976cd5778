package load_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"bucketlake/load"
	"bucketlake/schemas"
)

// TestPortions reads columns, and wants what a scan of the rows says.
func TestPortions(t *testing.T) {
	l := newLake(t)
	var all []schemas.FeatureUsageDay
	for i := range 10_000 { // of three months
		day := schemas.DateOf(noon) - schemas.Date(i%60)
		all = append(all, schemas.FeatureUsageDay{
			Day: day, UserType: schemas.UserTypeUser, UserUUID: []string{"", "{a}", "{b}"}[i%3], Feature: "code", RepositoryUUID: fmt.Sprint(i), Events: int64(i),
		})
	}
	commit(t, l, 1, rows(schemas.FeatureUsageDaily, all...))
	for _, months := range [][]string{nil, {"2026-09"}, {"2026-08", "2026-10", "1999-01"}, {}} {
		var want, got []string
		for _, r := range scan[schemas.FeatureUsageDay](t, l, schemas.FeatureUsageDaily, load.ScanOptions{Months: months}) {
			want = append(want, fmt.Sprint(schemas.Month(r.Day.Time()), r.Day, r.UserUUID, r.RepositoryUUID, r.Events))
		}
		portions := 0
		for p, err := range l.Portions(t.Context(), schemas.FeatureUsageDaily, "acme", months, []string{"usage_date", "user_uuid", "repository_uuid", "events"}) {
			if err != nil {
				t.Fatal(err)
			}
			portions++
			days, events := p.Days("usage_date"), p.Numbers("events")
			user, users := p.Texts("user_uuid")
			at, repositories := p.Texts("repository_uuid")
			for i := range p.Rows {
				got = append(got, fmt.Sprint(p.Month, days[i], users[user[i]], repositories[at[i]], events[i]))
			}
		}
		if !slices.Equal(want, got) {
			t.Errorf("months %v: %d rows, want %d, or others", months, len(got), len(want))
		}
		if months == nil && (portions < 2 || len(want) != len(all)) {
			t.Errorf("%d rows in %d portions: too few to try anything", len(want), portions)
		}
	}
	for _, err := range l.Portions(t.Context(), schemas.FeatureUsageDaily, "acme", nil, []string{"colour"}) {
		if err == nil {
			t.Error("a column that is not there is read")
		}
	}
}

func TestWriteParquetRefuses(t *testing.T) {
	columns := []schemas.Column{{Name: "a", Type: schemas.Int64}, {Name: "b", Type: schemas.String, Nullable: true}}
	for _, row := range [][]any{{int64(1)}, {1, "x"}, {nil, "x"}, {int64(1), 2.5}} {
		if err := load.WriteParquet(&bytes.Buffer{}, columns, [][]any{row}); err == nil {
			t.Errorf("%v is written", row)
		}
	}
	if err := load.WriteParquet(&bytes.Buffer{}, columns, [][]any{{int64(1), nil}, {int64(2), "x"}}); err != nil {
		t.Error(err)
	}
}

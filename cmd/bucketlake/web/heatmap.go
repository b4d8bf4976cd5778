package web

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"bucketlake/schemas"
)

// heatMap is a table of how many used a feature in a month.
type heatMap struct {
	Months []heatMonth
	Rows   []heatRow
}

type heatMonth struct{ Short, Long string }

type heatRow struct {
	Feature string
	Cells   []heatCell
}

// heatCell is warm by the share of the active people. Before the first use there is none.
type heatCell struct {
	Known bool
	Users int64
	Warm  int // 0 to 5
	Share string
}

func newHeatMap(adoption []*schemas.FeatureAdoption) heatMap {
	var m heatMap
	at := map[schemas.Date]int{}
	cells, order, sums := map[string]map[int]heatCell{}, []string{}, map[string]float64{}
	for _, a := range adoption {
		at[a.Month] = 0
	}
	for i, month := range slices.Sorted(maps.Keys(at)) {
		at[month] = i
		m.Months = append(m.Months, heatMonth{shortMonth(month), longMonth(month)})
	}
	for _, a := range adoption {
		if cells[a.Feature] == nil {
			cells[a.Feature] = map[int]heatCell{}
			order = append(order, a.Feature)
		}
		cell := heatCell{Known: true, Users: a.Users, Share: percent(a.ShareOfActive)}
		if a.Users > 0 {
			cell.Warm = min(5, max(1, int(math.Ceil(a.ShareOfActive*5))))
		}
		cells[a.Feature][at[a.Month]] = cell
		sums[a.Feature] += a.ShareOfActive
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(sums[b], sums[a]) })
	for _, f := range order {
		row := heatRow{Feature: featureName(f)}
		for i := range m.Months {
			row.Cells = append(row.Cells, cells[f][i])
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

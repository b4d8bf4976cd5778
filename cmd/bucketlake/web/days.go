package web

import (
	"math"
	"reflect"
	"strconv"
	"time"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/schemas"
)

// How days are written.
func date(d schemas.Date) string     { return d.Time().Format(time.DateOnly) }
func longDay(d schemas.Date) string  { return d.Time().Format("2 January 2006") }
func shortDay(d schemas.Date) string { return d.Time().Format("2 Jan 2006") }

func longMonth(d schemas.Date) string  { return d.Time().Format("January 2006") }
func shortMonth(d schemas.Date) string { return d.Time().Format("Jan 06") }

func daysAgo(now, d schemas.Date) string {
	switch n := int(now - d); {
	case n <= 0:
		return "today"
	case n == 1:
		return "yesterday"
	default:
		return plural(n, "day") + " ago"
	}
}

// stepText writes a step below its column, and stepName where there is room.
func stepText(u usage.Unit, d schemas.Date) string {
	if u == usage.Month {
		return shortMonth(d)
	}
	return d.Time().Format("2 Jan")
}

func stepName(u usage.Unit, s usage.Step) string {
	switch u {
	case usage.Month:
		return longMonth(s.Start)
	case usage.Week:
		return "week of " + s.Start.Time().Format("2 January 2006")
	}
	return longDay(s.Start)
}

// stepDay writes it in a table, under a head that names the unit.
func stepDay(u usage.Unit, d schemas.Date) string {
	if u == usage.Month {
		return d.Time().Format("Jan 2006")
	}
	return shortDay(d)
}

// backward turns round what a table shows the newest first.
func backward(list any) []any {
	v := reflect.ValueOf(list)
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(v.Len() - 1 - i).Interface()
	}
	return out
}

func percent(f float64) string { return strconv.Itoa(int(math.Round(100*f))) + "%" }

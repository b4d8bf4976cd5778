package usage

import (
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"bucketlake/schemas"
)

// A Period is the days from From to To, both among them.
type Period struct {
	From, To schemas.Date
	// Whole says that it reaches back to the first day of which use is known: there is none before it.
	Whole bool
}

// Days is how many days it has.
func (p Period) Days() int { return int(p.To-p.From) + 1 }

// Before is the period of the same length that ends where this one begins.
func (p Period) Before() Period {
	return Period{From: p.From - schemas.Date(p.Days()), To: p.From - 1}
}

// Has reports whether a day falls into it.
func (p Period) Has(d schemas.Date) bool { return p.From <= d && d <= p.To }

// The choices of a period; Last is a number of days.
const (
	Last90 = "90"
	All    = "all"
)

// Choice is how somebody asks for a period: a number of days up to the last one, All, or two days.
type Choice struct{ Last, From, To string }

// period makes a Period of a choice, of which the days begin at first, where they are known, and end at
// last. What can't be understood is an error that says what can.
func (c Choice) period(first, last schemas.Date) (Period, error) {
	switch {
	case c.From != "" || c.To != "":
		return c.between(first, last)
	case c.Last == All:
		return Period{From: min(first, last), To: last, Whole: true}, nil
	}
	n, err := strconv.Atoi(c.Last)
	if err != nil || n < 1 || n > 20*366 {
		return Period{}, fmt.Errorf("the period %q is not understood: choose a number of days, or all", c.Last)
	}
	return Period{From: last - schemas.Date(n-1), To: last}, nil
}

func (c Choice) between(first, last schemas.Date) (Period, error) {
	p := Period{From: first, To: last}
	for _, end := range []struct {
		text string
		day  *schemas.Date
	}{{c.From, &p.From}, {c.To, &p.To}} {
		if end.text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, end.text)
		if err != nil || !schemas.Dated(day) {
			return Period{}, fmt.Errorf("the day %q is not understood: write it as 2026-10-31", end.text)
		}
		*end.day = schemas.DateOf(day)
	}
	switch {
	case p.From > p.To:
		return Period{}, fmt.Errorf("the period ends on %s, before it begins on %s: turn the two round", day(p.To), day(p.From))
	case p.Days() > 50*366:
		return Period{}, fmt.Errorf("a period of %d days is too long: choose one of up to 50 years", p.Days())
	}
	return p, nil
}

// day writes a day as SQL and addresses have it.
func day(d schemas.Date) string { return d.Time().Format(time.DateOnly) }

// monthOf is the first day of the month of a day.
func monthOf(d schemas.Date) schemas.Date { return d - schemas.Date(d.Time().Day()-1) }

// after is the first day of the month after the one that begins at m.
func after(m schemas.Date) schemas.Date { return monthOf(m + 31) }

// mask has a bit for each day of the month beginning at m that falls into the period: bit 0 is the first.
func (p Period) mask(m schemas.Date) uint32 {
	from, to := max(p.From, m), min(p.To, after(m)-1)
	if from > to {
		return 0
	}
	return uint32(1<<uint(to-m+1)-1) &^ uint32(1<<uint(from-m)-1)
}

// Unit is how long the steps are in which a period is shown.
type Unit string

// The units.
const (
	Day   Unit = "day"
	Week  Unit = "week" // begins on a Monday
	Month Unit = "month"
)

// Unit returns the unit in which the period has neither too few steps nor too many.
func (p Period) Unit() Unit {
	switch days := p.Days(); {
	case days <= 31:
		return Day
	case days <= 27*7:
		return Week
	}
	return Month
}

// A Step is a part of a period.
type Step struct {
	Start  schemas.Date // of the unit, which may lie before the period
	Period              // its days within the period
	Partly bool         // the period has not all days of it
}

// steps divides the period.
func (p Period) steps() []Step {
	unit := p.Unit()
	start := p.From
	switch unit {
	case Week:
		start -= schemas.Date((start.Time().Weekday() + 6) % 7)
	case Month:
		start = monthOf(start)
	}
	var steps []Step
	for start <= p.To {
		next := start + 1
		switch unit {
		case Week:
			next = start + 7
		case Month:
			next = after(start)
		}
		in := Period{From: max(start, p.From), To: min(next-1, p.To)}
		steps = append(steps, Step{Start: start, Period: in, Partly: in.From != start || in.To != next-1})
		start = next
	}
	return steps
}

func count(mask uint32) int64 { return int64(bits.OnesCount32(mask)) }

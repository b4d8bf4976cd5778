package web

import (
	"fmt"
	"testing"
)

func TestNiceStep(t *testing.T) {
	for at, want := range map[float64]float64{0: 1, .3: 1, 1: 1, 1.1: 2, 2: 2, 3: 5, 7: 10, 12.5: 20, 26: 50, 51: 100, 1234: 2000} {
		if got := niceStep(at); got != want {
			t.Errorf("niceStep(%g) = %g, want %g", at, got, want)
		}
	}
}

// TestChart draws columns of every number, and wants all of it within the picture, in proportion, and no text on another.
func TestChart(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 31, 60, 366} {
		for _, high := range []int64{0, 1, 3, 999, 1_000_000} {
			var bars []bar
			for i := range n {
				bars = append(bars, bar{text: fmt.Sprintf("%d Sep", i%30+1), values: []int64{high * int64(i) / int64(max(1, n)), high / 2, 0}})
			}
			for _, c := range charts("", []string{"a", "b", "c"}, bars) {
				checkChart(t, c, bars)
			}
		}
	}
}

func checkChart(t *testing.T, c chart, bars []bar) {
	t.Helper()
	if len(c.Columns) != len(bars) || len(c.Lines) < 2 || len(c.Lines) > 7 {
		t.Fatalf("%d columns for %d bars, %d lines", len(c.Columns), len(bars), len(c.Lines))
	}
	scale, end := 0.0, -1000.0
	for i, column := range c.Columns {
		sum, height := 0.0, 0.0
		for _, v := range bars[i].values {
			sum += float64(v)
		}
		for _, p := range column.Parts {
			height += p.Hgt
			if p.X < c.Left-.1 || p.X+p.Width > c.Width+.1 || p.Y < chartTop-.1 || p.Y+p.Hgt > c.Bottom+.1 || p.Width <= 0 || p.Hgt < 0 {
				t.Errorf("a part sticks out: %+v of %+v", p, c.ViewBox())
			}
		}
		if scale == 0 && sum > 0 {
			scale = (c.Bottom - chartTop) / topOf(c)
		}
		if want := sum * scale; height < want-.5 || height > want+.5 {
			t.Errorf("column %d of %g is %g high, want %g", i, sum, height, want)
		}
		if column.Text == "" {
			continue
		}
		width := float64(len(column.Text)) * textWidth
		if column.Middle-width/2 < end {
			t.Errorf("%q touches the text before it", column.Text)
		}
		end = column.Middle + width/2
	}
}

// topOf is the value of the highest line.
func topOf(c chart) (top float64) {
	for _, l := range c.Lines {
		top = max(top, float64(number2int(l.Text)))
	}
	return top
}

func number2int(s string) (n int) {
	for _, r := range s {
		if r != ',' {
			n = 10*n + int(r-'0')
		}
	}
	return n
}

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		got             *change
		text, words, to string
	}{
		{difference(5, 3, "90 days before"), "+2", "2 more than in the 90 days before", "up"},
		{difference(3, 5, "day before"), "−2", "2 fewer than in the day before", "down"},
		{difference(3, 3, "day before"), "±0", "as many as in the day before", "same"},
		{growth(150, 100, "day before"), "+50%", "50 percent more than in the day before", "up"},
		{growth(0, 100, "day before"), "−100%", "100 percent fewer than in the day before", "down"},
		{growth(1001, 1000, "day before"), "±0%", "as many as in the day before", "same"},
		{growth(7, 0, "day before"), "new", "none in the day before", "up"},
	} {
		if c.got.Text != c.text || c.got.Words != c.words || c.got.Way != c.to {
			t.Errorf("got %+v, want %s, %s", *c.got, c.text, c.words)
		}
	}
}

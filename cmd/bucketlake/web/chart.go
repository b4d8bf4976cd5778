package web

import (
	"fmt"
	"math"
)

// chart is a chart of columns that stand on months, weeks or days, as numbers that a template draws. Text in it keeps its
// size, so there is one for wide screens and one for phones.
type chart struct {
	Class         string // wide or narrow
	Width, Height float64
	Left, Bottom  float64 // where the plot begins and ends
	Label         string  // what it shows, for those who don't see it
	Lines         []chartLine
	Columns       []chartColumn
}

// chartLine is a line of the scale.
type chartLine struct {
	Y, TextY float64
	Text     string
}

// chartColumn is one step.
type chartColumn struct {
	X, Middle float64
	Parts     []chartPart
	Text      string // below it; empty where it would touch the next one
	Title     string // shown when it is pointed at
	Partly    bool   // the step is not over, or lies not whole in the period
}

type chartPart struct {
	Class            string
	X, Y, Width, Hgt float64
}

// bar is what a chart is made of: the parts of a column stand on top of each other.
type bar struct {
	text, title string
	values      []int64
	partly      bool
}

const (
	chartTop    = 14.0
	chartBottom = 26.0
	textWidth   = 7.5 // of a letter, about
)

// charts draws bars for wide screens and for phones; the classes are those of the parts.
func charts(label string, classes []string, bars []bar) []chart {
	return []chart{
		drawChart("wide", 620, 260, label, classes, bars),
		drawChart("narrow", 320, 210, label, classes, bars),
	}
}

func drawChart(class string, width, height float64, label string, classes []string, bars []bar) chart {
	most := 0.0
	for _, b := range bars {
		sum := int64(0)
		for _, v := range b.values {
			sum += v
		}
		most = max(most, float64(sum))
	}
	step := niceStep(most / 4)
	top := max(step, math.Ceil(most/step)*step)
	c := chart{Class: class, Width: width, Height: height, Label: label, Bottom: height - chartBottom}
	c.Left = 10 + textWidth*float64(len(count(int(top))))
	y := func(v float64) float64 { return round(c.Bottom - v/top*(c.Bottom-chartTop)) }
	for v := 0.0; v <= top; v += step {
		c.Lines = append(c.Lines, chartLine{y(v), y(v) + 4, count(int(v))})
	}
	if len(bars) > 0 {
		c.addColumns(classes, bars, y)
	}
	return c
}

func (c *chart) addColumns(classes []string, bars []bar, y func(float64) float64) {
	slot := (c.Width - c.Left) / float64(len(bars))
	gap := min(14, slot*.28)
	longest := 0
	for _, b := range bars {
		longest = max(longest, len(b.text))
	}
	every := int(math.Ceil((float64(longest)*textWidth + 10) / slot))
	for i, b := range bars {
		x := c.Left + slot*float64(i)
		column := chartColumn{X: round(x), Middle: round(x + slot/2), Title: b.title, Partly: b.partly}
		if (len(bars)-1-i)%every == 0 && x+slot/2 >= float64(len(b.text))*textWidth/2 {
			column.Text = b.text
		}
		below := int64(0)
		for k, v := range b.values {
			if v > 0 {
				column.Parts = append(column.Parts, chartPart{
					Class: classes[k], X: round(x + gap/2), Width: round(min(slot-gap, 44)),
					Y: y(float64(below + v)), Hgt: round(y(float64(below)) - y(float64(below+v))),
				})
			}
			below += v
		}
		for k := range column.Parts { // narrow columns stand in the middle of wide slots
			column.Parts[k].X = round(x + (slot-column.Parts[k].Width)/2)
		}
		c.Columns = append(c.Columns, column)
	}
}

// niceStep is the next of 1, 2, 5, 10, 20, 50 and so on, from 1.
func niceStep(at float64) float64 {
	step := 1.0
	for {
		for _, times := range []float64{1, 2, 5} {
			if step*times >= at {
				return step * times
			}
		}
		step *= 10
	}
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// viewBox is the size of the chart as SVG has it.
func (c chart) ViewBox() string { return fmt.Sprintf("0 0 %g %g", c.Width, c.Height) }

package status

import (
	"context"
	"fmt"
	"math"
	"time"

	"bucketlake/extract/oauth"
)

// Backfill is how far the first reading of a workspace has come. Numbers are of requests.
type Backfill struct {
	Started  time.Time        `json:"started,omitzero"`
	Ended    time.Time        `json:"ended,omitzero"` // zero: the past is still being read
	Spent    int              `json:"spent"`
	Forecast *Forecast        `json:"forecast"` // null: none was made
	Streams  []BackfillStream `json:"streams"`
}

// Forecast is what the first reading was, or is, expected to take.
type Forecast struct {
	Made     time.Time `json:"made"`
	Requests int       `json:"requests"`
	Error    int       `json:"error"`        // standard error of these
	Hours    float64   `json:"hours"`        // 0: there is no limit
	Left     int       `json:"left"`         // requests
	End      time.Time `json:"end,omitzero"` // expected, by what is left; zero where it can't be told, or has ended
}

// BackfillStream is what one stream's past was expected to take, and has taken.
type BackfillStream struct {
	Stream   string `json:"stream"`
	Forecast int    `json:"forecast"`
	Spent    int    `json:"spent"`
}

func (r *Reader) backfill(ctx context.Context, c *oauth.Connection, now time.Time) (*Backfill, error) {
	known, err := r.DB.Backfill(ctx, c.WorkspaceUUID)
	if err != nil || known == nil {
		return nil, err
	}
	b := &Backfill{Started: known.Started, Ended: known.Ended, Streams: []BackfillStream{}}
	forecast, spent, left := known.Requests()
	b.Spent = spent
	for _, s := range known.Streams {
		b.Streams = append(b.Streams, BackfillStream(s))
	}
	if known.Forecast.IsZero() {
		return b, nil
	}
	b.Forecast = &Forecast{Made: known.Forecast, Requests: forecast, Error: known.Error, Hours: known.Duration.Hours()}
	if b.Ended.IsZero() {
		b.Forecast.Left = left
		if forecast > 0 && known.Duration > 0 && left > 0 {
			b.Forecast.End = now.Add(known.Duration * time.Duration(left) / time.Duration(forecast)).UTC()
		}
	}
	return b, nil
}

// String says it in a sentence; nothing where there is nothing worth saying.
func (b *Backfill) String() string {
	switch {
	case b == nil || !b.Ended.IsZero() && b.Forecast == nil:
		return ""
	case !b.Ended.IsZero():
		return fmt.Sprintf("all of the past was read by %s: %d requests in %s; forecast were %d%s", Clock(b.Ended), b.Spent, Hours(b.Ended.Sub(b.Started).Hours()),
			b.Forecast.Requests, in(b.Forecast.Hours))
	case b.Started.IsZero():
		return fmt.Sprintf("reading the past is going to take about %d requests%s", b.Forecast.Requests, in(b.Forecast.Hours))
	case b.Forecast == nil:
		return fmt.Sprintf("the past is being read: %d requests so far; bucketlake plan forecasts how many are left", b.Spent)
	case b.Forecast.Left == 0 || b.Forecast.End.IsZero():
		return fmt.Sprintf("the past is being read: %d requests so far, and %d were forecast", b.Spent, b.Forecast.Requests)
	}
	return fmt.Sprintf("the past is being read, from today backwards: %d requests so far, about %d are left, until %s or so", b.Spent, b.Forecast.Left, Clock(b.Forecast.End))
}

func in(h float64) string {
	if h == 0 {
		return ""
	}
	return " in " + Hours(h)
}

// Hours says a duration as people do.
func Hours(h float64) string {
	switch n := math.Round(h); {
	case n < 1:
		return "less than an hour"
	case n == 1:
		return "an hour"
	case n < 48:
		return fmt.Sprintf("%.0f hours", n)
	}
	return fmt.Sprintf("%.1f days", h/24)
}

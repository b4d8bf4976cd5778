// Package alerts tells somebody, once, when a workspace must be connected again, when its tables grow stale, and when its
// runs fail one after the other; and once more when that is over.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// Kind is what an alert is about.
type Kind string

// The kinds.
const (
	NeedsReconnect Kind = "needs_reconnect" // nothing is read until somebody connects it again
	Stale          Kind = "stale"           // a stream was not read to its end for long
	Failing        Kind = "failing"         // the last runs failed
)

var kinds = []Kind{NeedsReconnect, Stale, Failing}

// quiet is how long an alert that is over is not told again, should it come back.
const quiet = time.Hour

// Alert is what somebody is told.
type Alert struct {
	Kind      Kind
	Workspace string
	Since     time.Time
	Over      bool   // what was told before is over
	Summary   string // a sentence
	Remedy    string // what to do; empty where there is nothing

	uuid string
}

// Watch looks after the connections. Its looks may come from several processes: what was told stands in the state
// database.
type Watch struct {
	DB          *state.DB
	Connections func(context.Context) ([]status.Connection, error)
	StaleAfter  time.Duration
	Failures    int // runs in a row that fail before it is told
	Tell        func(context.Context, []Alert) error

	// Told is called for each alert that was told, or not, by Tell's error.
	Told func(Kind, error)

	failed int       // tellings in a row that failed
	resume time.Time // no telling before
}

// Look finds what is the matter, and tells what was not told yet, all of it at once.
//
// The order is: tell, then remember. A crash in between has it told twice; the other way round it would never be told.
func (w *Watch) Look(ctx context.Context, now time.Time) error {
	if now.Before(w.resume) {
		return nil
	}
	unlock, err := w.DB.Lock(ctx, "alerts")
	if errors.Is(err, state.ErrLocked) {
		return nil // another worker looks
	}
	if err != nil {
		return err
	}
	defer unlock()
	news, err := w.news(ctx, now)
	if err != nil || len(news) == 0 {
		return err
	}
	err = w.Tell(ctx, news)
	for i := range news {
		w.Told(news[i].Kind, err)
	}
	if err != nil {
		w.failed++
		w.resume = now.Add(time.Minute << min(w.failed, 5)) // a receiver that is down is not besieged
		return fmt.Errorf("telling of %d alerts: %w", len(news), err)
	}
	w.failed = 0
	for i := range news {
		if err := w.DB.SaveAlert(ctx, news[i].record(now)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Alert) record(now time.Time) state.Alert {
	r := state.Alert{WorkspaceUUID: a.uuid, Kind: string(a.Kind), Workspace: a.Workspace, Since: a.Since, Told: now}
	if a.Over {
		r.Ended = now
	}
	return r
}

// news is what was not told yet.
func (w *Watch) news(ctx context.Context, now time.Time) ([]Alert, error) {
	connections, err := w.Connections(ctx)
	if err != nil {
		return nil, err
	}
	list, err := w.DB.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	type key struct {
		uuid string
		kind Kind
	}
	told := map[key]state.Alert{}
	for _, a := range list {
		told[key{a.WorkspaceUUID, Kind(a.Kind)}] = a
	}
	var news []Alert
	for i := range connections {
		c := &connections[i]
		for _, kind := range kinds {
			alert, err := w.find(ctx, kind, c, now)
			if err != nil {
				return nil, err
			}
			last, known := told[key{c.WorkspaceUUID, kind}]
			lasts := known && last.Ended.IsZero()
			switch {
			case alert != nil && !lasts && now.Sub(last.Ended) >= quiet:
				alert.Kind, alert.Workspace, alert.uuid = kind, c.Workspace, c.WorkspaceUUID
				news = append(news, *alert)
			case alert == nil && lasts && (kind == NeedsReconnect || c.State != oauth.NeedsReconnect): // one that nothing is read of is not fresh
				news = append(news, Alert{
					Kind: kind, Workspace: c.Workspace, uuid: c.WorkspaceUUID, Since: last.Since, Over: true, Summary: over(kind, c),
				})
			}
		}
	}
	return news, nil
}

// find returns what is the matter with a connection; nil: nothing. One cause makes one alert: of a workspace that must be
// connected again, nobody needs to be told that it grows stale.
func (w *Watch) find(ctx context.Context, kind Kind, c *status.Connection, now time.Time) (*Alert, error) {
	switch {
	case c.State == oauth.NeedsReconnect && kind == NeedsReconnect:
		return &Alert{Since: now, Summary: c.Workspace + " must be connected again: " + status.Sentence(c.Reason), Remedy: c.Remedy}, nil
	case c.State != oauth.Connected:
		return nil, nil //nolint:nilnil // nothing is the matter, or something else is
	case kind == Stale:
		return w.stale(c, now), nil
	case kind == Failing:
		return w.failing(ctx, c)
	}
	return nil, nil //nolint:nilnil // nothing is the matter
}

func (w *Watch) stale(c *status.Connection, now time.Time) *Alert {
	var streams []string
	oldest := now
	for i := range c.Streams {
		st := &c.Streams[i]
		if at := c.FreshAt(st); st.Disabled == "" && now.Sub(at) > w.StaleAfter {
			streams = append(streams, st.Stream)
			if at.Before(oldest) {
				oldest = at
			}
		}
	}
	if len(streams) == 0 {
		return nil
	}
	a := &Alert{
		Since:   oldest.Add(w.StaleAfter),
		Summary: fmt.Sprintf("%s: data is older than %s, since %s: %s.", c.Workspace, short(w.StaleAfter), status.Clock(oldest), strings.Join(streams, ", ")),
		Remedy:  "Run `bucketlake status`: it says why.",
	}
	if c.LastRun != nil && c.LastRun.Problem != "" {
		a.Remedy = "The last run is not complete: " + status.Sentence(firstLine(c.LastRun.Problem))
	}
	return a
}

// failing looks at the last runs, after the last that did not fail.
func (w *Watch) failing(ctx context.Context, c *status.Connection) (*Alert, error) {
	runs, err := w.DB.Runs(ctx, c.WorkspaceUUID, c.ConnectedAt)
	if err != nil {
		return nil, err
	}
	n := 0
	for n < len(runs) && runs[n].Outcome == "failed" {
		n++
	}
	if n < w.Failures {
		return nil, nil //nolint:nilnil // nothing is the matter
	}
	return &Alert{
		Since:   runs[n-1].Ended,
		Summary: fmt.Sprintf("%s: the last %d runs failed, since %s.", c.Workspace, n, status.Clock(runs[n-1].Ended)),
		Remedy:  status.Sentence(firstLine(runs[0].Problem)),
	}, nil
}

func over(kind Kind, c *status.Connection) string {
	switch {
	case c.State == oauth.Disconnected:
		return c.Workspace + " is disconnected."
	case kind == NeedsReconnect:
		return c.Workspace + " is connected again."
	case kind == Stale:
		return c.Workspace + ": data is fresh again."
	}
	return c.Workspace + ": runs succeed again."
}

// short writes a length of time without the zeros behind it.
func short(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" {
		return "0s"
	}
	return s
}

const longest = 500

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return s
}

package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/oauth"
)

const (
	// whileRunning is how often a browser without JavaScript looks again while something is under way.
	whileRunning = 15 * time.Second
	// soon is when a sync that waits begins, for those who watch.
	soon = 10 * time.Second
)

// connectionsPage is the list of connections.
type connectionsPage struct {
	Connections []card
	Consumers   []consumer
	Callback    string   // that a consumer needs
	Scopes      []string // to tick on one
}

// card is a connection, and what the clock makes of it.
type card struct {
	status.Connection
	Now    time.Time
	Known  bool // the settings hold its consumer
	Others bool // they hold others
}

// consumer is a choice among those that a consent may be asked for.
type consumer struct{ ClientID, Label string }

func (s *site) connections(w http.ResponseWriter, r *http.Request) {
	all, err := s.Status(r.Context(), 0)
	if err != nil {
		s.fail(w, r, "reading the connections", err)
		return
	}
	page := connectionsPage{Callback: s.PublicURL + oauth.CallbackPath, Scopes: extract.Scopes()}
	for _, c := range s.Consumers {
		page.Consumers = append(page.Consumers, consumer{c.ClientID, cmp.Or(c.Name, c.ClientID)})
	}
	l := layout{Title: "Connections", At: "connections"}
	for i := range all {
		page.Connections = append(page.Connections, s.card(&all[i]))
		if underWay(&all[i]) {
			l.Live = whileRunning
		}
	}
	// The script that keeps the page up to date asks for it again, and must not take what a person has not seen.
	if !r.URL.Query().Has("live") {
		l.Notice = s.noticeFor(w, r)
	}
	l.Page = page
	s.render(w, http.StatusOK, "connections", s.shown(r, l))
}

func (s *site) card(c *status.Connection) card {
	known := slices.ContainsFunc(s.Consumers, func(o oauth.Consumer) bool { return o.ClientID == c.ClientID })
	return card{*c, time.Now(), known, len(s.Consumers) > 0}
}

// underWay reports whether there is something to watch.
func underWay(c *status.Connection) bool {
	return c.Running != nil || c.Waiting != nil && time.Until(*c.Waiting) < soon
}

func (s *site) syncNow(w http.ResponseWriter, r *http.Request) {
	c, err := s.find(r.Context(), r.PathValue("id"))
	if err != nil {
		s.back(w, r, notice{true, err.Error()})
		return
	}
	said, err := s.Sync(r.Context(), c.WorkspaceUUID)
	if err != nil {
		s.fail(w, r, "queueing a sync of "+c.Workspace, err)
		return
	}
	s.back(w, r, notice{Text: "workspace " + c.Workspace + ": " + said})
}

func (s *site) disconnect(w http.ResponseWriter, r *http.Request) {
	c, err := s.find(r.Context(), r.PathValue("id"))
	if err != nil {
		s.back(w, r, notice{true, err.Error()})
		return
	}
	if err := s.Disconnect(r.Context(), c.ID); err != nil {
		s.fail(w, r, "disconnecting "+c.Workspace, err)
		return
	}
	s.Log.InfoContext(r.Context(), "disconnected", "workspace", c.Workspace)
	s.back(w, r, notice{Text: "disconnected workspace " + c.Workspace + "; what has landed stays"})
}

// find returns the connection that a form names.
func (s *site) find(ctx context.Context, id string) (status.Connection, error) {
	all, err := s.Status(ctx, 0)
	if err != nil {
		return status.Connection{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return status.Connection{}, errUnknown
}

// words are what the templates say things with.
var words = template.FuncMap{
	"permission": extract.Permission,
	"clock":      func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"day":        func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	"machine":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"ago":        ago,
	"length":     length,
	"clockTime":  func(t time.Time) string { return t.UTC().Format("15:04") },
	"runTime":    func(t time.Time) string { return t.UTC().Format("2 Jan, 15:04:05") },
	"plural":     func(n int, of string) string { return plural(n, of) },
	"hours":      status.Hours,
	"sentence":   status.Sentence,
	"seconds":    func(d time.Duration) int { return int(d.Seconds()) },
	"count":      number,
	"feature":    featureName,
	"bytes":      size,
	"longDay":    longDay,
	"percent":    percent,
	"stepDay":    stepDay,
	"backward":   backward,
	"soon":       func(t, now time.Time) bool { return t.Sub(now) < soon },
	"lines":      func(s string) []string { return strings.Split(s, "\n") },
	"health": func(h status.Health, s oauth.State) string {
		switch {
		case s == oauth.NeedsReconnect:
			return "Reconnect needed"
		case s == oauth.Disconnected:
			return "Disconnected"
		case h == status.Yellow:
			return "Needs attention"
		}
		return "Connected"
	},
}

// ago says how far a time lies from now, before or after it.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	format := "%s ago"
	if d < 0 {
		d, format = -d, "in %s"
	}
	switch {
	case d < 10*time.Second && format == "%s ago":
		return "just now"
	case d < 90*time.Second:
		return fmt.Sprintf(format, plural(int(d.Seconds()+0.5), "second"))
	case d < 90*time.Minute:
		return fmt.Sprintf(format, plural(int(d.Minutes()+0.5), "minute"))
	case d < 36*time.Hour:
		return fmt.Sprintf(format, plural(int(d.Hours()+0.5), "hour"))
	}
	return fmt.Sprintf(format, plural(int(d.Hours()/24+0.5), "day"))
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return count(n) + " " + of + "s"
}

// number is count for whatever whole number a page has.
func number(n any) string {
	switch n := n.(type) {
	case int:
		return count(n)
	case int64:
		return count(int(n))
	}
	return fmt.Sprint(n)
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 10_000:
		return count(int(n)) + " B"
	case n < 10_000_000:
		return count(int(n/1000)) + " kB"
	}
	return count(int(n/1_000_000)) + " MB"
}

// count groups the digits of a number by thousands.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

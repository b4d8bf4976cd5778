package alerts

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/outward"
	"bucketlake/extract/oauth"
)

// Format is how a receiver wants to be told.
type Format string

// The formats.
const (
	JSON  Format = "json"  // Body
	Slack Format = "slack" // {"text": ...}, which Slack's incoming webhooks take, and those of Mattermost and Rocket.Chat
)

// FormatOf is the format that a receiver's address takes.
func FormatOf(address string) Format {
	if u, err := url.Parse(address); err == nil && (u.Hostname() == "hooks.slack.com" || u.Hostname() == "hooks.slack-gov.com") {
		return Slack
	}
	return JSON
}

// Receiver is who is told.
type Receiver struct {
	URL       oauth.Secret // whoever knows it may post
	Format    Format
	PublicURL string // of the worker's page; empty: there is none
	Version   string
}

// Body is what is posted as JSON.
type Body struct {
	Source  string  `json:"source"` // bucketlake
	Version string  `json:"version"`
	Page    string  `json:"page,omitempty"` // of the worker
	Text    string  `json:"text"`           // all of it, for people
	Alerts  []Entry `json:"alerts"`
}

// Entry is one alert.
type Entry struct {
	Status    string    `json:"status"` // firing, or resolved
	Kind      Kind      `json:"kind"`
	Workspace string    `json:"workspace"`
	Since     time.Time `json:"since"`
	Summary   string    `json:"summary"`
	Remedy    string    `json:"remedy,omitempty"`
}

// telling is how long a receiver may take.
const telling = 15 * time.Second

// Tell posts alerts. No error repeats the address: it is a secret.
func (r *Receiver) Tell(ctx context.Context, all []Alert) error {
	body, err := r.body(all)
	if err != nil {
		return err
	}
	return outward.Post(ctx, "ALERT_URL", r.URL.Reveal(), http.Header{"User-Agent": {"bucketlake/" + r.Version}}, body, telling)
}

func (r *Receiver) body(all []Alert) ([]byte, error) {
	b := Body{Source: "bucketlake", Version: r.Version, Page: r.PublicURL, Alerts: []Entry{}}
	var lines []string
	for i := range all {
		a := &all[i]
		e := Entry{Status: "firing", Kind: a.Kind, Workspace: a.Workspace, Since: a.Since.UTC(), Summary: a.Summary, Remedy: a.Remedy}
		sign := "⚠️ "
		if a.Over {
			e.Status, sign = "resolved", "✅ "
		}
		lines = append(lines, strings.TrimSpace(sign+a.Summary+" "+a.Remedy))
		b.Alerts = append(b.Alerts, e)
	}
	if r.PublicURL != "" {
		lines = append(lines, r.PublicURL)
	}
	b.Text = strings.Join(lines, "\n")
	if r.Format == Slack {
		return json.Marshal(map[string]string{"text": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(b.Text)})
	}
	return json.Marshal(b)
}

package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return errors.New("ALERT_URL is not an address")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bucketlake/"+r.Version)
	// A redirect would turn the POST into a GET.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("ALERT_URL can't be reached: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("ALERT_URL answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return nil
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

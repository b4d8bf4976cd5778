package interop_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// walkConsent opens a consent page as a browser would, logs in where it is asked to, grants access,
// and follows to the callback.
func walkConsent(t *testing.T, address string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: time.Minute}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // pages on the way
		answer, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		page, err := html.Parse(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		at := answer.Request.URL
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s answers %s:\n%s", at.Path, answer.Status, text(page))
		}
		if at.Path == "/oauth/callback" {
			return
		}
		action, fields := fillIn(page)
		target, err := at.Parse(action)
		if err != nil {
			t.Fatal(err)
		}
		request, err = http.NewRequestWithContext(t.Context(), http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	t.Fatalf("the consent leads from form to form, to %s", request.URL.Path)
}

// fillIn fills in the first form of a page and presses its first button, which is the one that goes on.
func fillIn(page *html.Node) (action string, fields url.Values) {
	fields = url.Values{}
	pressed := false
	for form := range page.Descendants() {
		if form.Data != "form" || form.Type != html.ElementNode {
			continue
		}
		action = attribute(form, "action")
		for n := range form.Descendants() {
			if n.Type != html.ElementNode || attribute(n, "name") == "" {
				continue
			}
			name, value, kind := attribute(n, "name"), attribute(n, "value"), attribute(n, "type")
			switch {
			case n.Data == "button" || n.Data == "input" && kind == "submit":
				if !pressed {
					fields.Set(name, value)
				}
				pressed = true
			case n.Data == "input" && value == "":
				fields.Set(name, "somebody") // the simulation lets anybody in
			case n.Data == "input":
				fields.Set(name, value)
			}
		}
		break
	}
	return action, fields
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(page *html.Node) string {
	var b strings.Builder
	for n := range page.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

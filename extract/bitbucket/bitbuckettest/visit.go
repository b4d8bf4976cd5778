package bitbuckettest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Consent opens a consent page as a browser would, logs in, grants access and follows the way back to the program that asked. It returns an error
// unless the page at the end is one of success.
func Consent(ctx context.Context, address string) error { return visit(ctx, address, "grant") }

// Deny is Consent by somebody who denies access.
func Deny(ctx context.Context, address string) error { return visit(ctx, address, "deny") }

func visit(ctx context.Context, address, choice string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar}
	back, err := walk(ctx, browser, address, choice, "")
	if err != nil {
		return err
	}
	_, _, err = browse(ctx, browser, http.MethodGet, back, nil)
	return err
}

// ConsentWith is Consent in a browser that is there already, up to the way back: it returns the address where the consent page sends the browser.
func ConsentWith(ctx context.Context, browser *http.Client, address string) (back string, err error) {
	return walk(ctx, browser, address, "grant", "")
}

// ConsentAs is ConsentWith by the administrator with an e-mail address.
func ConsentAs(ctx context.Context, browser *http.Client, address, email string) (back string, err error) {
	return walk(ctx, browser, address, "grant", email)
}

// DenyWith is ConsentWith by somebody who denies access.
func DenyWith(ctx context.Context, browser *http.Client, address string) (back string, err error) {
	return walk(ctx, browser, address, "deny", "")
}

// walk logs in, where the browser's cookies don't know somebody yet, and chooses.
func walk(ctx context.Context, browser *http.Client, address, choice, email string) (back string, err error) {
	own := *browser
	own.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if next.URL.Host != via[0].URL.Host { // the way back
			return http.ErrUseLastResponse
		}
		return nil
	}
	if email != "" { // somebody else: what the browser remembers of a login doesn't count
		own.Jar, _ = cookiejar.New(nil)
	}
	shown, at, err := browse(ctx, &own, http.MethodGet, address, nil)
	for err == nil && at.Host == hostOf(address) {
		form, action, ok := formOn(shown)
		if !ok {
			return "", fmt.Errorf("no form on the page at %s", at.Path)
		}
		press := choice
		if form.Has("password") || form.Has("email") {
			press = "login"
			form.Set("password", "any")
			if email != "" {
				form.Set("email", email)
			}
		}
		form.Set("choice", press)
		target, parseErr := at.Parse(action)
		if parseErr != nil {
			return "", errors.New("the form leads nowhere")
		}
		shown, at, err = browse(ctx, &own, http.MethodPost, target.String(), form)
	}
	if err != nil {
		return "", err
	}
	return at.String(), nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

var (
	formPattern  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	inputPattern = regexp.MustCompile(`<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"`)
)

// formOn reads the form of a page, with what is filled in already.
func formOn(page string) (form url.Values, action string, ok bool) {
	m := formPattern.FindStringSubmatch(page)
	if m == nil {
		return nil, "", false
	}
	form = url.Values{}
	for _, input := range inputPattern.FindAllStringSubmatch(page, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	return form, html.UnescapeString(m[1]), true
}

func browse(ctx context.Context, browser *http.Client, method, address string, form url.Values) (page string, at *url.URL, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, errors.New("the address does not parse")
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := browser.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 3 { // not followed: it leads away
		at, err = resp.Location()
		return "", at, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the page at %s answers %s", resp.Request.URL.Path, resp.Status)
	}
	return string(body), resp.Request.URL, err
}

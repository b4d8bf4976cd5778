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
	shown, at, err := browse(ctx, browser, http.MethodGet, address, nil)
	for _, press := range []string{"login", choice} {
		if err != nil {
			return err
		}
		form, action, ok := formOn(shown)
		if !ok {
			return fmt.Errorf("no form on the page at %s", at.Path)
		}
		if form.Set("choice", press); press == "login" {
			form.Set("password", "any")
		}
		target, parseErr := at.Parse(action)
		if parseErr != nil {
			return errors.New("the form leads nowhere")
		}
		shown, at, err = browse(ctx, browser, http.MethodPost, target.String(), form)
	}
	return err
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the page at %s answers %s", resp.Request.URL.Path, resp.Status)
	}
	return string(body), resp.Request.URL, err
}

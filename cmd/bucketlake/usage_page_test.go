package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

var usageAddresses = []string{
	"/usage", "/usage/acme", "/usage/acme/people.csv", "/usage/acme/people.parquet", "/usage/acme/people.sql",
	"/usage/acme/tables/members", "/usage/acme/tables/members/data.parquet", "/usage/elsewhere",
	"/sync", "/sync/acme", "/sync/acme/anew", "/sync/elsewhere",
}

// TestUsageAsksForThePassword reads nothing to somebody who is not logged in, nor to another site.
func TestUsageAsksForThePassword(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Scale: tiny})
	i.connect(t)
	i.sync(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("a password of this test"), 0o600); err != nil {
		t.Fatal(err)
	}
	i.set("WEB_PASSWORD_FILE", file)
	v, _, _ := i.servePage(t)
	for _, address := range usageAddresses {
		resp, body := v.get(address)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/login" || len(body) > 100 {
			t.Errorf("%s answers %s: %s", address, resp.Status, first(body, 100))
		}
	}
	v.post("/login", "password", "a password of this test")
	for _, address := range usageAddresses {
		resp, body := v.get(address)
		want := http.StatusOK
		switch address {
		case "/usage", "/sync":
			want = http.StatusSeeOther
		case "/usage/elsewhere", "/sync/elsewhere":
			want = http.StatusNotFound
		}
		if resp.StatusCode != want {
			t.Errorf("%s answers %s: %s", address, resp.Status, first(body, 300))
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if resp.Header.Get("Cache-Control") != "no-store" || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s is not protected: %v", address, resp.Header)
		}
	}
	resp, _ := v.ask(http.MethodGet, "/usage/acme", nil, func(r *http.Request) { r.Host = "evil.example.com" })
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under a stranger's name the page answers %s", resp.Status)
	}
}

// TestUsageRefuses asks for what is not there, or makes no sense.
func TestUsageRefuses(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Scale: tiny})
	i.connect(t)
	v, _, _ := i.servePage(t)
	eventually(t, "the usage", func() bool {
		_, body := v.get("/usage/acme")
		return strings.Contains(body, "Active people")
	})
	for address, want := range map[string]int{
		"/usage/acme?days=ninety":                          http.StatusBadRequest,
		"/usage/acme?days=-1":                              http.StatusBadRequest,
		"/usage/acme?from=2026-13-01":                      http.StatusBadRequest,
		"/usage/acme?from=2026-10-02&to=2026-10-01":        http.StatusBadRequest,
		"/usage/acme?from=2001-01-01&to=2001-01-02":        http.StatusOK, // nobody did anything
		"/usage/acme?from=1999-01-01":                      http.StatusOK,
		"/usage/acme?page=-7&sort=colour&status=sideways":  http.StatusOK,
		"/usage/acme?q=%3Cscript%3E&page=99999999999999":   http.StatusOK,
		"/usage/acme/people.xlsx":                          http.StatusNotFound,
		"/usage/acme/secrets.csv":                          http.StatusNotFound,
		"/usage/acme/tables/secrets":                       http.StatusNotFound,
		"/usage/acme/tables/usage_events/1999-01.parquet":  http.StatusNotFound,
		"/usage/acme/tables/usage_events/..%2f..%2fx":      http.StatusNotFound,
		"/usage/..%2facme":                                 http.StatusNotFound,
		"/usage/acme/tables/members/data.parquet?days=all": http.StatusOK,
	} {
		resp, body := v.get(address)
		if resp.StatusCode != want {
			t.Errorf("%s answers %s, want %d", address, resp.Status, want)
		}
		if strings.Contains(body, "<script>") {
			t.Errorf("%s hands on what was asked as it is", address)
		}
	}
	resp, body := v.ask(http.MethodGet, "/usage/acme/tables/members/data.parquet", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=0-3") })
	if resp.StatusCode != http.StatusPartialContent || body != "PAR1" {
		t.Errorf("a part of an object: %s, %q", resp.Status, body)
	}
	again, _ := v.ask(http.MethodGet, "/usage/acme/tables/members/data.parquet", nil, func(r *http.Request) { r.Header.Set("If-None-Match", resp.Header.Get("ETag")) })
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("an object that is known: %s", again.Status)
	}
}

// TestUsageHidesNames lands names, and then asks for hashes, or for none: the page does not wait for a sync.
func TestUsageHidesNames(t *testing.T) {
	i := newInstall(t, bitbuckettest.Options{Scale: tiny})
	i.connect(t)
	i.sync(t)
	names := i.bitbucket.Members()
	show := func(mode string) (v *visitor, all string) {
		t.Helper()
		i.set("PII", mode)
		i.set("PII_KEY_FILE", filepath.Join(i.dir, "pii.key"))
		// The page looks at the lake as it is: no sync comes in between.
		i.set("SYNC_SCHEDULE", "0 0 1 1 *")
		i.set("BITBUCKET_API_URL", "http://127.0.0.1:1/2.0")
		v, cmd, _ := i.servePage(t)
		t.Cleanup(func() { kill(t, cmd) })
		for _, address := range []string{"/usage/acme?days=all", "/usage/acme/people.csv?days=all", "/usage/acme/people.parquet?days=all"} {
			resp, body := v.get(address)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", address, resp.Status)
			}
			all += body
		}
		return v, all
	}
	_, plain := show("keep")
	found := 0
	for _, m := range names {
		if strings.Contains(plain, m.DisplayName) {
			found++
		}
	}
	if found < len(names)/2 {
		t.Fatalf("%d of %d names are shown: nothing is tried here", found, len(names))
	}
	for mode, form := range map[string]string{"hash": `Person [0-9a-f]{8}<`, "drop": `Account [0-9a-f]{8}<`} {
		if mode == "hash" {
			i.must(t, "keys", "rotate-pii")
		}
		v, body := show(mode)
		for _, m := range names {
			if strings.Contains(body, m.DisplayName) {
				t.Errorf("PII=%s shows %s", mode, m.DisplayName)
			}
		}
		if !regexp.MustCompile(form).MatchString(body) {
			t.Errorf("PII=%s calls nobody %s", mode, form)
		}
		if resp, _ := v.get("/usage/acme/tables/members/data.parquet"); resp.StatusCode != http.StatusForbidden {
			t.Errorf("PII=%s gives away names as they landed: %s", mode, resp.Status)
		}
		if resp, _ := v.get("/usage/acme/tables/projects/data.parquet"); resp.StatusCode != http.StatusOK {
			t.Errorf("PII=%s keeps back what names nobody: %s", mode, resp.Status)
		}
	}
}

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func defaults(t *testing.T) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, "BITBUCKET_") {
			t.Setenv(name, value) // restored after the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDefaultSettings(t *testing.T) {
	defaults(t)
	c, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.apiURL != "https://api.bitbucket.org/2.0" || c.requestsPerHour != 1000 || c.lake.Directory != "data/lake" || c.logLevel != slog.LevelInfo ||
		c.publicURL != "http://127.0.0.1:8080" {
		t.Errorf("got %+v", c.apiURL)
	}
	at := time.Date(2026, 10, 1, 12, 34, 0, 0, time.FixedZone("elsewhere", 5400))
	if next := c.schedule.Next(at); !next.Equal(time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("after %s comes %s", at, next)
	}
	if err := c.needConsumer(); err == nil || !strings.Contains(err.Error(), "BITBUCKET_CLIENT_ID") || !strings.Contains(err.Error(), "BITBUCKET_CLIENT_SECRET") {
		t.Errorf("without a consumer: %v", err)
	}
}

func TestScheduleIsInUTC(t *testing.T) {
	defaults(t)
	t.Setenv("SYNC_SCHEDULE", "30 6 * * *")
	c, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 1, 12, 0, 0, 0, time.FixedZone("elsewhere", -8*3600))
	if next := c.schedule.Next(at); !next.Equal(time.Date(2026, 10, 2, 6, 30, 0, 0, time.UTC)) {
		t.Errorf("after %s comes %s", at, next.UTC())
	}
}

func TestSecretFromAFile(t *testing.T) {
	defaults(t)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BITBUCKET_CLIENT_SECRET_FILE", path)
	c, err := readConfig()
	if err != nil || c.consumers[0].ClientSecret.Reveal() != "from-a-file" {
		t.Errorf("got %v", err)
	}
	t.Setenv("BITBUCKET_CLIENT_SECRET", "and-plainly")
	if _, err := readConfig(); err == nil || strings.Contains(err.Error(), "and-plainly") {
		t.Errorf("both set: %v", err)
	}
	t.Setenv("BITBUCKET_CLIENT_SECRET", "")
	t.Setenv("BITBUCKET_CLIENT_SECRET_FILE", path+".missing")
	if _, err := readConfig(); err == nil || !strings.Contains(err.Error(), "BITBUCKET_CLIENT_SECRET_FILE") {
		t.Errorf("no file: %v", err)
	}
}

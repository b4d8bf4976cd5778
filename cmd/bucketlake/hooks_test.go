package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

const hookSecret = "planted-hook-secret"

func sign(body, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// TestHooksAreHints has a comment on a pull request that nobody has touched for weeks, and a webhook that tells of it.
func TestHooksAreHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{
			Seed: 5, Scale: bitbuckettest.Scale{Members: 5, Repositories: 2, PullRequests: 8, Months: 1}, End: time.Now().Add(-40 * 24 * time.Hour),
		})
		defer l.close()
		l.config.quietEvery, l.config.snapshotEvery = 1000*time.Hour, 1000*time.Hour
		sync := func() (pulls int) {
			time.Sleep(time.Hour)
			run := l.sync(t.Context(), t)
			if err := outcome([]workspaceRun{run}); err != nil {
				t.Fatal(err)
			}
			for _, r := range run.Streams {
				if r.Stream == schemas.PullRequests.Name {
					pulls = r.Requests
				}
			}
			return pulls
		}
		sync()
		if n := sync(); n > 0 {
			t.Fatalf("%d requests for pull requests, although nothing happened for weeks", n)
		}
		a := l.open(t)
		defer a.close()
		var log bytes.Buffer
		queued := 0
		h := &hookReceiver{secret: hookSecret, store: a.store, db: a.db, log: slog.New(slog.NewTextHandler(&log, nil)), soon: func(context.Context, string) error {
			queued++
			return nil
		}}
		connection, err := a.connections(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		repository := l.bitbucket.Repositories()[0].UUID
		body := func(workspace string) string {
			return fmt.Sprintf(`{"repository":{"uuid":%q,"workspace":{"uuid":%q}},"pullrequest":{"id":1}}`, repository, workspace)
		}
		good := body(connection[0].WorkspaceUUID)
		for _, tt := range []struct {
			name, method, body, signature, request string
			code, queued                           int
		}{
			{"looked at in a browser", http.MethodGet, "", "", "", http.StatusMethodNotAllowed, 0},
			{"without a signature", http.MethodPost, good, "", "1", http.StatusUnauthorized, 0},
			{"signed with another secret", http.MethodPost, good, sign(good, "another"), "1", http.StatusUnauthorized, 0},
			{"another body", http.MethodPost, good + " ", sign(good, hookSecret), "1", http.StatusUnauthorized, 0},
			{"a hash of another kind", http.MethodPost, good, strings.TrimPrefix(sign(good, hookSecret), "sha256="), "1", http.StatusUnauthorized, 0},
			{"a huge one", http.MethodPost, strings.Repeat(" ", largestHook+1), "", "1", http.StatusRequestEntityTooLarge, 0},
			{"no JSON", http.MethodPost, "<xml>", sign("<xml>", hookSecret), "1", http.StatusBadRequest, 0},
			{"without a name", http.MethodPost, good, sign(good, hookSecret), "", http.StatusBadRequest, 0},
			{"another workspace's", http.MethodPost, body("{other}"), sign(body("{other}"), hookSecret), "1", http.StatusNotFound, 0},
			{"of a project", http.MethodPost, `{}`, sign(`{}`, hookSecret), "1", http.StatusOK, 0},
			{"good", http.MethodPost, good, sign(good, hookSecret), "1", http.StatusOK, 1},
			{"good, tried again", http.MethodPost, good, sign(good, hookSecret), "1", http.StatusOK, 1},
			{"the next one", http.MethodPost, good, sign(good, hookSecret), "2", http.StatusOK, 2},
		} {
			r := httptest.NewRequest(tt.method, hooksPath, strings.NewReader(tt.body))
			r.Header.Set("X-Hub-Signature", tt.signature)
			r.Header.Set("X-Request-UUID", tt.request)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.code || queued != tt.queued {
				t.Errorf("%s: %d %s, %d queued; want %d, %d", tt.name, w.Code, strings.TrimSpace(w.Body.String()), queued, tt.code, tt.queued)
			}
		}
		if strings.Contains(log.String(), hookSecret) {
			t.Error("the log has the secret")
		}
		if n := sync(); n != 1 {
			t.Errorf("%d requests for the pull requests of the repository that was hinted at", n)
		}
		if n := sync(); n > 0 {
			t.Errorf("%d requests later on", n)
		}
	})
}

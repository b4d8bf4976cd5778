package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

const (
	// hooksPath is where Bitbucket's webhooks come in.
	hooksPath = "/hooks/bitbucket"
	// largestHook is the longest body that is read. Bitbucket sends some tens of KB.
	largestHook = 1 << 20
	// hookPause is how long a sync waits after a hint, for those that follow it.
	hookPause = 2 * time.Minute
)

// hookReceiver takes webhooks of Bitbucket in. Nothing is believed of what they say but that a repository may have changed: it is
// asked in the next run. One that is lost, or never comes, costs freshness, and no row.
type hookReceiver struct {
	secret oauth.Secret
	store  *oauth.Store
	db     *state.DB
	log    *slog.Logger
	soon   func(ctx context.Context, workspaceUUID string) error // queues a sync
}

// hook is what is read of a delivery.
type hook struct {
	Repository struct {
		UUID      string `json:"uuid"`
		Workspace struct {
			UUID string `json:"uuid"`
		} `json:"workspace"`
		Owner struct {
			UUID string `json:"uuid"`
		} `json:"owner"` // of a workspace, where it is not named itself
	} `json:"repository"`
}

func (h *hookReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "webhooks are sent by POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestHook))
	if err != nil {
		http.Error(w, "the body is too large, or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	if !h.signed(body, r.Header.Get("X-Hub-Signature")) {
		h.log.WarnContext(r.Context(), "a webhook was not signed with the secret of WEBHOOK_SECRET_FILE", "from", r.RemoteAddr)
		http.Error(w, "the signature is missing, or wrong", http.StatusUnauthorized)
		return
	}
	code, said := h.receive(r.Context(), r.Header.Get("X-Request-UUID"), body)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, said+"\n")
}

// signed checks the signature, sha256= and the HMAC of the body in hex.
func (h *hookReceiver) signed(body []byte, signature string) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	mac := hmac.New(sha256.New, []byte(h.secret.Reveal()))
	mac.Write(body)
	return err == nil && strings.HasPrefix(signature, "sha256=") && hmac.Equal(given, mac.Sum(nil))
}

// receive takes a delivery that is signed, once.
func (h *hookReceiver) receive(ctx context.Context, requestUUID string, body []byte) (code int, said string) {
	if requestUUID == "" || len(requestUUID) > 64 {
		return http.StatusBadRequest, "X-Request-UUID is missing"
	}
	failed := func(err error) (int, string) {
		h.log.ErrorContext(ctx, "receiving a webhook", "error", err)
		return http.StatusServiceUnavailable, "try again" // as Bitbucket does, twice
	}
	known, err := h.db.HookReceived(ctx, requestUUID)
	if err != nil {
		return failed(err)
	}
	if known {
		return http.StatusOK, "received before"
	}
	var told hook
	if err := json.Unmarshal(body, &told); err != nil {
		return http.StatusBadRequest, "the body is not JSON"
	}
	workspace := told.Repository.Workspace.UUID
	if workspace == "" {
		workspace = told.Repository.Owner.UUID
	}
	if workspace == "" || told.Repository.UUID == "" {
		return http.StatusOK, "it names no repository" // as those about a project do
	}
	c, err := h.store.Get(ctx, workspace)
	if errors.Is(err, oauth.ErrNoConnection) || err == nil && (c.State != oauth.Connected || c.WorkspaceUUID != workspace) {
		return http.StatusNotFound, "the workspace is not connected"
	}
	now := time.Now()
	if err == nil {
		err = h.db.Hint(ctx, workspace, told.Repository.UUID, now)
	}
	if err == nil {
		err = h.soon(ctx, workspace)
	}
	if err == nil {
		err = h.db.RememberHook(ctx, requestUUID, now)
	}
	if err != nil {
		return failed(err)
	}
	return http.StatusOK, "thank you"
}

// afterHook queues a sync in a little while. One that waits already reads the news then.
func (a *app) afterHook(insert insertFunc) func(context.Context, string) error {
	return func(ctx context.Context, workspaceUUID string) error {
		a.news.forget(workspaceUUID)
		_, err := insert(ctx, syncArgs{workspaceUUID}, &river.InsertOpts{ScheduledAt: time.Now().Add(hookPause)})
		return err
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/extract/oauth"
)

// opsHandler answers the health checks of a worker, and Prometheus.
func opsHandler(a *app) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.metrics.Handler())
	return mux
}

// ready says whether a worker can do its work, and how each connection is. It is ready while its state database answers:
// a connection that needs a person must not take the page away on which the person would mend it. Who wants to be told of
// that as well asks for /readyz?connections.
func (a *app) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	connections, err := a.store.List(ctx)
	if err != nil {
		http.Error(w, "the state database does not answer", http.StatusServiceUnavailable)
		return
	}
	code, alive := http.StatusOK, 0
	var text strings.Builder
	for i := range connections {
		c := &connections[i]
		fmt.Fprintf(&text, "%s: %s", c.Workspace, c.State)
		switch c.State {
		case oauth.Connected:
			alive++
		case oauth.NeedsReconnect:
			fmt.Fprintf(&text, ": %s: %s", c.Reason, c.Remedy())
			if r.URL.Query().Has("connections") {
				code = http.StatusServiceUnavailable
			}
		}
		text.WriteByte('\n')
	}
	if alive == 0 {
		text.WriteString("no workspace is connected\n")
		if r.URL.Query().Has("connections") {
			code = http.StatusServiceUnavailable
		}
	}
	if code == http.StatusOK {
		fmt.Fprint(w, "ok\n"+text.String())
		return
	}
	http.Error(w, text.String(), code)
}

// listen takes an address for a server of ours.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", addr)
}

// serve serves h until stop is called.
func serve(listener net.Listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always returns an error: that of stop
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = server.Close()
		<-done
	}
}

func healthCommand() *cobra.Command {
	return &cobra.Command{
		Use: "health", Short: "Ask a running worker whether it is alive (exit code 0: it is)", Args: cobra.NoArgs,
		Long: "Ask the worker at OPS_ADDR whether it is alive. A container's health check runs this.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := readConfig()
			if err != nil {
				return err
			}
			if c.opsAddr == "" {
				return errors.New("OPS_ADDR is -, so the worker answers no health checks: set it to 127.0.0.1:9090")
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.opsAddr+"/livez", nil)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return fmt.Errorf("no worker answers at OPS_ADDR=%s: %w", c.opsAddr, errors.Unwrap(err))
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("the worker at OPS_ADDR=%s answers %s", c.opsAddr, resp.Status)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "ok")
			return nil
		},
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"bucketlake/cmd/bucketlake/connect"
	"bucketlake/cmd/bucketlake/metrics"
	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// The exit codes.
const (
	exitFailed  = 1
	exitPartial = 3 // some streams or repositories could not be read; what was read has landed
)

// exitError ends the process with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// run is the program: it carries out args and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "bucketlake:", err)
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e.code
	}
	return exitFailed
}

func rootCommand(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "bucketlake",
		Short: "Parquet tables of who uses which Bitbucket feature when",
		Long: `bucketlake connects to Bitbucket Cloud workspaces, pulls what changed since the last time, and keeps
Parquet tables of who used which feature when.

To see it work on a simulated workspace:   bucketlake demo
To use it on yours:                        bucketlake worker, and its page
Without a page:                            bucketlake connect, then bucketlake sync

Settings are environment variables:

` + settingsHelp(),
		Version:      version,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(
		demoCommand(), connectCommand(), disconnectCommand(), planCommand(), syncCommand(), workerCommand(), statusCommand(), checkCommand(), verifyCommand(),
		tablesCommand(), keysCommand(), healthCommand(), versionCommand(),
	)
	return root
}

// app is what the commands work with.
type app struct {
	config *config
	log    *slog.Logger
	db     *state.DB
	store  *oauth.Store
	tokens *oauth.Source
	lake   *load.Lake
	stdout io.Writer
	stderr io.Writer

	metrics *metrics.Metrics
	tracer  trace.Tracer
	untrace func() // sends the last spans

	transport http.RoundTripper // to the API; nil: the network
	backoff   time.Duration     // of requests that are tried again; 0: the client's own
	news      newsRead
}

// openApp opens the state database, the keyset and the lake. What has landed already is not
// touched, and nothing is asked of Bitbucket.
func openApp(ctx context.Context, c *config, log *slog.Logger, stderr io.Writer) (*app, error) {
	store, err := c.lake.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the lake (LAKE_URL): %w", err)
	}
	db, err := state.Open(ctx, c.stateURL.Reveal())
	if err != nil {
		return nil, err
	}
	keys, err := oauth.OpenKeyset(ctx, c.keyset, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return newApp(c, log, stderr, db, keys, store), nil
}

// newApp puts together what has been opened.
func newApp(c *config, log *slog.Logger, stderr io.Writer, db *state.DB, keys *oauth.Keyset, store load.Store) *app {
	a := &app{config: c, log: log, db: db, store: oauth.NewStore(db, keys), stdout: io.Discard, stderr: stderr, lake: load.New(store, log), metrics: metrics.New(version), tracer: untraced(), untrace: func() {}}
	a.lake.Compression = c.compression
	if c.objectBytes > 0 {
		a.lake.ObjectBytes = c.objectBytes
	}
	a.tokens = oauth.NewSource(a.store, c.consumers)
	a.tokens.Alive = a.alive
	a.tokens.Refreshed = func(c oauth.Connection, err error) { a.metrics.Refreshed(c.Workspace, err) }
	return a
}

func (a *app) close() {
	a.untrace()
	if err := a.db.Close(); err != nil {
		a.log.Error("closing the state database", "error", err)
	}
}

// client returns a client of the API in the name of a connection, whose requests are counted for a
// stream. It leaves so many of the hour's requests to others.
func (a *app) client(c oauth.Connection, stream string, leave func(perHour int) int) *bitbucket.Client {
	client := a.bareClient(c, stream, func(ctx context.Context, refused string) (string, error) {
		return a.tokens.Token(ctx, c.WorkspaceUUID, refused)
	})
	client.Spend = func(ctx context.Context) error {
		perHour, err := status.PerHour(ctx, a.db, &c, a.config.requestsPerHour)
		if err != nil {
			return err
		}
		return a.db.Spend(ctx, c.Bucket(), stream, perHour-min(leave(perHour), max(0, perHour-1)))
	}
	return client
}

// counted has a client count its requests.
func counted(client *bitbucket.Client, requests *int) *bitbucket.Client {
	spend := client.Spend
	client.Spend = func(ctx context.Context) error {
		if err := spend(ctx); err != nil {
			return err
		}
		*requests++
		return nil
	}
	return client
}

// nothing is left to others.
func nothing(int) int { return 0 }

// leave is what a stream leaves of the hour: what is no news, a tenth to the news; and each some requests that make sure
// of what was read.
func leave(purpose extract.Purpose) func(perHour int) int {
	return func(perHour int) int {
		if purpose == extract.News {
			return keptForCertainty
		}
		return max(perHour/keptForNews, keptForCertainty)
	}
}

// bareClient returns a client that shows the tokens it is given. Its requests are counted, and never refused: a person
// is waiting, or something depends on the answer.
func (a *app) bareClient(c oauth.Connection, stream string, token func(ctx context.Context, refused string) (string, error)) *bitbucket.Client {
	return &bitbucket.Client{
		Base: a.config.apiURL, UserAgent: userAgent(), Log: a.log, Token: token, Transport: spans{a.tracer, a.transport}, Backoff: a.backoff,
		Spend:     func(ctx context.Context) error { return a.db.Spend(ctx, c.Bucket(), stream, 0) },
		Attempted: func(_ context.Context, err error) { a.metrics.Requested(c.Workspace, stream, err) },
		Observed: func(ctx context.Context, l bitbucket.RateLimit) {
			limit := state.Limit{PerHour: l.PerHour, NearLimit: l.Near}
			if l.Remaining >= 0 {
				limit.Remaining = &l.Remaining
			}
			if err := a.db.Observe(ctx, c.Bucket(), limit); err != nil {
				a.log.WarnContext(ctx, "keeping the hour's limit", "error", err)
			}
		},
	}
}

// maker makes connections.
func (a *app) maker() *connect.Maker {
	return &connect.Maker{Store: a.store, Client: func(c oauth.Connection, access oauth.Secret) *bitbucket.Client {
		return a.bareClient(c, "connect", func(context.Context, string) (string, error) { return access.Reveal(), nil })
	}}
}

// alive finds out whether an access token that one path of the API refused is accepted by another.
func (a *app) alive(ctx context.Context, c oauth.Connection, access oauth.Secret) (bool, error) {
	client := a.bareClient(c, "connect", func(context.Context, string) (string, error) { return access.Reveal(), nil })
	_, err := bitbucket.Get[bitbucket.Workspace](ctx, client, bitbucket.Path("/workspaces/%s", c.Workspace))
	switch {
	case bitbucket.IsStatus(err, http.StatusUnauthorized):
		return false, nil
	case err == nil || bitbucket.IsStatus(err, http.StatusForbidden, http.StatusNotFound):
		return true, nil
	}
	return false, err
}

func userAgent() string { return "bucketlake/" + version }

func newLogger(c *config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.logLevel}
	if c.logJSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// A command's work, and what it needs beside the settings.
type (
	appFunc func(ctx context.Context, cmd *cobra.Command, a *app) error
	needs   struct{ consumer bool }
)

// withApp reads the settings, opens the app for a command, and closes it after.
func withApp(need needs, work appFunc) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, err := readConfig()
		if err != nil {
			if need.consumer {
				err = errors.Join(err, c.needConsumer())
			}
			return err
		}
		a, err := openApp(cmd.Context(), c, newLogger(c, cmd.ErrOrStderr()), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		a.stdout = cmd.OutOrStdout()
		defer a.close()
		if c.traced {
			if a.tracer, a.untrace, err = startTracing(cmd.Context(), a.log); err != nil {
				a.untrace = func() {}
				return err
			}
		}
		if need.consumer {
			if err := a.needConsumer(cmd.Context()); err != nil {
				return err
			}
		}
		return work(cmd.Context(), cmd, a)
	}
}

// needConsumer reports what of the OAuth consumer is not set, unless there are access tokens, which need none.
func (a *app) needConsumer(ctx context.Context) error {
	missing := a.config.needConsumer()
	if missing == nil {
		return nil
	}
	connections, err := a.store.List(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(connections, func(c oauth.Connection) bool { return c.Kind == oauth.KindAccessToken }) {
		return nil
	}
	return missing
}

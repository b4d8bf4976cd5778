package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

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
To use it on yours:                        bucketlake connect, then bucketlake sync or bucketlake worker

Settings are environment variables:

` + settingsHelp(),
		Version:      version,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(
		demoCommand(), connectCommand(), syncCommand(), workerCommand(), statusCommand(), tablesCommand(), keysCommand(),
		healthCommand(), versionCommand(),
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
	stderr io.Writer
}

// openApp opens the state database, the keyset and the lake. What has landed already is not
// touched, and nothing is asked of Bitbucket. Connecting makes a new keyset where the old one is
// lost: new tokens are about to be sealed.
func openApp(ctx context.Context, c *config, log *slog.Logger, stderr io.Writer, connecting bool) (*app, error) {
	directory, err := load.OpenDirectory(c.lake)
	if err != nil {
		return nil, fmt.Errorf("opening the lake (LAKE_URL): %w", err)
	}
	db, err := state.Open(ctx, c.stateURL)
	if err != nil {
		return nil, err
	}
	keys, err := oauth.OpenKeyset(ctx, c.keysetFile, db)
	if connecting && errors.Is(err, oauth.ErrKeysetLost) {
		log.Warn("the keyset is lost: making a new one", "file", c.keysetFile)
		keys, err = oauth.MakeKeyset(c.keysetFile)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	store := oauth.NewStore(db, keys)
	return &app{
		config: c, log: log, db: db, store: store, stderr: stderr,
		tokens: oauth.NewSource(store, c.consumer),
		lake:   load.New(directory, log),
	}, nil
}

func (a *app) close() {
	if err := a.db.Close(); err != nil {
		a.log.Error("closing the state database", "error", err)
	}
}

// client returns a client of the API in the name of a connection, whose requests are counted for a
// stream.
func (a *app) client(c oauth.Connection, stream string) *bitbucket.Client {
	return &bitbucket.Client{
		Base: a.config.apiURL, UserAgent: userAgent(), Log: a.log,
		Token: func(ctx context.Context, refused string) (string, error) {
			return a.tokens.Token(ctx, c.WorkspaceUUID, refused)
		},
		Spend: func(ctx context.Context) error {
			return a.db.Spend(ctx, c.ClientID, stream, a.config.requestsPerHour)
		},
	}
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
	needs   struct{ consumer, connecting bool }
)

// withApp reads the settings, opens the app for a command, and closes it after.
func withApp(need needs, work appFunc) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, err := readConfig()
		if need.consumer {
			err = errors.Join(err, c.needConsumer())
		}
		if err != nil {
			return err
		}
		a, err := openApp(cmd.Context(), c, newLogger(c, cmd.ErrOrStderr()), cmd.ErrOrStderr(), need.connecting)
		if err != nil {
			return err
		}
		defer a.close()
		return work(cmd.Context(), cmd, a)
	}
}

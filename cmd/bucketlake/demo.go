package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"bucketlake/cmd/bucketlake/connect"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/extract/oauth"
	"bucketlake/load"
)

const (
	demoConsumer = "demo-client"
	demoSecret   = "demo-secret"    // of the simulated consumer; it opens nothing else
	demoPage     = "127.0.0.1:8080" // where --serve serves the page, if that is free
	demoChanges  = 150              // that happen in the workspace between two runs of the demo
)

func demoCommand() *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use: "demo", Short: "Try everything on a simulated workspace", Args: cobra.NoArgs,
		Long: `Simulate a Bitbucket workspace, connect to it over OAuth, pull it, and land its tables in ./data/demo.

Run it again, and the workspace has lived on in between: only what changed is pulled. To begin anew, remove the
directory. No setting is read, and nothing leaves this machine.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.stdout, d.stderr, d.sized = cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.Flags().Changed("scale")
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&d.dir, "dir", filepath.Join("data", "demo"), "where to keep the demo")
	cmd.Flags().Float64Var(&d.scale, "scale", 1, "size of the workspace: 1 is 60 members, 40 repositories, 2,000 pull requests")
	cmd.Flags().BoolVar(&d.serve, "serve", false, "then run a worker with its page, on the simulated Bitbucket, in which life goes on")
	return cmd
}

// demo is one run of the demo.
type demo struct {
	dir            string
	scale          float64
	sized          bool // somebody chose the scale
	serve          bool
	stdout, stderr io.Writer
}

func (d *demo) run(ctx context.Context) (err error) {
	if !(d.scale >= 0.01 && d.scale <= 100) { // nor NaN
		return fmt.Errorf("--scale %g is out of range: use one from 0.01 to 100", d.scale)
	}
	if err := d.prepare(); err != nil {
		return err
	}
	lock := flock.New(d.file("demo.lock"))
	if free, err := lock.TryLock(); err != nil || !free {
		return errors.Join(fmt.Errorf("another demo is using %s: stop it (Ctrl-C), or use another --dir", d.dir), err)
	}
	defer func() { _ = lock.Close() }()
	world, again, err := d.open()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving the simulated Bitbucket: %w", err)
	}
	addr := listener.Addr().String()
	defer serve(listener, world)()
	defer func() { err = errors.Join(err, d.save(world)) }()
	pulls := 0
	for _, r := range world.Repositories() {
		pulls += r.PullRequests
	}
	fmt.Fprintf(d.stdout, "A simulated Bitbucket workspace: %d members, %d repositories, %d pull requests.\n",
		len(world.Members()), len(world.Repositories()), pulls)
	if again && d.sized {
		fmt.Fprintln(d.stdout, "It keeps the size that it began with: for another --scale, use another --dir.")
	}
	if again {
		fmt.Fprintf(d.stdout, "Since the last run, %d things happened in it.\n", len(world.Advance(demoChanges)))
	}
	c := d.config("http://" + addr)
	a, err := openApp(ctx, c, newLogger(c, d.stderr), d.stderr)
	if err != nil {
		return err
	}
	defer a.close()
	connection, err := d.connect(ctx, a)
	if err != nil {
		return err
	}
	if err := d.save(world); err != nil { // a grant that only one side knows is no connection
		return err
	}
	show := newProgress(d.stderr, a.log)
	run := a.syncWorkspace(ctx, connection, syncScope{streams: a.config.streams}, show)
	show.close()
	if err := outcome([]workspaceRun{run}); err != nil {
		return err
	}
	if err := d.report(ctx, a, connection, &run, again); err != nil {
		return err
	}
	if d.serve {
		return d.keepServing(ctx, a, "http://"+addr, world)
	}
	return nil
}

// prepare makes the demo's directory. One that holds something else is left alone.
func (d *demo) prepare() error {
	if d.dir == "" {
		return errors.New("--dir is empty: leave it out, or name a directory")
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return fmt.Errorf("making the demo's directory: %w: use another --dir", err)
	}
	files, err := os.ReadDir(d.dir)
	if err != nil {
		return fmt.Errorf("looking into the demo's directory: %w: use another --dir", err)
	}
	for _, f := range files {
		switch name := f.Name(); {
		case name == "lake", name == "keyset.json", name == "bitbucket.json", name == "demo.lock",
			strings.HasPrefix(name, "state.db"), strings.HasPrefix(name, ".bitbucket-"):
		default:
			return fmt.Errorf("%s holds something that is no demo's (%s): use another --dir", d.dir, name)
		}
	}
	return nil
}

func (d *demo) size() bitbuckettest.Scale {
	s := bitbuckettest.DefaultScale
	times := func(n int) int { return max(3, int(float64(n)*d.scale)) }
	s.Members, s.Repositories, s.PullRequests = times(s.Members), times(s.Repositories), times(s.PullRequests)
	return s
}

func (d *demo) file(name string) string { return filepath.Join(d.dir, name) }

// open returns the workspace of the demo: as the last run left it, or a new one.
func (d *demo) open() (b *bitbuckettest.Bitbucket, again bool, err error) {
	opts := bitbuckettest.Options{
		Seed: 1, Scale: d.size(), RequestsPerHour: -1,
		Consumers: []bitbuckettest.Consumer{{
			ID: demoConsumer, Secret: demoSecret, Callback: "http://127.0.0.1:*/oauth/callback", Scopes: bitbuckettest.AllScopes,
		}},
	}
	f, err := os.Open(d.file("bitbucket.json"))
	if errors.Is(err, fs.ErrNotExist) {
		opts.End = time.Now().UTC().Truncate(24 * time.Hour)
		return bitbuckettest.New(opts), false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("opening the demo: %w", err)
	}
	defer f.Close()
	b, err = bitbuckettest.Load(opts, f)
	if err != nil {
		return nil, false, fmt.Errorf("opening the demo in %s: %w: remove the directory to begin anew, or use another --dir", d.dir, err)
	}
	return b, true, nil
}

// save keeps the workspace for the next run.
func (d *demo) save(b *bitbuckettest.Bitbucket) error {
	f, err := os.CreateTemp(d.dir, ".bitbucket-*")
	if err != nil {
		return fmt.Errorf("keeping the demo: %w", err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(b.Save(f), f.Close()); err != nil {
		return fmt.Errorf("keeping the demo: %w", err)
	}
	return os.Rename(f.Name(), d.file("bitbucket.json"))
}

// config is the configuration of a demo: nothing is read from the environment.
func (d *demo) config(base string) *config {
	c := &config{
		apiURL: base + "/2.0", batchRows: 20000, quietEvery: 24 * time.Hour, snapshotEvery: 24 * time.Hour, httpAddr: "127.0.0.1:0", publicURL: "http://127.0.0.1:0",
		lake: load.Place{Directory: d.file("lake")}, stateURL: oauth.Secret("sqlite://" + d.file("state.db")), keyset: oauth.KeysetConfig{File: d.file("keyset.json")},
		consumers: []oauth.Consumer{{
			ClientID: demoConsumer, ClientSecret: demoSecret,
			AuthorizeURL: base + "/site/oauth2/authorize", TokenURL: base + "/site/oauth2/access_token",
			RedirectURL: "http://127.0.0.1:0" + oauth.CallbackPath,
		}},
		schedule: cron.Every(time.Minute), streams: new(faults).streams("", ""),
		logLevel: slog.LevelInfo,
	}
	return c
}

// connect returns the connection of an earlier run, or makes one: it goes through the consent as a
// person would, in the person's place.
func (d *demo) connect(ctx context.Context, a *app) (oauth.Connection, error) {
	connections, err := a.store.List(ctx)
	if err != nil {
		return oauth.Connection{}, err
	}
	if len(connections) == 1 {
		// The simulation may have been killed before it was saved, and not know the grant any more.
		if _, err := bitbucket.Get[bitbucket.Account](ctx, a.client(connections[0], "connect", nothing), "/user"); err == nil {
			return connections[0], nil
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sure := func(connect.Workspace) error { return nil }
	return a.connect(ctx, oauth.Ask{Consumer: a.config.consumers[0]}, sure, func(v visit) {
		consent := v.withoutBrowser()
		go func() {
			if err := bitbuckettest.Consent(ctx, consent); err != nil {
				cancel(fmt.Errorf("granting access: %w", err))
			}
		}()
	})
}

// keepServing runs a worker with its page until ctx ends, while something happens in the workspace every second.
func (d *demo) keepServing(ctx context.Context, a *app, base string, b *bitbuckettest.Bitbucket) error {
	dir, err := filepath.Abs(d.dir)
	if err != nil {
		return err
	}
	page, err := listen(ctx, demoPage)
	at := ", whose address follows"
	if err == nil {
		a.config.httpAddr, a.config.publicURL = demoPage, "http://"+demoPage
		_ = page.Close()
		at = " at " + a.config.publicURL + "/usage"
	}
	fmt.Fprintf(d.stdout, `
A worker now syncs every minute, and serves its page%[5]s, until you press Ctrl-C; something happens
in the workspace every second. To run commands on it in another terminal:

  export BITBUCKET_CLIENT_ID=%[1]s BITBUCKET_CLIENT_SECRET=%[2]s BITBUCKET_REQUESTS_PER_HOUR=0
  export BITBUCKET_API_URL=%[3]s/2.0 BITBUCKET_AUTHORIZE_URL=%[3]s/site/oauth2/authorize BITBUCKET_TOKEN_URL=%[3]s/site/oauth2/access_token
  export LAKE_URL='file://%[4]s/lake' STATE_URL='sqlite://%[4]s/state.db' KEYSET_FILE='%[4]s/keyset.json'
  %[6]s status

`, demoConsumer, demoSecret, base, dir, at, calledAs())
	working, stop := context.WithCancel(ctx)
	defer stop()
	var living sync.WaitGroup
	living.Go(func() {
		defer stop()
		err = d.live(working, b)
	})
	worked := a.work(working)
	stop()
	living.Wait()
	return errors.Join(worked, err)
}

// live has something happen every second, and keeps it, until ctx ends.
func (d *demo) live(ctx context.Context, b *bitbuckettest.Bitbucket) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.Advance(1)
			if err := d.save(b); err != nil {
				return err
			}
		}
	}
}

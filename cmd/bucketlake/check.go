package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// mostSkew is how far our clock may be off before tokens seem to live longer than they do.
const mostSkew = 30 * time.Second

func checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check", Short: "Try everything that a sync needs, and say what to mend", Args: cobra.NoArgs,
		Long: `Try the settings, the lake, the state database, the keyset, the OAuth consumers, the clock, and each connection's grant
and permissions. A file is written to the lake and removed again; in a bucket it is tried as well whether conditional
writes hold, with an object that stays. The state database and the keyset are made where there are none; a token that is
about to expire is refreshed. It spends one request of the hour for each connection.

Exit code 0: nothing stands in the way of a sync. 1: something does; each line that failed says what to do.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := checks{tell: func(r checked) { printCheck(cmd.OutOrStdout(), r) }}
			if asJSON {
				found.tell = func(checked) {}
			}
			found.run(cmd.Context(), cmd.ErrOrStderr())
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), found.results); err != nil {
					return err
				}
			}
			failed := 0
			for _, r := range found.results {
				if !r.OK {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, len(found.results))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checked is what came of one check.
type checked struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`         // what was found, or what is wrong and what to do
	Note   bool   `json:"note,omitempty"` // it works, but somebody should know
}

// checks collects results, and tells each as it comes.
type checks struct {
	results []checked
	tell    func(checked)
}

func (c *checks) add(name string, err error, format string, args ...any) bool {
	r := checked{Check: name, OK: err == nil, Detail: fmt.Sprintf(format, args...)}
	if err != nil {
		r.Detail = err.Error()
	}
	c.results = append(c.results, r)
	c.tell(r)
	return err == nil
}

func (c *checks) note(name, format string, args ...any) {
	r := checked{Check: name, OK: true, Note: true, Detail: fmt.Sprintf(format, args...)}
	c.results = append(c.results, r)
	c.tell(r)
}

// run tries what a sync needs, from the inside out; what can't be tried without something that failed is left out.
// Settings that are faulty are empty, so that nothing is sent anywhere because of them.
func (c *checks) run(ctx context.Context, stderr io.Writer) {
	config, err := readConfig()
	c.add("settings", err, "without contradictions")
	var store load.Store
	if config.lake != (load.Place{}) {
		store, err = config.lake.Check(ctx)
		if c.add("lake", err, "%s can be read and written", config.lake) && config.glueDatabase != "" {
			c.checkCatalog(ctx, config, load.New(store, nil))
		}
	}
	if config.lake.S3.Unguarded {
		c.note("lake", "LAKE_UNGUARDED is set: where two bucketlakes write, one overwrites what the other wrote")
	}
	db, err := state.Open(ctx, config.stateURL.Reveal())
	if !c.add("state database", err, "can be read and written") {
		return
	}
	keys, err := oauth.OpenKeyset(ctx, config.keyset, db)
	if !c.add("keyset", err, "can be used") {
		_ = db.Close()
		return
	}
	a := newApp(config, newLogger(config, stderr), stderr, db, keys, store)
	defer a.close()
	a.tokens.Pauses = a.tokens.Pauses[:2] // a person is waiting
	a.checkConsumers(ctx, c)
	a.checkConnections(ctx, c)
}

// checkConsumers asks Bitbucket about each consumer, and what time it is there.
func (a *app) checkConsumers(ctx context.Context, found *checks) {
	if err := a.needConsumer(ctx); err != nil {
		found.add("consumer", err, "")
		return
	}
	clockTold := false
	for _, consumer := range a.config.consumers {
		if consumer.TokenURL == "" {
			continue
		}
		result, err := consumer.Check(ctx)
		found.add("consumer "+consumer.ClientID, err, "Bitbucket accepts its id and secret; its callback URL must be %s", consumer.RedirectURL)
		if clockTold || !result.Dated {
			continue
		}
		clockTold = true
		err = nil
		if skew := result.Skew.Abs(); skew > mostSkew {
			err = fmt.Errorf("it is off by %s against Bitbucket's: set this machine's clock by NTP", skew.Round(time.Second))
		}
		found.add("clock", err, "as at Bitbucket, by a second or so")
	}
}

// checkConnections uses each connection once.
func (a *app) checkConnections(ctx context.Context, found *checks) {
	connections, err := a.store.List(ctx)
	if err != nil {
		found.add("connections", err, "")
		return
	}
	if len(connections) == 0 {
		found.add("connections", errors.New("no workspace is connected: run bucketlake connect, or open the worker's page; tick "+strings.Join(permissionsNeeded(), ", ")+" on the consumer"), "")
	}
	for _, c := range connections {
		name := "workspace " + c.Workspace
		if a.config.apiURL == "" {
			found.note(name, "not tried, because of the settings")
			continue
		}
		if c.State == oauth.Disconnected {
			found.note(name, "disconnected")
			continue
		}
		client := a.client(c, "check", nothing)
		client.Backoff = 200 * time.Millisecond // a person is waiting
		_, err := bitbucket.Get[bitbucket.Workspace](ctx, client, bitbucket.Path("/workspaces/%s", c.Workspace))
		if err != nil {
			err = fmt.Errorf("%w%s", err, hint(err))
		}
		if !found.add(name, err, "Bitbucket accepts its tokens") {
			continue
		}
		if fresh, err := a.store.Get(ctx, c.WorkspaceUUID); err == nil {
			c = fresh
		}
		for _, st := range extract.Streams() {
			if why := st.Disabled(c.Scopes); why != "" && !st.AdminOnly {
				found.note(name, "%s is not read: %s", st.Name, why)
			}
		}
	}
}

// permissionsNeeded lists the boxes that the streams need, each once.
func permissionsNeeded() []string {
	var boxes []string
	for _, scope := range extract.Scopes() {
		boxes = append(boxes, extract.Permission(scope))
	}
	return boxes
}

func printCheck(w io.Writer, r checked) {
	mark := "ok"
	switch {
	case !r.OK:
		mark = "FAILED"
	case r.Note:
		mark = "note"
	}
	fmt.Fprintf(w, "%-6s  %-24s  %s\n", mark, r.Check, strings.ReplaceAll(r.Detail, "\n", "\n"+strings.Repeat(" ", 34)))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
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
		Long: `Try the settings, the state database, the keyset, the lake, the clock, the OAuth consumers, and each connection's
grant and permissions. Nothing is changed, but a file is written to the lake and removed again, and a token that is
about to expire is refreshed. It spends two requests of the hour for each connection.

Exit code 0: nothing stands in the way of a sync. 1: something does; each line that failed says what to do.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			results := check(cmd.Context(), cmd.ErrOrStderr())
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), results); err != nil {
					return err
				}
			} else {
				printChecks(cmd.OutOrStdout(), results)
			}
			failed := 0
			for _, r := range results {
				if !r.OK {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, len(results))
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

// checks collects results.
type checks []checked

func (c *checks) add(name string, err error, format string, args ...any) bool {
	if err != nil {
		*c = append(*c, checked{Check: name, Detail: err.Error()})
		return false
	}
	*c = append(*c, checked{Check: name, OK: true, Detail: fmt.Sprintf(format, args...)})
	return true
}

func (c *checks) note(name, format string, args ...any) {
	*c = append(*c, checked{Check: name, OK: true, Note: true, Detail: fmt.Sprintf(format, args...)})
}

// check tries what a sync needs, from the inside out; what can't be tried without something that failed is left out.
func check(ctx context.Context, stderr io.Writer) checks {
	var found checks
	c, err := readConfig()
	if err == nil {
		err = c.needConsumer()
	}
	if !found.add("settings", err, "complete, and without contradictions") && c.stateURL == "" {
		return found
	}
	directory, err := load.OpenDirectory(c.lake)
	found.add("lake", err, "%s can be read and written", c.lake)
	db, err := state.Open(ctx, c.stateURL)
	if !found.add("state database", err, "can be read and written") {
		return found
	}
	keys, err := oauth.OpenKeyset(ctx, c.keyset, db)
	if !found.add("keyset", err, "can be used") {
		return append(found, checked{Check: "connections", Detail: "not tried, as the keyset can't be used"})
	}
	a := &app{config: c, log: newLogger(c, stderr), db: db, store: oauth.NewStore(db, keys), lake: load.New(directory, nil)}
	defer a.close()
	a.tokens = oauth.NewSource(a.store, c.consumers)
	a.tokens.Alive = a.alive
	a.checkConsumers(ctx, &found)
	a.checkConnections(ctx, &found)
	return found
}

// checkConsumers asks Bitbucket about each consumer, and what time it is there.
func (a *app) checkConsumers(ctx context.Context, found *checks) {
	clockTold := false
	for _, consumer := range a.config.consumers {
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
		if c.State == oauth.Disconnected {
			found.note(name, "disconnected")
			continue
		}
		client := a.client(c, "check")
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
			if why := st.Disabled(c.Scopes); why != "" && !st.Optional {
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

func printChecks(w io.Writer, results checks) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		mark := "ok"
		switch {
		case !r.OK:
			mark = "FAILED"
		case r.Note:
			mark = "note"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", mark, r.Check, strings.ReplaceAll(r.Detail, "\n", "\n\t\t"))
	}
	_ = tw.Flush()
}

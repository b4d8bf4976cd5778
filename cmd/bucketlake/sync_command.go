package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

func syncCommand() *cobra.Command {
	var workspace string
	var streams []string
	var full, asJSON, partialOK bool
	cmd := &cobra.Command{
		Use: "sync", Short: "Pull what changed and land it, once", Args: cobra.NoArgs,
		Long: `Pull what changed in the connected workspaces since the last time, and land it.

Exit code 0: complete. 3: partial; what could be read has landed, the rest is read next time. 1: failed.`,
		RunE: withApp(needs{consumer: true}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			selected, err := selectStreams(streams, a.config.streams)
			if err != nil {
				return err
			}
			connections, err := a.connections(ctx, workspace)
			if err != nil {
				return err
			}
			err = a.syncAll(ctx, cmd.OutOrStdout(), connections, syncScope{streams: selected, full: full}, asJSON)
			if w := a.alertWatch(); w != nil { // where syncs run from cron, nobody else looks
				a.look(ctx, w)
			}
			if partial := (*exitError)(nil); partialOK && errors.As(err, &partial) && partial.code == exitPartial {
				a.log.WarnContext(ctx, "partial", "error", err)
				return nil
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "sync this workspace only (slug)")
	cmd.Flags().StringSliceVar(&streams, "stream", nil, "sync these streams only: "+strings.Join(streamNames(), ", "))
	cmd.Flags().BoolVar(&full, "full", false, "read everything again, not only what changed; nothing that has landed is lost")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a summary as JSON")
	cmd.Flags().BoolVar(&partialOK, "partial-ok", false, "end with exit code 0 also when partial: for schedulers that call everything else a failure")
	return cmd
}

func streamNames() []string {
	var names []string
	for _, st := range extract.Streams() {
		names = append(names, st.Name)
	}
	return names
}

func selectStreams(names []string, usual []extract.Stream) ([]extract.Stream, error) {
	if len(names) == 0 {
		return usual, nil
	}
	for _, name := range names {
		if !slices.Contains(streamNames(), name) {
			return nil, fmt.Errorf("no stream %q: the streams are %s", name, strings.Join(streamNames(), ", "))
		}
	}
	return slices.DeleteFunc(extract.Streams(), func(st extract.Stream) bool { return !slices.Contains(names, st.Name) }), nil
}

// connections returns the connection of a workspace, or, without one, all that are not disconnected.
func (a *app) connections(ctx context.Context, workspace string) ([]oauth.Connection, error) {
	all, err := a.store.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []oauth.Connection
	var names []string
	for _, c := range all {
		names = append(names, c.Workspace)
		if workspace == c.Workspace || workspace == "" && c.State != oauth.Disconnected {
			found = append(found, c)
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case len(names) == 0:
		return nil, errors.New("no workspace is connected: run bucketlake connect")
	case workspace != "":
		return nil, fmt.Errorf("workspace %q is not connected (connected: %s): run bucketlake connect --workspace %s", workspace, strings.Join(names, ", "), workspace)
	}
	return nil, errors.New("every workspace is disconnected: run bucketlake connect")
}

// workspaceRun is what became of one workspace in a sync.
type workspaceRun struct {
	ID        string
	Workspace string
	Started   time.Time
	Streams   []streamRun
	Done      []extract.Purpose // for which all was read
	Catalogue *status.Catalogue // nil: nothing is registered
	Err       error             // that kept the workspace from being synced at all
	Elapsed   time.Duration
}

func (r *workspaceRun) done(p extract.Purpose) bool { return slices.Contains(r.Done, p) }

// syncAll syncs workspaces one after the other and prints what became of each.
func (a *app) syncAll(ctx context.Context, w io.Writer, connections []oauth.Connection, scope syncScope, asJSON bool) error {
	var runs []workspaceRun
	for _, c := range connections {
		show := newProgress(a.stderr, a.log)
		run := a.syncWorkspace(ctx, c, scope, show)
		show.close()
		runs = append(runs, run)
		if ctx.Err() != nil {
			break
		}
	}
	if asJSON {
		if err := printJSON(w, summaries(runs)); err != nil {
			return err
		}
	} else {
		for _, run := range runs {
			if len(run.Streams) > 0 {
				printRun(w, &run)
			}
		}
	}
	return outcome(runs)
}

// syncWorkspace syncs one workspace, unless another process is at it.
func (a *app) syncWorkspace(ctx context.Context, c oauth.Connection, scope syncScope, show progress) (run workspaceRun) {
	start := time.Now()
	run = newRun(c.Workspace, start)
	ctx, span := a.tracer.Start(ctx, "sync "+c.Workspace, trace.WithAttributes(attribute.String("bucketlake.workspace", c.Workspace), attribute.String("bucketlake.run_id", run.ID)))
	defer func() {
		run.Elapsed = time.Since(start)
		end(span, run.failure(), attribute.String("bucketlake.outcome", run.ended()))
	}()
	unlock, err := a.db.Lock(ctx, syncLock(c))
	if err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	defer unlock()
	a.lineageBegan(ctx, &run)
	whole := len(scope.streams) == len(a.config.streams)
	defer func() {
		run.Elapsed = time.Since(start)
		a.conclude(ctx, c, &run, whole)
	}()
	if scope.from, err = a.stoppedIn(ctx, c); err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	if scope.anew, err = a.db.Anew(ctx, c.WorkspaceUUID); err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	show = a.shareProgress(ctx, c, show)
	defer a.endProgress(ctx, c)
	// A refresh whose answer was lost is asked for again now, while Bitbucket still takes the old token; if it can't be
	// had, the token at hand may still do. A connection that is dead, or a keyset that does not open it, is found out
	// before anything is read.
	if _, err = a.keepAlive(ctx, c); err == nil || errors.Is(err, oauth.ErrUnavailable) {
		_, err = a.tokens.Token(ctx, c.WorkspaceUUID, "")
	}
	if err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	// The refresh may have brought other scopes.
	if c, err = a.store.Get(ctx, c.WorkspaceUUID); err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	landed, err := namesLanded(ctx, a.lake, c.Workspace)
	if err != nil {
		run.Err = fmt.Errorf("syncing %s: %w: %w", c.Workspace, errLake, err)
		return run
	}
	privacy, err := openPrivacy(a.config.pii, a.config.piiKeyFile, landed)
	if err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	perHour, err := status.PerHour(ctx, a.db, &c, a.config.requestsPerHour)
	if err != nil {
		run.Err = fmt.Errorf("syncing %s: %w", c.Workspace, err)
		return run
	}
	s := &syncer{
		perHour: perHour,
		privacy: privacy, stories: a.config.stories, now: start.UTC(),
		streams: a.config.streams, states: func(ctx context.Context) (map[string]state.StreamState, error) { return a.streamStates(ctx, c) },
		lake: a.lake.Session(), workspace: c.Workspace, batchRows: a.config.batchRows, every: a.config.snapshotEvery, quiet: a.config.quietEvery,
		log: show.logger(), progress: show,
		client: func(stream string, leave func(int) int) *bitbucket.Client { return a.client(c, stream, leave) },
		hints:  func(ctx context.Context) (map[string]time.Time, error) { return a.db.Hints(ctx, c.WorkspaceUUID) },
		record: func(ctx context.Context, r *streamRun) { a.record(ctx, c, r) },
		stands: func(ctx context.Context, stream string, s state.Standing) error {
			return a.db.SaveStanding(ctx, c.WorkspaceUUID, stream, s)
		},
		begun: func(ctx context.Context, stream string) error {
			if _, asked := scope.anew[stream]; !asked {
				return nil
			}
			ctx, cancel := outlive(ctx)
			defer cancel()
			return a.db.BegunAnew(ctx, c.WorkspaceUUID, stream, scope.anew[stream])
		},
		tracer: a.tracer,
		landed: func(table string, stats load.Stats) { a.metrics.Landed(c.Workspace, table, stats) },
	}
	can, without := permitted(scope.streams, c.Scopes)
	for _, r := range without {
		s.report(ctx, &r)
	}
	scope.streams = can
	if whole {
		a.predictFirst(ctx, c, can)
	}
	runs, done := s.run(ctx, scope)
	run.Streams, run.Done = append(without, runs...), done
	a.register(ctx, &run, tablesOfRuns())
	return run
}

// streamStates returns how the streams are doing, by name.
func (a *app) streamStates(ctx context.Context, c oauth.Connection) (map[string]state.StreamState, error) {
	list, err := a.db.Streams(ctx, c.WorkspaceUUID)
	byName := map[string]state.StreamState{}
	for _, st := range list {
		byName[st.Stream] = st
	}
	return byName, err
}

// stoppedIn names the stream in which the last run was stopped, also where it was killed and could not say so.
func (a *app) stoppedIn(ctx context.Context, c oauth.Connection) (string, error) {
	stream, err := a.db.Interrupted(ctx, c.WorkspaceUUID)
	if err != nil || stream != "" {
		return stream, err
	}
	last, err := a.db.LastRun(ctx, c.WorkspaceUUID, false)
	if err != nil || last == nil {
		return "", err
	}
	return last.StoppedIn, nil
}

// permitted returns the streams that a grant with these scopes can read, and what is said of the others.
func permitted(streams []extract.Stream, scopes []string) (can []extract.Stream, without []streamRun) {
	for _, st := range streams {
		if why := st.Disabled(scopes); why != "" {
			without = append(without, streamRun{Stream: st.Name, Disabled: why, AdminOnly: st.AdminOnly})
			continue
		}
		can = append(can, st)
	}
	return can, without
}

// record keeps what became of a stream, for those who ask how it is.
func (a *app) record(ctx context.Context, c oauth.Connection, r *streamRun) {
	if !slices.Contains(streamNames(), r.Stream) || stopped(r.Err) {
		return
	}
	st := state.StreamState{
		WorkspaceUUID: c.WorkspaceUUID, Stream: r.Stream, LastAttempt: time.Now(), Rows: r.Landed.Rows, Requests: r.Requests, Elapsed: r.Elapsed,
		Disabled: r.Disabled, Remedy: r.remedy(),
	}
	switch {
	case r.Err != nil:
		st.Problem = r.Err.Error()
	case len(r.Behind) > 0:
		st.Problem = fmt.Sprintf("left %d behind, the first: %v", len(r.Behind), r.Behind[0])
	case r.Disabled == "":
		st.LastSuccess = st.LastAttempt
	}
	ctx, cancel := outlive(ctx)
	defer cancel()
	if err := a.db.SaveStream(ctx, st); err != nil {
		a.log.ErrorContext(ctx, "status will not show this stream", "stream", r.Stream, "error", err)
	}
}

// startingWith returns the streams to read after a run that was stopped: those that it did not get
// through, and then all, in their order, parents before children. If each run began with the first
// stream, and the hour were never enough for all, the last ones would never have their turn.
func startingWith(streams []extract.Stream, name string) []extract.Stream {
	at := slices.IndexFunc(streams, func(st extract.Stream) bool { return st.Name == name })
	if at < 0 {
		return streams
	}
	return slices.Concat(streams[at:], streams)
}

// syncLock names the lock of a workspace: one run of it at a time.
func syncLock(c oauth.Connection) string { return "sync-" + strings.Trim(c.WorkspaceUUID, "{}") }

// printRun prints what became of one workspace, a line a stream.
func printRun(w io.Writer, run *workspaceRun) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\n", run.Workspace)
	fmt.Fprintln(tw, "stream\trequests\trows read\tchanged\twritten\ttime\t")
	var requests int
	for _, r := range run.Streams {
		requests += r.Requests
		note := ""
		switch {
		case r.Disabled != "":
			note = "  not read"
		case !r.complete():
			note = "  partial"
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", r.Stream, r.Requests, r.Landed.Rows, r.Landed.Changed(),
			size(r.Landed.Bytes), r.Elapsed.Round(time.Millisecond), note)
	}
	fmt.Fprintf(tw, "together\t%d\t\t\t\t%s\t\n", requests, run.Elapsed.Round(time.Millisecond))
	_ = tw.Flush()
	for _, r := range run.Streams {
		if r.Disabled != "" && !r.AdminOnly {
			fmt.Fprintf(w, "%s is not read: %s\n", r.Stream, r.Disabled)
		}
	}
	if run.Catalogue != nil && run.Catalogue.Text() != "" {
		fmt.Fprintln(w, run.Catalogue.Text())
	}
}

func size(bytes int64) string {
	switch {
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MB", bytes>>20)
	case bytes >= 10<<10:
		return fmt.Sprintf("%d KB", bytes>>10)
	}
	return fmt.Sprintf("%d B", bytes)
}

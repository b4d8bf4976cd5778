package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

const (
	// lastCommit is how long a run that was asked to stop may take to land what it has read.
	lastCommit = time.Minute
	// landRequests is how many requests a stream may spend before what they brought is landed: a
	// kill costs no more than these.
	landRequests = 100
)

// keptForNews is the share of the hour's requests that only news may spend: a tenth. The hour is a rolling one, so that
// what a backfill spends is missed by the next run that has news to read. keptForCertainty are for asking whether empty
// answers are to be believed: without that, what was read when the hour ends could not land.
const (
	keptForNews      = 10
	keptForCertainty = 2
)

// A syncer brings the tables of one workspace up to date.
type syncer struct {
	lake      *load.Lake
	workspace string           // slug
	streams   []extract.Stream // all that the workspace is read by, whatever this run reads
	states    func(context.Context) (map[string]state.StreamState, error)
	client    func(stream string, leave func(perHour int) int) *bitbucket.Client // that spends requests in the name of a stream
	batchRows int
	privacy   transform.Privacy
	stories   transform.Stories
	every     time.Duration // how old lists of what changes seldom may grow
	quiet     time.Duration // how long a repository in which nothing seems to happen may go unasked
	perHour   int           // requests; 0: no limit
	hints     func(context.Context) (map[string]time.Time, error)
	log       *slog.Logger
	progress  progress
	record    func(context.Context, *streamRun)                                // keeps what became of a stream
	stands    func(ctx context.Context, stream string, s state.Standing) error // keeps how far a stream has come
	begun     func(ctx context.Context, stream string) error                   // keeps that a stream stands at its new beginning
	landed    func(table string, stats load.Stats)
	tracer    trace.Tracer

	now   time.Time                 // the beginning of the run
	exact map[pullRequest]time.Time // updated_on of what this run has landed, which the table keeps to the millisecond
	known []extract.Repository
	pulls *pullIndex
}

// streamRun is what became of one stream in a run.
type streamRun struct {
	Stream    string
	Disabled  string // why it is not read: the grant lacks a permission
	AdminOnly bool   // that it is not read is nothing to worry about
	Requests  int
	Past      int // of these, what a first reading took
	Landed    load.Stats
	Behind    []error // repositories that could not be read, each once
	Withheld  []error // what has nothing of this to show, each once: no fault
	Err       error   // that ended the stream before its end
	Elapsed   time.Duration
	begun     bool // it was read from the beginning, and something of that has landed
}

func (r *streamRun) complete() bool { return r.Err == nil && len(r.Behind) == 0 }

// run reads the streams for one purpose after the other, lands them, and brings the usage tables up to date with what has
// landed. A stream that fails keeps its position and the others go on; what stops them all is only what would fail for
// each (ends). It also returns the purposes for which all was read.
func (s *syncer) run(ctx context.Context, scope syncScope) (runs []streamRun, done []extract.Purpose) {
	full := scope.everything()
	s.lake.Refresh(ctx, s.workspace)
	if !full {
		s.mention(ctx, s.tellNames(ctx, full))
	}
	r := reading{begun: map[string]bool{}}
	for _, purpose := range scope.purposes() {
		if r.stopped = !s.pass(ctx, scope, purpose, &r); r.stopped {
			break
		}
		done = append(done, purpose)
		if purpose == extract.News {
			for i := range r.runs { // what follows may take hours
				s.record(ctx, &r.runs[i])
			}
		}
	}
	runs = r.runs
	for i := range runs {
		if !r.stopped && runs[i].Err == nil && runs[i].Disabled == "" && scope.again(runs[i].Stream) { // also where there was nothing to land
			runs[i].Err = s.begun(ctx, runs[i].Stream)
		}
		s.report(ctx, &runs[i])
	}
	// If somebody asks to stop meanwhile, the next run computes what this one has landed.
	s.lake.Refresh(ctx, s.workspace)
	now := time.Now()
	var derived []streamRun
	var err error
	if full {
		err = s.rename(ctx, now)
	}
	if err == nil {
		deriving, span := s.tracer.Start(ctx, "derive")
		err = besideOthers(deriving, func() (err error) {
			derived, err = derive(deriving, s.lake, s.workspace, s.stories, now, full)
			return err
		})
		end(span, err)
	}
	if err != nil {
		derived = []streamRun{{Stream: schemas.UsageEvents.Name, Err: fmt.Errorf("%w: computing the usage tables: %w", errLake, err)}}
	}
	for _, r := range append(derived, s.freshness(ctx, now)...) {
		s.landed(r.Stream, r.Landed)
		s.report(ctx, &r)
	}
	if full {
		s.mention(ctx, s.tellNames(ctx, full))
	}
	return append(runs, derived...), done
}

// reading is how far a run has come.
type reading struct {
	runs    []streamRun
	begun   map[string]bool // streams that stand at a position since they were begun anew; for some purposes there is nothing to read
	stopped bool
}

// pass reads all streams for one purpose, and reports whether to go on.
func (s *syncer) pass(ctx context.Context, scope syncScope, purpose extract.Purpose, r *reading) bool {
	for _, st := range scope.order(purpose, s.now) {
		if slices.ContainsFunc(r.runs, func(run streamRun) bool { return run.Stream == st.Name && (run.Err != nil || run.Disabled != "") }) {
			continue // it would fail again
		}
		run := s.streamBesideOthers(ctx, st, purpose, scope.again(st.Name) && !r.begun[st.Name])
		r.begun[st.Name] = r.begun[st.Name] || run.begun
		r.runs = merge(r.runs, run)
		if ends(run.Err) {
			return false
		}
	}
	return true
}

// mention logs an error of something that only tells.
func (s *syncer) mention(ctx context.Context, err error) {
	if err != nil {
		s.log.WarnContext(ctx, "it can't be told whether names landed as PII says", "workspace", s.workspace, "error", err)
	}
}

// merge adds a stream's run to those of the others, or to those of it that went before.
func merge(runs []streamRun, r streamRun) []streamRun {
	for i := range runs {
		if first := &runs[i]; first.Stream == r.Stream {
			first.Requests += r.Requests
			first.Past += r.Past
			first.Landed.Add(r.Landed)
			first.Elapsed += r.Elapsed
			first.Behind, first.Withheld = append(first.Behind, r.Behind...), append(first.Withheld, r.Withheld...)
			first.Err, first.Disabled = r.Err, r.Disabled
			return runs
		}
	}
	return append(runs, r)
}

// ends reports whether an error of one stream would be an error of every other.
func ends(err error) bool {
	return unreachable(err) || errors.Is(err, context.Canceled) || errors.Is(err, oauth.ErrRevoked) || errors.Is(err, oauth.ErrDisconnected) ||
		errors.Is(err, oauth.ErrKeyset) || errors.Is(err, oauth.ErrConsumer) || errors.Is(err, state.ErrBudgetSpent) || errors.Is(err, load.ErrConflict) ||
		errors.Is(err, errLake) ||
		bitbucket.IsStatus(err, http.StatusTooManyRequests, http.StatusUnauthorized)
}

// errLake marks an error of the lake: what was read could not be landed, or what has landed not be
// read.
var errLake = errors.New("the lake")

// stream reads one stream to its end, for one purpose, and lands it, batch by batch, each with the position that the
// batch reaches.
func (s *syncer) stream(ctx context.Context, st extract.Stream, purpose extract.Purpose, full bool) (r streamRun) {
	start := time.Now()
	r.Stream, r.AdminOnly = st.Name, st.AdminOnly
	past := purpose == extract.Backfill
	ctx, span := s.tracer.Start(ctx, "read "+st.Name, trace.WithAttributes(attribute.String("bucketlake.stream", st.Name), attribute.String("bucketlake.purpose", purpose.String())))
	defer func() {
		if r.Elapsed = time.Since(start); past {
			r.Past = r.Requests
		}
		end(span, r.Err, attribute.Int("bucketlake.requests", r.Requests), attribute.Int("bucketlake.rows", r.Landed.Rows), attribute.Int("bucketlake.behind", len(r.Behind)))
	}()
	table, ok := schemas.Lookup(st.Name)
	if !ok {
		panic("stream " + st.Name + " has no table")
	}
	manifest, err := s.lake.Manifest(ctx, table, s.workspace)
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", errLake, err)
		return r
	}
	cursor := manifest.Cursor
	if full {
		cursor = nil
	}
	past = past || full || cursor == nil && len(manifest.Objects) == 0 // some never have one
	src := s.source(st.Name, purpose, manifest, &r.Requests)
	src.Full = full
	batch := transform.Batch{Stories: s.stories}
	var reached any
	landedAt := 0  // requests spent by then
	doubt := false // the last list was empty, or what was there is said to be no more
	land := func() error {
		if doubt {
			if err := s.reaches(ctx, src, st.Name, &r.Requests); err != nil {
				return err
			}
			doubt = false
		}
		if err := s.land(ctx, &batch, table, reached, &r.Landed); err != nil || !full || r.begun || reached == nil && r.Landed.Rows == 0 {
			return err
		}
		r.begun = true
		return s.begun(ctx, st.Name) // a crash before this has it begin once more
	}
	for chunk, err := range st.Read(ctx, src, cursor) {
		if missing := (*bitbucket.Error)(nil); errors.As(err, &missing) && len(missing.Scopes) > 0 {
			r.Disabled = extract.Lacks(missing.Scopes) // nothing but this answer told
			break
		}
		if err != nil {
			r.Err = err
			break
		}
		if chunk.Err != nil {
			r.Behind = append(r.Behind, chunk.Err)
		}
		if chunk.Withheld != nil {
			r.Withheld = append(r.Withheld, chunk.Withheld)
		}
		if err := batch.Add(st.Name, chunk.Parent, chunk.Objects, chunk.Complete); err != nil {
			r.Err = err
			return r
		}
		if chunk.Gone {
			batch.Gone(chunk.Parent.Repository)
		}
		switch {
		case chunk.Empty:
			doubt = true
		case len(chunk.Objects) > 0, chunk.Gone: // a list has shown something
			doubt = false
		case chunk.Err != nil, chunk.Withheld != nil: // a refusal says nothing of what was empty before
		case chunk.Complete, chunk.Parent.Repository != "":
			doubt = true
		}
		reached = chunk.Cursor
		s.progress.read(st.Name, r.Requests, chunk.Done, chunk.Total)
		if batch.Len >= s.batchRows || r.Requests-landedAt >= landRequests {
			landedAt = r.Requests
			if r.Err = land(); r.Err != nil {
				return r
			}
		}
	}
	if batch.Undated > 0 {
		s.log.WarnContext(ctx, "left out rows whose date names no month", "workspace", s.workspace, "stream", st.Name, "rows", batch.Undated)
	}
	// What was read before an error, or before somebody asked to stop, has cost requests: it is
	// landed, with the position that it reaches.
	if err := land(); err != nil {
		r.Err = errors.Join(err, r.Err)
	}
	return r
}

// land commits a batch. The table that bears the cursor comes last: until then the position stands
// where it stood, and a crash in between has the same rows read and landed again.
func (s *syncer) land(ctx context.Context, batch *transform.Batch, table *schemas.Table, reached any, landed *load.Stats) error {
	var cursor json.RawMessage
	if reached != nil {
		var err error
		if cursor, err = json.Marshal(reached); err != nil {
			return fmt.Errorf("encoding the cursor: %w", err)
		}
	}
	ctx, cancel := outlive(ctx)
	defer cancel()
	at := time.Now()
	commit := func(rows schemas.Rows, cursor json.RawMessage) error {
		ctx, span := s.tracer.Start(ctx, "commit "+rows.Table.Name, trace.WithAttributes(attribute.String("bucketlake.table", rows.Table.Name)))
		stats, err := s.lake.Commit(ctx, load.Commit{Workspace: s.workspace, Rows: s.privacy.Apply(rows), Cursor: cursor, At: at})
		end(span, err, attribute.Int("bucketlake.rows", stats.Rows), attribute.Int("bucketlake.changed", stats.Changed()), attribute.Int64("bucketlake.bytes", stats.Bytes))
		if err != nil {
			return fmt.Errorf("%w: %w", errLake, err)
		}
		landed.Add(stats)
		s.landed(rows.Table.Name, stats)
		switch {
		case stats.Changed() == 0:
		case rows.Table == schemas.PullRequests:
			s.pulls, s.known = nil, nil
			s.note(rows)
		case rows.Table == schemas.Repositories, rows.Table == schemas.Pipelines:
			s.known = nil
		}
		return nil
	}
	for _, t := range batch.Tables() {
		if t == table {
			continue
		}
		if err := commit(batch.Take(t), nil); err != nil {
			return err
		}
	}
	return commit(batch.Take(table), cursor)
}

// reaches makes sure that the grant reaches the workspace, also when somebody asks to stop, and where the hour is spent.
func (s *syncer) reaches(ctx context.Context, src extract.Source, stream string, requests *int) error {
	ctx, cancel := outlive(ctx)
	defer cancel()
	src.Client = counted(s.client(stream, nothing), requests)
	return extract.Reaches(ctx, src)
}

// report logs a stream's run, once.
func (s *syncer) report(ctx context.Context, r *streamRun) {
	s.progress.done(r)
	s.record(ctx, r)
	attrs := []any{
		"workspace", s.workspace, "stream", r.Stream, "requests", r.Requests,
		"rows", r.Landed.Rows, "changed", r.Landed.Changed(), "bytes", r.Landed.Bytes, "elapsed_ms", r.Elapsed.Milliseconds(),
	}
	for _, err := range r.Behind {
		s.log.WarnContext(ctx, "left behind", "workspace", s.workspace, "stream", r.Stream, "error", err)
	}
	if n := len(r.Withheld); n > 0 {
		s.log.InfoContext(ctx, "not shown to this account, or not there", "workspace", s.workspace, "stream", r.Stream, "lists", n, "first", r.Withheld[0])
	}
	if r.Disabled != "" {
		level := slog.LevelWarn
		if r.AdminOnly {
			level = slog.LevelDebug
		}
		s.log.Log(ctx, level, "not read", "workspace", s.workspace, "stream", r.Stream, "reason", r.Disabled)
		return
	}
	if r.Err != nil {
		s.log.WarnContext(ctx, "stopped early", append(attrs, "error", r.Err)...)
		return
	}
	s.log.InfoContext(ctx, "synced", attrs...)
}

// outlive returns a context that goes on for a while after ctx ends: for a commit that is under way
// when somebody asks to stop.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		grace := time.AfterFunc(lastCommit, cancel)
		context.AfterFunc(longer, func() { grace.Stop() })
	})
	return longer, func() {
		stop()
		cancel()
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// progress shows how a run goes on: bars on a terminal, a log line now and then elsewhere.
type progress interface {
	read(stream string, requests, done, total int)
	done(r *streamRun)
	close()
	// logger returns where a run logs to: bars need what is logged to pass above them, and say
	// themselves what is no more than information.
	logger() *slog.Logger
}

func newProgress(w io.Writer, log *slog.Logger) progress {
	debugging := log.Enabled(context.Background(), slog.LevelDebug) // and bars would be in the way
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && !debugging {
		return &bars{container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))}
	}
	return &lines{log: log, last: time.Now()}
}

// bars shows one line a stream.
type bars struct {
	container *mpb.Progress
	stream    string // that the last bar is of
	bar       *mpb.Bar
	requests  *atomic.Int64 // of that stream; bars are drawn by a goroutine of their own
}

func (b *bars) read(stream string, requests, done, total int) {
	b.show(stream)
	b.requests.Store(int64(requests))
	b.bar.SetTotal(int64(total), false)
	b.bar.SetCurrent(int64(done))
}

func (b *bars) show(stream string) {
	if b.bar != nil && b.stream == stream {
		return
	}
	requests := new(atomic.Int64)
	b.stream, b.requests = stream, requests
	b.bar = b.container.AddBar(0,
		mpb.PrependDecorators(decor.Name(stream, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return fmt.Sprintf("%6d requests", requests.Load()) })),
	)
}

func (b *bars) done(r *streamRun) {
	b.show(r.Stream)
	b.requests.Store(int64(r.Requests))
	if r.Err != nil {
		b.bar.Abort(false)
		return
	}
	b.bar.SetTotal(max(1, b.bar.Current()), true)
}

func (b *bars) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b.container, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (b *bars) close() { b.container.Shutdown() }

// lines logs how far a stream is, every ten seconds.
type lines struct {
	log  *slog.Logger
	last time.Time
}

func (l *lines) read(stream string, requests, done, total int) {
	if now := time.Now(); now.Sub(l.last) >= 10*time.Second {
		l.last = now
		l.log.Info("reading", "stream", stream, "requests", requests, "done", done, "of", total)
	}
}

func (*lines) done(*streamRun) {}

func (*lines) close() {}

func (l *lines) logger() *slog.Logger { return l.log }

// sharedProgress is one that other processes see as well: the page, and status.
type sharedProgress struct {
	progress
	tell   func(stream string, done, total, requests int)
	told   time.Time
	before int // requests of the streams that are done
}

// shareProgress has a run's progress told to the state database, once a second.
func (a *app) shareProgress(ctx context.Context, c oauth.Connection, p progress) progress {
	started := time.Now()
	s := &sharedProgress{progress: p, tell: func(stream string, done, total, requests int) {
		now := state.Progress{WorkspaceUUID: c.WorkspaceUUID, Started: started, Stream: stream, Done: done, Total: total, Requests: requests}
		if err := a.db.SetProgress(ctx, now); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "the page will not show how it goes on", "error", err)
		}
	}}
	s.tell("", 0, 0, 0)
	return s
}

// endProgress ends what shareProgress began.
func (a *app) endProgress(ctx context.Context, c oauth.Connection) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	if err := a.db.ClearProgress(ctx, c.WorkspaceUUID); err != nil {
		a.log.WarnContext(ctx, "the page goes on showing a run that is over", "error", err)
	}
}

func (s *sharedProgress) read(stream string, requests, done, total int) {
	s.progress.read(stream, requests, done, total)
	if now := time.Now(); now.Sub(s.told) >= time.Second {
		s.told = now
		s.tell(stream, done, total, s.before+requests)
	}
}

func (s *sharedProgress) done(r *streamRun) {
	s.progress.done(r)
	s.before += r.Requests
}

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

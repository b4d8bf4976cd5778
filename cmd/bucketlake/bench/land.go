//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// A result is what landing cost. CPU time is of all threads, the garbage collector's too.
type result struct {
	PullRequests int64      `json:"pull_requests"`
	JSON         int64      `json:"json_bytes"`
	CPU          float64    `json:"cpu_seconds"`     // without reading
	Reading      float64    `json:"reading_seconds"` // CPU time that the file of pages takes, which stands for the network
	Elapsed      float64    `json:"elapsed_seconds"`
	PeakRSS      int64      `json:"peak_rss_bytes"`
	Allocations  uint64     `json:"allocations"`
	Landed       load.Stats `json:"landed"` // what is in the lake, where all of it was new
}

// land reads the file of pages as a sync reads a list, and lands the rows.
func land(ctx context.Context, o options) (r result, err error) {
	store, err := load.OpenDirectory(o.lake)
	if err != nil {
		return r, err
	}
	lake := load.New(store, nil)
	if lake.Compression, err = load.ParseCompression(o.compression); err != nil {
		return r, err
	}
	f, err := os.Open(o.pages)
	if err != nil {
		return r, err
	}
	defer f.Close()
	if o.profile != "" {
		p, err := os.Create(o.profile)
		if err != nil {
			return r, err
		}
		defer p.Close()
		if err := pprof.StartCPUProfile(p); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	feed := &feed{file: f}
	l := &lander{
		options: o, lake: lake, stages: map[*schemas.Table]*load.Stage{},
		pages: bufio.NewReaderSize(feed, 1<<20), at: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}
	if o.news {
		l.at = l.at.Add(time.Hour)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, spent := time.Now(), cpu()
	if err := l.run(ctx); err != nil {
		return r, err
	}
	l.Elapsed, l.Reading = time.Since(start).Seconds(), feed.spent
	l.CPU = cpu() - spent - l.Reading
	runtime.ReadMemStats(&after)
	l.Allocations = after.Mallocs - before.Mallocs
	l.PeakRSS, err = peakRSS()
	return l.result, err
}

type lander struct {
	options
	result
	lake  *load.Lake
	pages *bufio.Reader
	at    time.Time
	page  []byte
	rows  transform.Batch

	stages map[*schemas.Table]*load.Stage
	staged int // rows
}

// RoundTrip answers every request with the present page.
func (l *lander) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: r, ContentLength: int64(len(l.page)), Body: io.NopCloser(bytes.NewReader(l.page)),
	}, nil
}

func (l *lander) run(ctx context.Context) error {
	client := &bitbucket.Client{
		Base: "https://api.bitbucket.org/2.0", Transport: l, Log: slog.New(slog.DiscardHandler),
		Token: func(context.Context, string) (string, error) { return "token", nil },
		Spend: func(context.Context) error { return nil },
	}
	for {
		err := l.next()
		if errors.Is(err, io.EOF) {
			return l.commit(ctx)
		}
		if err != nil {
			return err
		}
		for page, err := range bitbucket.PagesFrom[bitbucket.PullRequest](ctx, client, client.Base+"/repositories/acme/r/pullrequests") {
			if err != nil {
				return err
			}
			if err := l.take(page.Values); err != nil {
				return err
			}
		}
		if err := l.stage(); err != nil {
			return err
		}
		if l.batch > 0 && l.staged >= l.batch {
			if err := l.commit(ctx); err != nil {
				return err
			}
		}
	}
}

// next reads a line of the file.
func (l *lander) next() error {
	l.page = l.page[:0]
	for {
		part, err := l.pages.ReadSlice('\n')
		l.page = append(l.page, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// take turns the pull requests of a page into rows.
func (l *lander) take(values []bitbucket.PullRequest) error {
	l.JSON += int64(len(l.page))
	uuid := l.page[len(`{"repository":"`):]
	parent := bitbucket.Parent{Workspace: "acme", Repository: string(uuid[:bytes.IndexByte(uuid, '"')])}
	objects := make([]any, 0, len(values))
	for _, pr := range values {
		if l.news {
			pr.CommentCount++
		}
		objects = append(objects, pr)
	}
	l.PullRequests += int64(len(objects))
	return l.rows.Add("pull_requests", parent, objects, false)
}

// stage puts the rows that were made where they wait for the commit.
func (l *lander) stage() error {
	for _, t := range l.rows.Tables() {
		rows := l.rows.Take(t)
		if l.tables == "pull_requests" && t != schemas.PullRequests {
			continue
		}
		if l.stages[t] == nil {
			s, err := load.NewStage(t)
			if err != nil {
				return err
			}
			l.stages[t] = s
		}
		if err := l.stages[t].Add(rows); err != nil {
			return err
		}
		l.staged += len(rows.Rows)
	}
	return nil
}

func (l *lander) commit(ctx context.Context) error {
	for t, stage := range l.stages {
		stats, err := l.lake.Commit(ctx, load.Commit{
			Workspace: "acme", Rows: schemas.Rows{Table: t}, Stage: stage, Cursor: json.RawMessage(fmt.Sprint(l.PullRequests)), At: l.at,
		})
		if err != nil {
			return err
		}
		l.Landed.Add(stats)
		if err := stage.Close(); err != nil {
			return err
		}
	}
	clear(l.stages)
	l.staged = 0
	return nil
}

// A feed is a file whose reading is counted.
type feed struct {
	file  *os.File
	spent float64 // seconds of CPU time
}

func (f *feed) Read(p []byte) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := usage(rusageThread)
	n, err := f.file.Read(p)
	f.spent += usage(rusageThread) - before
	return n, err
}

const rusageThread = 1

// cpu returns the seconds that this process has computed.
func cpu() float64 { return usage(syscall.RUSAGE_SELF) }

func usage(who int) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err) // only for wrong arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// peakRSS returns the most memory that this process has had.
func peakRSS() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kb int64
	if _, err := fmt.Sscan(string(rest), &kb); err != nil {
		return 0, fmt.Errorf("reading VmHWM of /proc/self/status: %w", err)
	}
	return kb << 10, nil
}

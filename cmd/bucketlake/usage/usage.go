// Package usage answers, from the tables as they have landed, what the worker's page shows: which features people use,
// which seats are idle, and how that changes.
//
// What is read is kept, by the etags of the objects: an object is read again when its manifest names another one.
package usage

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// A Reader reads reports. Any number of goroutines may use one.
type Reader struct {
	lake    *load.Lake
	privacy func() (transform.Privacy, error)

	mu         sync.Mutex
	workspaces map[string]*workspace
}

// New returns a reader of a lake. What names of people are shown as, privacy says: they may have landed before it did.
func New(lake *load.Lake, privacy func() (transform.Privacy, error)) *Reader {
	return &Reader{lake: lake, privacy: privacy, workspaces: map[string]*workspace{}}
}

// workspace is what was read of one. The mutex is held while something is read, so that of many who ask only one reads.
type workspace struct {
	mu      sync.Mutex
	lake    *load.Lake
	name    string
	index   index
	digests map[string]kept[*digest] // by month

	seats        kept[[]*schemas.UserActivity]
	months       kept[[]*schemas.SeatUtilization]
	adoption     kept[[]*schemas.FeatureAdoption]
	stories      kept[[]*schemas.StoryActivity]
	repositories kept[[]*schemas.Repository]
	projects     kept[[]*schemas.Project]
	configured   kept[[]*schemas.FeatureConfiguration]
}

// kept is what was read of objects with these etags.
type kept[T any] struct {
	etags string
	value T
}

func (r *Reader) workspace(name string) *workspace {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.workspaces[name]
	if w == nil {
		w = &workspace{lake: r.lake, name: name, digests: map[string]kept[*digest]{}}
		r.workspaces[name] = w
	}
	return w
}

// Open reads the report of a workspace. An error of the choice is an *Unclear.
func (r *Reader) Open(ctx context.Context, name string, c Choice) (*Report, error) {
	privacy, err := r.privacy()
	if err != nil {
		return nil, err
	}
	w := r.workspace(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.readTables(ctx); err != nil {
		return nil, err
	}
	manifest, err := w.lake.Manifest(ctx, schemas.FeatureUsageDaily, name)
	if err != nil {
		return nil, err
	}
	first, last, ok := w.span(manifest)
	if !ok {
		return &Report{Workspace: name}, nil
	}
	period, err := c.period(first, last)
	if err != nil {
		return nil, &Unclear{err}
	}
	before := period.Before()
	if err := w.readDigests(ctx, manifest, Period{From: before.From, To: period.To}); err != nil {
		return nil, err
	}
	report := &Report{Workspace: name, Period: period, First: first, Last: last, privacy: privacy}
	report.make(w)
	return report, nil
}

// Unclear says that a choice can't be understood.
type Unclear struct{ error }

// span returns the first and the last day of which the tables tell; ok is false if they tell nothing yet. Commits bear
// the dates of foreign clocks, so the seats say what day it is.
func (w *workspace) span(daily *load.Manifest) (first, last schemas.Date, ok bool) {
	if len(w.seats.value) == 0 {
		return 0, 0, false
	}
	last = w.seats.value[0].AsOf
	first = last
	for _, m := range w.months.value {
		first = min(first, m.Month)
	}
	return first, last, len(daily.Objects) > 0
}

func (w *workspace) readTables(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(4)
	all.Go(func() error { return read(ctx, w, schemas.UserActivities, &w.seats) })
	all.Go(func() error { return read(ctx, w, schemas.SeatUtilizationMonthly, &w.months) })
	all.Go(func() error { return read(ctx, w, schemas.FeatureAdoptionMonthly, &w.adoption) })
	all.Go(func() error { return read(ctx, w, schemas.StoryActivities, &w.stories) })
	all.Go(func() error { return read(ctx, w, schemas.Repositories, &w.repositories) })
	all.Go(func() error { return read(ctx, w, schemas.Projects, &w.projects) })
	all.Go(func() error { return read(ctx, w, schemas.FeatureConfigurations, &w.configured) })
	return all.Wait()
}

// read reads a table of one object, unless it is the one that was read.
func read[R any](ctx context.Context, w *workspace, t *schemas.Table, into *kept[[]*R]) error {
	m, err := w.lake.Manifest(ctx, t, w.name)
	if err != nil {
		return err
	}
	etag := m.Versions()[""]
	if etag == into.etags {
		return nil
	}
	var rows []*R
	for row, err := range load.Scan[R](ctx, w.lake, t, w.name, load.ScanOptions{}) {
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	*into = kept[[]*R]{etag, rows}
	return nil
}

// readDigests reads the months of a period that are not the ones that were read, some side by side.
func (w *workspace) readDigests(ctx context.Context, m *load.Manifest, p Period) error {
	var stale []string
	versions := m.Versions()
	for month, version := range versions {
		if from, to := schemas.Month(p.From.Time()), schemas.Month(p.To.Time()); month < from || month > to {
			continue
		}
		if w.digests[month].etags != version {
			stale = append(stale, month)
		}
	}
	for month := range w.digests {
		if _, ok := m.Objects[month]; !ok {
			delete(w.digests, month)
		}
	}
	slices.Sort(stale)
	const atOnce = 4
	made := make([]map[string]*digester, atOnce)
	all, ctx := errgroup.WithContext(ctx)
	for i := range min(atOnce, len(stale)) {
		var months []string
		for k := i; k < len(stale); k += atOnce {
			months = append(months, stale[k])
		}
		made[i] = map[string]*digester{}
		all.Go(func() error { return w.digest(ctx, months, made[i]) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, digesters := range made {
		for month, d := range digesters {
			w.digests[month] = kept[*digest]{versions[month], d.digest(&w.index)}
		}
	}
	return nil
}

func (w *workspace) digest(ctx context.Context, months []string, into map[string]*digester) error {
	for p, err := range w.lake.Portions(ctx, schemas.FeatureUsageDaily, w.name, months, columns) {
		if err != nil {
			return err
		}
		if into[p.Month] == nil {
			start, err := parseMonth(p.Month)
			if err != nil {
				return err
			}
			into[p.Month] = newDigester(start)
		}
		into[p.Month].add(p)
	}
	return nil
}

func parseMonth(month string) (schemas.Date, error) {
	var year, number int
	if _, err := fmt.Sscanf(month, "%d-%d", &year, &number); err != nil {
		return 0, fmt.Errorf("reading the partition %q: %w", month, err)
	}
	return dateOf(year, number), nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// usageState is what the usage tables were last computed from. It is the cursor of usage_events.
type usageState struct {
	// Inputs are the etags of the objects that were read, by table and partition.
	Inputs map[string]string `json:"inputs"`
	// Prints are, for the objects that tell events, the months in which those were done, and what was
	// done in each, as a hash.
	Prints map[string]map[string]string `json:"prints"`
	// Links are hashes of the stories that the pull requests of a month name.
	Links map[string]string `json:"links,omitempty"`
	// Stories say which keys counted as those of stories.
	Stories transform.Stories `json:"stories,omitzero"`
	// Places are the names that events carry, by repository; empty ones for a repository that has not
	// landed.
	Places map[string]transform.Place `json:"places"`
	// Begun are the months that a computation has begun to commit and whose end is not known: they
	// may hold events of an input that is nowhere any more.
	Begun []string `json:"begun,omitempty"`
}

// usage computes usage_events and feature_usage_daily from the tables that tell what people did,
// and only the months in which something moved since the last time.
type usage struct {
	lake      *load.Lake
	workspace string
	places    transform.Places
	last      usageState
	next      usageState
	affected  map[string]bool // months
}

// derive brings every table that is computed up to date with the lake, each after those that it is
// computed from; full computes all anew.
func derive(ctx context.Context, lake *load.Lake, workspace string, stories transform.Stories, at time.Time, full bool) ([]streamRun, error) {
	runs, err := deriveUsage(ctx, lake, workspace, stories, at, full)
	if err != nil {
		return nil, err
	}
	work, err := deriveStories(ctx, lake, workspace, at, full)
	if err != nil {
		return nil, err
	}
	activity, err := deriveActivity(ctx, lake, workspace, at, full)
	return slices.Concat(runs, work, activity), err
}

// deriveUsage brings the usage tables up to date with the lake. The position, which names the
// objects computed from, is committed last: a crash before it has the same months computed again,
// and so has a full computation all of them.
func deriveUsage(ctx context.Context, lake *load.Lake, workspace string, stories transform.Stories, at time.Time, full bool) ([]streamRun, error) {
	start := time.Now()
	u := &usage{
		lake: lake, workspace: workspace, affected: map[string]bool{},
		next: usageState{Prints: map[string]map[string]string{}, Stories: stories},
	}
	manifest, err := lake.Manifest(ctx, schemas.UsageEvents, workspace)
	if err != nil {
		return nil, err
	}
	if len(manifest.Cursor) > 0 {
		if err := json.Unmarshal(manifest.Cursor, &u.last); err != nil {
			return nil, fmt.Errorf("reading what the usage tables were computed from: %w", err)
		}
	}
	if full || u.last.Prints == nil || !slices.Equal(u.last.Stories.Projects, stories.Projects) { // the months stay: what they held may be wrong, too
		u.last.Inputs = nil
	}
	runs := []streamRun{{Stream: schemas.UsageEvents.Name}, {Stream: schemas.FeatureUsageDaily.Name}}
	if err := u.readInputs(ctx); err != nil {
		return nil, err
	}
	if maps.Equal(u.last.Inputs, u.next.Inputs) && len(u.last.Begun) == 0 {
		return runs, nil
	}
	if err := u.readPlaces(ctx); err != nil {
		return nil, err
	}
	if err := u.findAffected(ctx); err != nil {
		return nil, err
	}
	u.affect(u.last.Begun)
	position := func(s usageState) error {
		cursor, err := json.Marshal(s)
		if err != nil {
			return err
		}
		_, err = lake.Commit(ctx, load.Commit{Workspace: workspace, Rows: schemas.Rows{Table: schemas.UsageEvents}, Cursor: cursor, At: at})
		return err
	}
	if u.last.Begun = slices.Sorted(maps.Keys(u.affected)); len(u.last.Begun) > 0 {
		if err := position(u.last); err != nil {
			return nil, err
		}
	}
	for _, month := range u.last.Begun {
		if err := u.commitMonth(ctx, month, at, runs); err != nil {
			return nil, err
		}
	}
	err = position(u.next)
	runs[0].Elapsed = time.Since(start)
	return runs, err
}

// commitMonth computes and commits the events of a month, and what they count up to, and adds to the runs of the two tables.
func (u *usage) commitMonth(ctx context.Context, month string, at time.Time, runs []streamRun) (err error) {
	stage, err := load.NewStage(schemas.UsageEvents)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	var days transform.FeatureUsage
	if err := u.month(ctx, month, stage, &days); err != nil {
		return err
	}
	whole := []schemas.Scope{{Month: month}}
	for i, c := range []load.Commit{
		{Stage: stage, Rows: schemas.Rows{Table: schemas.UsageEvents, Complete: whole}},
		{Rows: schemas.Rows{Table: schemas.FeatureUsageDaily, Rows: days.Rows(), Complete: whole}},
	} {
		c.Workspace, c.At = u.workspace, at
		stats, err := u.lake.Commit(ctx, c)
		if err != nil {
			return err
		}
		runs[i].Landed.Add(stats)
	}
	return nil
}

// readPlaces reads the names that events carry, and the stories.
func (u *usage) readPlaces(ctx context.Context) error {
	projects, err := collect[schemas.Project](ctx, u.lake, schemas.Projects, u.workspace)
	if err != nil {
		return err
	}
	repositories, err := collect[schemas.Repository](ctx, u.lake, schemas.Repositories, u.workspace)
	if err != nil {
		return err
	}
	var links []*schemas.StoryLink // of pull requests: commits say theirs themselves, and are many
	for l, err := range load.Scan[schemas.StoryLink](ctx, u.lake, schemas.StoryLinks, u.workspace, load.ScanOptions{}) {
		if err != nil {
			return fmt.Errorf("reading %s: %w", schemas.StoryLinks.Name, err)
		}
		if l.ObjectType == "pull_request" {
			links = append(links, l)
		}
	}
	u.next.Links = linkPrints(links)
	u.places = transform.NewPlaces(projects, repositories, links)
	u.places.Rule = u.next.Stories
	opts := load.ScanOptions{Columns: []string{"pipeline_uuid", "creator_uuid", "creator_account_id", "creator_display_name", "creator_nickname", "creator_type"}}
	for p, err := range load.Scan[schemas.Pipeline](ctx, u.lake, schemas.Pipelines, u.workspace, opts) {
		if err != nil {
			return fmt.Errorf("reading %s: %w", schemas.Pipelines.Name, err)
		}
		u.places.Runners[p.UUID] = p.Creator
	}
	u.next.Places = maps.Clone(u.places.Repositories)
	return nil
}

// linkPrints hash the stories that pull requests name, by the month of the link.
func linkPrints(links []*schemas.StoryLink) map[string]string {
	p := prints{}
	for _, l := range links {
		fmt.Fprintf(p.of(schemas.Month(l.LinkedOn)), "%q %q %q %t\n", l.RepositoryUUID, l.ObjectID, l.StoryKey, l.DeletedAt.IsZero())
	}
	return p.sum()
}

// readInputs notes which objects there are to compute from.
func (u *usage) readInputs(ctx context.Context) (err error) {
	tables := []*schemas.Table{schemas.Projects, schemas.Repositories, schemas.StoryLinks}
	for _, source := range u.sources() {
		tables = append(tables, source.table)
	}
	u.next.Inputs, err = inputs(ctx, u.lake, u.workspace, tables...)
	return err
}

// findAffected finds the months whose events may differ from those landed: months in which an
// object that moved tells events now, or did before it moved.
func (u *usage) findAffected(ctx context.Context) error {
	for name := range u.next.Inputs {
		for _, source := range u.sources() {
			partition, ours := source.partition(name)
			if !ours {
				continue
			}
			if u.last.Inputs[name] == u.next.Inputs[name] && !u.moved(source.joins) {
				u.next.Prints[name] = u.last.Prints[name]
				continue
			}
			prints, err := source.prints(ctx, partition)
			if err != nil {
				return err
			}
			u.next.Prints[name] = prints
			for _, months := range []map[string]string{prints, u.last.Prints[name]} {
				for month := range months {
					if full := u.last.Inputs == nil; full || prints[month] != u.last.Prints[name][month] {
						u.affected[month] = true
					}
				}
			}
		}
	}
	u.affectedByNames()
	return nil
}

// moved reports whether any object of a table is another one than the last time.
func (u *usage) moved(t *schemas.Table) bool {
	if t == nil {
		return false
	}
	of := func(inputs map[string]string) map[string]string {
		etags := map[string]string{}
		for name, etag := range inputs {
			if table, _, _ := strings.Cut(name, "/"); table == t.Name {
				etags[name] = etag
			}
		}
		return etags
	}
	return !maps.Equal(of(u.last.Inputs), of(u.next.Inputs))
}

// affectedByNames adds the months whose events carry a story or a name that changed. A pull request
// has no events before it was opened, so a change of its stories touches no month before that.
func (u *usage) affectedByNames() {
	for _, links := range []map[string]string{u.next.Links, u.last.Links} {
		for month := range links {
			if u.last.Links[month] != u.next.Links[month] {
				u.affectFrom(month)
			}
		}
	}
	for uuid, place := range u.last.Places {
		if u.next.Places[uuid] != place {
			u.affectFrom("")
		}
		u.next.Places[uuid] = u.places.Repositories[uuid] // what did not move may still be there
	}
}

func (u *usage) affect(months []string) {
	for _, m := range months {
		u.affected[m] = true
	}
}

// affectFrom adds every month with events from the given one on.
func (u *usage) affectFrom(month string) {
	for _, months := range u.next.Prints {
		for m := range months {
			if m >= month {
				u.affected[m] = true
			}
		}
	}
}

// monthRows is how many events are on their way at a time.
const monthRows = 1000

// month computes the events of one month, each once, and adds them to a stage, and to what they count up to in the order of
// their time. However many there are, memory holds few of them.
func (u *usage) month(ctx context.Context, month string, stage *load.Stage, days *transform.FeatureUsage) (err error) {
	sorted, err := load.NewSorted[schemas.UsageEvent](schemas.UsageEvents, transform.EventOrder...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sorted.Close()) }()
	in := portions{to: sorted.Add}
	for _, source := range u.sources() {
		for name, months := range u.next.Prints {
			partition, ours := source.partition(name)
			if !ours || months[month] == "" {
				continue
			}
			for events, err := range source.events(ctx, partition) {
				if err != nil {
					return err
				}
				for _, e := range events {
					if schemas.Month(e.OccurredAt) != month {
						continue
					}
					if err := in.add(e); err != nil {
						return err
					}
				}
			}
		}
	}
	if err := in.flush(); err != nil {
		return err
	}
	out := portions{to: func(rows []any) error { return stage.Add(schemas.Rows{Table: schemas.UsageEvents, Rows: rows}) }}
	for e, err := range u.places.Once(sorted.Rows()) {
		if err != nil {
			return err
		}
		days.Add(e)
		if err := out.add(e); err != nil {
			return err
		}
	}
	return out.flush()
}

// portions passes rows on, many at a time.
type portions struct {
	rows []any
	to   func([]any) error
}

func (p *portions) add(row any) error {
	if p.rows = append(p.rows, row); len(p.rows) < monthRows {
		return nil
	}
	return p.flush()
}

func (p *portions) flush() error {
	err := p.to(p.rows)
	p.rows = p.rows[:0]
	return err
}

func collect[R any](ctx context.Context, lake *load.Lake, t *schemas.Table, workspace string) ([]*R, error) {
	var rows []*R
	for r, err := range load.Scan[R](ctx, lake, t, workspace, load.ScanOptions{}) {
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", t.Name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

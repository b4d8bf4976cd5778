package main

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// eventSource is a table whose rows tell events.
type eventSource struct {
	table *schemas.Table
	// events yields the events of each row of a partition.
	events func(ctx context.Context, partition string) iter.Seq2[[]*schemas.UsageEvent, error]
}

// months lists the months in which the events of a partition were done, in order.
func (s eventSource) months(ctx context.Context, partition string) ([]string, error) {
	found := map[string]bool{}
	for events, err := range s.events(ctx, partition) {
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			found[schemas.Month(e.OccurredAt)] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// sources lists the tables that tell events.
func (u *usage) sources() []eventSource {
	return []eventSource{
		tells(u, schemas.PullRequests, transform.Places.PullRequestEvents),
		tells(u, schemas.PullRequestActivity, transform.Places.ActivityEvents),
		tells(u, schemas.PullRequestTasks, transform.Places.TaskEvents),
	}
}

// partition takes the name of a source apart, if it is one of this table.
func (s eventSource) partition(name string) (string, bool) {
	table, partition, _ := strings.Cut(name, "/")
	return partition, table == s.table.Name
}

func tells[R any](u *usage, t *schemas.Table, events func(transform.Places, *R) []*schemas.UsageEvent) eventSource {
	return eventSource{t, func(ctx context.Context, partition string) iter.Seq2[[]*schemas.UsageEvent, error] {
		return func(yield func([]*schemas.UsageEvent, error) bool) {
			for row, err := range load.Scan[R](ctx, u.lake, t, u.workspace, load.ScanOptions{Months: []string{partition}}) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(events(u.places, row), nil) {
					return
				}
			}
		}
	}}
}

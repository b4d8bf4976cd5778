package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/fnv"
	"iter"
	"slices"
	"strings"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// inputs tell what stands in the partitions of some tables, by table and partition.
func inputs(ctx context.Context, lake *load.Lake, workspace string, tables ...*schemas.Table) (map[string]string, error) {
	etags := map[string]string{}
	for _, t := range tables {
		manifest, err := lake.Manifest(ctx, t, workspace)
		if err != nil {
			return nil, err
		}
		for partition, version := range manifest.Versions() {
			etags[t.Name+"/"+partition] = version
		}
	}
	return etags, nil
}

// eventSource is a table whose rows tell events.
type eventSource struct {
	table *schemas.Table
	joins *schemas.Table // whose rows the events need, too; nil: none
	// events yields the events of each row of a partition.
	events func(ctx context.Context, partition string) iter.Seq2[[]*schemas.UsageEvent, error]
}

// prints are hashes of what stands in each month.
type prints map[string]hash.Hash

func (p prints) of(month string) hash.Hash {
	if p[month] == nil {
		p[month] = fnv.New128a()
	}
	return p[month]
}

func (p prints) sum() map[string]string {
	sums := map[string]string{}
	for month, h := range p {
		sums[month] = hex.EncodeToString(h.Sum(nil))
	}
	return sums
}

// prints hash the events of a partition, by the month in which they were done.
func (s eventSource) prints(ctx context.Context, partition string) (map[string]string, error) {
	p := prints{}
	for events, err := range s.events(ctx, partition) {
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			// What an event says is in its id, but for who and when and what it is called now.
			fmt.Fprintf(p.of(schemas.Month(e.OccurredAt)), "%s %d %q %q %q %q %q %q\n",
				e.ID, e.OccurredAt.UnixMilli(), e.UserUUID, e.AccountID, e.DisplayName, e.Nickname, e.UserType, e.StoryKey)
		}
	}
	return p.sum(), nil
}

// sources lists the tables that tell events.
func (u *usage) sources() []eventSource {
	return []eventSource{
		tells(u, schemas.PullRequests, transform.Places.PullRequestEvents),
		tells(u, schemas.PullRequestActivity, transform.Places.ActivityEvents),
		tells(u, schemas.PullRequestTasks, transform.Places.TaskEvents),
		tells(u, schemas.PullRequestComments, transform.Places.ResolvedEvents),
		tells(u, schemas.Pipelines, transform.Places.PipelineEvents),
		tells(u, schemas.Deployments, transform.Places.DeploymentEvents).joined(schemas.Pipelines),
		tells(u, schemas.Commits, transform.Places.CommitEvents),
		tells(u, schemas.Tags, transform.Places.TagEvents),
		tells(u, schemas.Downloads, transform.Places.DownloadEvents),
		tells(u, schemas.Snippets, transform.Places.SnippetEvents),
	}
}

// joined adds a table whose rows the events need.
func (s eventSource) joined(t *schemas.Table) eventSource {
	s.joins = t
	return s
}

// partition takes the name of a source apart, if it is one of this table.
func (s eventSource) partition(name string) (string, bool) {
	table, partition, _ := strings.Cut(name, "/")
	return partition, table == s.table.Name
}

func tells[R any](u *usage, t *schemas.Table, events func(transform.Places, *R) []*schemas.UsageEvent) eventSource {
	return eventSource{table: t, events: func(ctx context.Context, partition string) iter.Seq2[[]*schemas.UsageEvent, error] {
		return func(yield func([]*schemas.UsageEvent, error) bool) {
			for row, err := range load.Scan[R](ctx, u.lake, t, u.workspace, load.ScanOptions{Months: []string{partition}}) {
				if err != nil {
					yield(nil, err)
					return
				}
				// What a foreign clock dated beyond all months belongs in none of them.
				told := slices.DeleteFunc(events(u.places, row), undated)
				if len(told) > 0 { // noted even where it has no name: it may get one
					repository := told[0].RepositoryUUID
					u.next.Places[repository] = u.places.Repositories[repository]
				}
				if !yield(told, nil) {
					return
				}
			}
		}
	}}
}

func undated(e *schemas.UsageEvent) bool { return !schemas.Dated(e.OccurredAt) }

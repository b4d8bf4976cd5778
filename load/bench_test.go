package load_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
)

const benchRows = 200_000

// benchPullRequests makes pull requests of one month as they look in life.
func benchPullRequests(n int) schemas.Rows {
	r := schemas.Rows{Table: schemas.PullRequests, Rows: make([]any, n)}
	yes, random := true, rand.New(rand.NewPCG(1, 2))
	for i := range n {
		created := noon.Add(time.Duration(i%100_000) * 20 * time.Second).Truncate(time.Second)
		created = time.Date(2026, 10, created.Day(), created.Hour(), created.Minute(), created.Second(), 0, time.UTC)
		person := fmt.Sprintf("{%08d-aaaa-bbbb-cccc-ddddeeeeffff}", random.IntN(2000))
		r.Rows[i] = &schemas.PullRequest{
			RepositoryUUID: fmt.Sprintf("{%08d-1111-2222-3333-444455556666}", i%500), ID: int64(i / 500),
			Title: fmt.Sprintf("ABC-%d: make the thing number %x do the other thing", i%9000, random.Uint32()), State: []string{"OPEN", "MERGED", "DECLINED"}[random.IntN(3)], Draft: &yes,
			Author:       schemas.Account{UUID: person, AccountID: "712020:" + person, DisplayName: "Person " + person[1:9], Type: schemas.UserTypeUser},
			SourceBranch: fmt.Sprintf("feature/ABC-%d", i%9000), SourceCommit: fmt.Sprintf("%012x", random.Uint64()>>16),
			CommentCount: random.Int64N(20), CreatedOn: created, UpdatedOn: created.Add(time.Duration(random.IntN(1e6)) * time.Second),
		}
	}
	return r
}

func benchCommit(b *testing.B, l *load.Lake, r schemas.Rows, at time.Time) load.Stats {
	b.Helper()
	stats, err := l.Commit(b.Context(), load.Commit{Workspace: "acme", Rows: r, At: at, Cursor: []byte(fmt.Sprintf("%q", at))})
	if err != nil {
		b.Fatal(err)
	}
	return stats
}

func rate(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkWrite lands new rows in an empty lake.
func BenchmarkWrite(b *testing.B) {
	r := benchPullRequests(benchRows)
	b.ReportAllocs()
	var stats load.Stats
	for b.Loop() {
		stats = benchCommit(b, newLake(b), r, noon)
	}
	rate(b, benchRows)
	b.ReportMetric(float64(stats.Bytes)/benchRows, "B/row")
}

// BenchmarkRowGroups writes a month in row groups of so many rows. ROW_GROUPS=DIR keeps the files, for other engines to read.
func BenchmarkRowGroups(b *testing.B) {
	const rows = 5 * benchRows
	r := benchPullRequests(rows)
	for _, n := range []int{10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			if keep := os.Getenv("ROW_GROUPS"); keep != "" {
				dir = filepath.Join(keep, fmt.Sprint(n))
			}
			b.ReportAllocs()
			var stats load.Stats
			for b.Loop() {
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
				store, err := load.OpenDirectory(dir)
				if err != nil {
					b.Fatal(err)
				}
				stats = benchCommit(b, load.New(store, nil).Small(n, load.DefaultObjectBytes), r, noon)
			}
			rate(b, rows)
			b.ReportMetric(float64(stats.Bytes)/rows, "B/row")
		})
	}
}

// BenchmarkMerge changes one row of a hundred.
func BenchmarkMerge(b *testing.B) {
	l, all := newLake(b), benchPullRequests(benchRows)
	benchCommit(b, l, all, noon)
	r := schemas.Rows{Table: all.Table}
	for i := 0; i < benchRows; i += 100 {
		r.Rows = append(r.Rows, all.Rows[i])
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		for _, row := range r.Rows {
			row.(*schemas.PullRequest).CommentCount = int64(100 + n)
		}
		if stats := benchCommit(b, l, r, noon.Add(time.Duration(n)*time.Second)); stats.Updated != len(r.Rows) {
			b.Fatalf("%+v", stats)
		}
	}
	rate(b, benchRows)
}

// BenchmarkMergeUnchanged brings back one row of a hundred as it was.
func BenchmarkMergeUnchanged(b *testing.B) {
	l, all := newLake(b), benchPullRequests(benchRows)
	benchCommit(b, l, all, noon)
	r := schemas.Rows{Table: all.Table}
	for i := 0; i < benchRows; i += 100 {
		r.Rows = append(r.Rows, all.Rows[i])
	}
	b.ReportAllocs()
	for b.Loop() {
		if stats := benchCommit(b, l, r, noon); stats.Unchanged != len(r.Rows) || stats.Objects > 0 {
			b.Fatalf("%+v", stats)
		}
	}
	rate(b, benchRows)
}

// BenchmarkCommitSmall changes one row of a table of ten: what a commit costs whatever it holds.
func BenchmarkCommitSmall(b *testing.B) {
	l, r := newLake(b), benchPullRequests(10)
	benchCommit(b, l, r, noon)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		r.Rows[3].(*schemas.PullRequest).CommentCount = int64(100 + n)
		benchCommit(b, l, r, noon.Add(time.Duration(n)*time.Second))
	}
}

func BenchmarkScan(b *testing.B) {
	l := newLake(b)
	benchCommit(b, l, benchPullRequests(benchRows), noon)
	for name, o := range map[string]load.ScanOptions{
		"all": {}, "columns": {Columns: []string{"repository_uuid", "pull_request_id", "state"}}, "since": {Since: noon},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range load.Scan[schemas.PullRequest](b.Context(), l, schemas.PullRequests, "acme", o) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != benchRows && o.Since.IsZero() {
					b.Fatal(n)
				}
			}
			rate(b, benchRows)
		})
	}
}

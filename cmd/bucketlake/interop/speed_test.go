package interop_test

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bucketlake/schemas"
)

var (
	speedRows = flag.String("rows", "", "numbers of pull requests, divided by commas, with which to measure the speed")
	speedFull = flag.Bool("full", false, "measure with pages as they are without fields=")
)

// spent is what landing cost, as cmd/bucketlake/bench says it.
type spent struct {
	PullRequests int64   `json:"pull_requests"`
	JSON         int64   `json:"json_bytes"`
	CPU          float64 `json:"cpu_seconds"`
	Reading      float64 `json:"reading_seconds"`
	PeakRSS      int64   `json:"peak_rss_bytes"`
	Allocations  uint64  `json:"allocations"`
	Landed       struct{ Bytes int64 }
}

func (s spent) String() string {
	n := float64(s.PullRequests)
	text := fmt.Sprintf("%8.0f rows/s and core  %5.0f MB/s of JSON  %5.0f MB peak  %4.0f bytes/row",
		n/s.CPU, float64(s.JSON)/s.CPU/1e6, float64(s.PeakRSS)/1e6, float64(s.Landed.Bytes)/n)
	if s.Allocations > 0 {
		text += fmt.Sprintf("  %5.1f allocations/row", float64(s.Allocations)/n)
	}
	return text
}

// TestSpeed says how fast pull requests land, from pages to Parquet in a folder, beside DuckDB with one thread. It asserts
// no times: what a machine has to spare is its own affair.
func TestSpeed(t *testing.T) {
	if *speedRows == "" {
		t.Skip("make bench measures")
	}
	bench := filepath.Join(t.TempDir(), "bench")
	output(t, exec.CommandContext(t.Context(), "go", "build", "-C", "../../..", "-o", bench, "./cmd/bucketlake/bench"), "CGO_ENABLED=0")
	for rows := range strings.SplitSeq(*speedRows, ",") {
		t.Run(rows, func(t *testing.T) {
			pages, lake := filepath.Join(t.TempDir(), "pages.ndjson"), t.TempDir()
			news := filepath.Join(t.TempDir(), "news.ndjson")
			full := "-full=" + strconv.FormatBool(*speedFull)
			output(t, exec.CommandContext(t.Context(), bench, "-make", rows, full, "-pages", pages))
			output(t, exec.CommandContext(t.Context(), bench, "-make", rows, full, "-news", "-pages", news))
			ours := func(args ...string) spent {
				var s spent
				out := output(t, exec.CommandContext(t.Context(), bench, args...))
				if err := json.Unmarshal(out, &s); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				return s
			}
			backfill := ours("-pages", pages, "-lake", lake)
			changed := ours("-pages", news, "-news", "-lake", lake)
			every := ours("-pages", pages, "-lake", t.TempDir(), "-tables", "all")
			t.Logf("pull_requests          %v", backfill)
			t.Logf("1 %% of them changed    %.2f %% of the backfill's CPU time, %.0f MB peak", 100*changed.CPU/backfill.CPU, float64(changed.PeakRSS)/1e6)
			t.Logf("and what hangs on them %v", every)
			for _, sorted := range []bool{false, true} {
				duck := duckdbLands(t, pages, sorted)
				duck.PullRequests, duck.JSON = backfill.PullRequests, backfill.JSON
				name := "DuckDB, one file      "
				if sorted {
					name = "DuckDB, months, sorted"
				}
				t.Logf("%s %v; ours, with reading the file: %.2f of its speed", name, duck, duck.CPU/(backfill.CPU+backfill.Reading))
			}
		})
	}
}

// duckdbLands has DuckDB do the same in a process of its own, with one thread: the columns of pull_requests, into one
// file in the order of the pages, or as ours, in a file for each month, in the order of the keys.
func duckdbLands(t *testing.T, pages string, sorted bool) spent {
	t.Helper()
	out := t.TempDir()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDuckDBLands$")
	output(t, c, "DUCKDB_PAGES="+pages, "DUCKDB_OUT="+out, "DUCKDB_SORTED="+strconv.FormatBool(sorted))
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	s := spent{CPU: time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds(), PeakRSS: usage.Maxrss << 10}
	err := filepath.WalkDir(out, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		s.Landed.Bytes += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDuckDBLands(t *testing.T) {
	pages := os.Getenv("DUCKDB_PAGES")
	if pages == "" {
		t.Skip("a part of TestSpeed")
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	out, query, options := filepath.Join(os.Getenv("DUCKDB_OUT"), "data.parquet"), selectPullRequests(pages), "FORMAT parquet, COMPRESSION zstd"
	if os.Getenv("DUCKDB_SORTED") == "true" {
		out, options = os.Getenv("DUCKDB_OUT"), options+", PARTITION_BY (month), OVERWRITE_OR_IGNORE"
		query = "SELECT *, strftime(created_on, '%Y-%m') AS month FROM (" + query + ") ORDER BY repository_uuid, pull_request_id"
	}
	for _, statement := range []string{
		"SET threads = 1", "SET TimeZone = 'UTC'",
		"COPY (" + query + ") TO '" + out + "' (" + options + ")",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// selectPullRequests reads pages into the columns of pull_requests.
func selectPullRequests(pages string) string {
	const account = "STRUCT(uuid VARCHAR, account_id VARCHAR, display_name VARCHAR, nickname VARCHAR, type VARCHAR)"
	const end = "STRUCT(branch STRUCT(name VARCHAR), commit STRUCT(hash VARCHAR))"
	values := strings.NewReplacer("ACCOUNT", account, "END", end).Replace(`STRUCT(id BIGINT, title VARCHAR, state VARCHAR, draft BOOLEAN, author ACCOUNT, closed_by ACCOUNT,
		reason VARCHAR, source END, destination END, merge_commit STRUCT(hash VARCHAR), comment_count BIGINT, task_count BIGINT, close_source_branch BOOLEAN,
		created_on TIMESTAMPTZ, updated_on TIMESTAMPTZ, closed_on TIMESTAMPTZ)[]`)
	from := map[string]string{
		"repository_uuid": "repository", "pull_request_id": "v.id", "open_task_count": "v.task_count",
		"source_branch": "v.source.branch.name", "source_commit": `v.source."commit".hash`, "merge_commit": "v.merge_commit.hash",
		"destination_branch": "v.destination.branch.name", "destination_commit": `v.destination."commit".hash`,
		"decline_reason": "nullif(v.reason, '')", "synced_at": "now()", "deleted_at": "NULL::TIMESTAMPTZ",
		"author_type":    "coalesce(v.author.type, 'deleted')",
		"closed_by_type": "CASE WHEN v.state = 'OPEN' THEN NULL ELSE coalesce(v.closed_by.type, 'deleted') END",
	}
	var columns []string
	for _, c := range schemas.PullRequests.Columns {
		value := from[c.Name]
		for _, account := range []string{"author", "closed_by"} {
			if part, ok := strings.CutPrefix(c.Name, account+"_"); ok && value == "" {
				value = "v." + account + "." + part
			}
		}
		if value == "" {
			value = "v." + c.Name
		}
		columns = append(columns, value+" AS "+c.Name)
	}
	return fmt.Sprintf(`SELECT %s FROM (SELECT repository, unnest("values") AS v FROM read_json('%s', format = 'newline_delimited',
		columns = {repository: 'VARCHAR', "values": '%s'}))`, strings.Join(columns, ", "), pages, values)
}

func output(t *testing.T, c *exec.Cmd, env ...string) []byte {
	t.Helper()
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", c.Args, err, out)
	}
	return out
}

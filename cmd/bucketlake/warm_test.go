package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	reports "bucketlake/cmd/bucketlake/usage"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestWarming has the page's tables read after a run, so that whoever comes then waits for no file; and where they can't be read,
// once, until the next run.
func TestWarming(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, bitbuckettest.Options{Seed: 5, Scale: bitbuckettest.Scale{Members: 5, Repositories: 3, PullRequests: 20, Months: 2}})
		defer l.close()
		l.sync(t.Context(), t)
		a := l.open(t)
		defer a.close()
		tables, warmed := reports.New(a.lake, a.shownNames), map[string]time.Time{}
		files, fault := 0, errors.New("the disk is broken")
		l.store.before = func(call, name string) error {
			if call == "open" && strings.HasSuffix(name, ".parquet") {
				files++
				return fault
			}
			return nil
		}
		if err := a.warm(t.Context(), tables, warmed); !errors.Is(err, fault) {
			t.Fatalf("warming says %v", err)
		}
		files = 0
		if err := a.warm(t.Context(), tables, warmed); err != nil || files > 0 {
			t.Errorf("before the next run, %d files were opened: %v", files, err)
		}
		fault = nil
		time.Sleep(time.Hour)
		l.sync(t.Context(), t)
		files = 0
		if err := a.warm(t.Context(), tables, warmed); err != nil || files == 0 {
			t.Errorf("after the next run, %d files were opened: %v", files, err)
		}
		files = 0
		report, err := tables.Open(t.Context(), "acme", reports.Choice{Last: reports.Last90})
		if err != nil || len(report.People) == 0 || files > 0 {
			t.Errorf("whoever comes then has to wait for %d files: %v", files, err)
		}
	})
}

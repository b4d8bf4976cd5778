package load_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bucketlake/load"
	"bucketlake/schemas"
)

// stageTask is one of few tasks, so that most come more than once.
func stageTask(random *rand.Rand) schemas.PullRequestTask {
	return task(1+random.Int64N(40), 1+random.Int64N(5), []string{"OPEN", "DONE"}[random.IntN(2)], time.Month(8+random.IntN(3)))
}

// TestStageOnDisk commits the same rows from a stage that keeps nearly nothing in memory and from one that keeps all: what
// lands is the same, byte by byte.
func TestStageOnDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		limit, runs := rapid.SampledFrom([]int{1, 300, 5000}).Draw(t, "bytes"), rapid.IntRange(2, 5).Draw(t, "runs")
		var lakes [2]*load.Lake
		var stats [2][]load.Stats
		var onDisk int
		for i := range lakes {
			dir, err := os.MkdirTemp("", "stage-*")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			d, err := load.OpenDirectory(dir)
			if err != nil {
				t.Fatal(err)
			}
			lakes[i] = load.New(d, nil)
		}
		for minute := range rapid.IntRange(1, 2).Draw(t, "commits") {
			var stages [2]*load.Stage
			for i := range stages {
				s, err := load.NewStage(schemas.PullRequestTasks)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				stages[i] = s
			}
			stages[1].Limit(limit, runs)
			for range rapid.IntRange(0, 12).Draw(t, "pages") {
				r := schemas.Rows{Table: schemas.PullRequestTasks}
				for range random.IntN(9) {
					row := stageTask(random)
					r.Rows = append(r.Rows, &row)
				}
				if random.IntN(2) == 0 {
					row := stageTask(random)
					key := []any{row.RepositoryUUID, row.PullRequestID}[:random.IntN(3)]
					month := schemas.Month(row.PullRequestCreatedOn)
					if random.IntN(8) == 0 {
						month = ""
					}
					r.Complete = append(r.Complete, schemas.Scope{Key: key, Month: month})
				}
				for _, s := range stages {
					if err := s.Add(r); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i, s := range stages {
				done, err := lakes[i].Commit(t.Context(), load.Commit{Workspace: "acme", Rows: schemas.Rows{Table: schemas.PullRequestTasks}, Stage: s, At: at(minute)})
				if err != nil {
					t.Fatal(err)
				}
				stats[i] = append(stats[i], done)
			}
			rows, scopes := stages[1].Runs()
			onDisk += rows + scopes
			if most := max(1, runs-1) * 8; rows > most {
				t.Errorf("%d runs on disk, more than %d", rows, most)
			}
		}
		if diff := cmp.Diff(stats[0], stats[1]); diff != "" {
			t.Errorf("stats (-memory +disk):\n%s", diff)
		}
		var manifests [2]*load.Manifest
		for i, l := range lakes {
			m, err := l.Manifest(t.Context(), schemas.PullRequestTasks, "acme")
			if err != nil {
				t.Fatal(err)
			}
			manifests[i] = m
		}
		if diff := cmp.Diff(manifests[0], manifests[1]); diff != "" {
			t.Errorf("objects (-memory +disk):\n%s", diff)
		}
	})
}

// TestStageGivesBack leaves nothing in the folder of temporary files, and says where there is no room for any.
func TestStageGivesBack(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := load.NewStage(schemas.PullRequestTasks)
	if err != nil {
		t.Fatal(err)
	}
	s.Limit(1, 3)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		if err := s.Add(rows(schemas.PullRequestTasks, stageTask(random))); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := s.Runs(); n == 0 {
		t.Error("nothing waits on disk")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	if err := s.Add(rows(schemas.PullRequestTasks, stageTask(random))); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("without a folder: %v", err)
	}
}

package load_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// noon is when the first commit of a test happens.
var noon = time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC)

func openDirectory(t testing.TB) *load.Directory {
	t.Helper()
	d, err := load.OpenDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eachStore runs a test on a directory and on S3. Each call of open gives an empty store.
func eachStore(t *testing.T, test func(t *testing.T, open func(testing.TB) load.Store)) {
	t.Run("directory", func(t *testing.T) { test(t, func(t testing.TB) load.Store { return openDirectory(t) }) })
	t.Run("S3", func(t *testing.T) { test(t, func(t testing.TB) load.Store { return loadtest.NewBucket(t).Open(t) }) })
}

func newLake(t testing.TB) *load.Lake { return load.New(openDirectory(t), nil) }

// rows makes the rows of a commit.
func rows[R any](table *schemas.Table, list ...R) schemas.Rows {
	r := schemas.Rows{Table: table}
	for i := range list {
		r.Rows = append(r.Rows, &list[i])
	}
	return r
}

// commit commits rows of the workspace acme, minute by minute.
func commit(t testing.TB, l *load.Lake, minute int, r schemas.Rows) load.Stats {
	t.Helper()
	stats, err := l.Commit(t.Context(), load.Commit{
		Workspace: "acme", Rows: r, At: at(minute), Cursor: json.RawMessage(fmt.Sprint(minute)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

// scan reads all rows of a table of the workspace acme.
func scan[R any](t testing.TB, l *load.Lake, table *schemas.Table, o load.ScanOptions) []R {
	t.Helper()
	var list []R
	for row, err := range load.Scan[R](t.Context(), l, table, "acme", o) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, *row)
	}
	return list
}

func manifest(t testing.TB, l *load.Lake, table *schemas.Table) *load.Manifest {
	t.Helper()
	m, err := l.Manifest(t.Context(), table, "acme")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// member is a row whose content is one word.
func member(uuid, name string) schemas.Member {
	return schemas.Member{UserUUID: uuid, DisplayName: name, UserType: schemas.UserTypeUser}
}

// task is a row of the partition month, of pull request pr.
func task(pr, id int64, state string, month time.Month) schemas.PullRequestTask {
	created := time.Date(2026, month, 3, 0, 0, 0, 0, time.UTC)
	return schemas.PullRequestTask{
		RepositoryUUID: "{web}", PullRequestID: pr, ID: id, State: state, Creator: schemas.Account{Type: schemas.UserTypeUser},
		CreatedOn: created, PullRequestCreatedOn: created,
	}
}

// brief says of members who they are, what they are called, since when, and whether they are gone.
func brief(members []schemas.Member) []string {
	var list []string
	for _, m := range members {
		s := fmt.Sprintf("%s %s @%d", m.UserUUID, m.DisplayName, minutes(m.SyncedAt))
		if !m.DeletedAt.IsZero() {
			s += fmt.Sprintf(" gone@%d", minutes(m.DeletedAt))
		}
		list = append(list, s)
	}
	return list
}

func briefTasks(tasks []schemas.PullRequestTask) []string {
	var list []string
	for _, m := range tasks {
		s := fmt.Sprintf("%s %d/%d %s @%d", schemas.Month(m.PullRequestCreatedOn), m.PullRequestID, m.ID, m.State, minutes(m.SyncedAt))
		if !m.DeletedAt.IsZero() {
			s += fmt.Sprintf(" gone@%d", minutes(m.DeletedAt))
		}
		list = append(list, s)
	}
	return list
}

func minutes(t time.Time) int { return int(t.Sub(noon) / time.Minute) }

func sorted[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return list
}

func itoa(n int) string { return fmt.Sprint(n) }

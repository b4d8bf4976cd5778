package load_test

import (
	"testing"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
)

// TestSorted sorts more rows than fit in memory: each comes back once, in order, the last of those that are equal.
func TestSorted(t *testing.T) {
	t.Parallel()
	sorted, err := load.NewSorted[schemas.PullRequestTask](schemas.PullRequestTasks, "created_on", "task_id")
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	const n = 120_000
	at := func(i int) time.Time { return time.UnixMilli(int64(1_790_000_000_000 + i/3*1000)).UTC() }
	for _, state := range []string{"UNRESOLVED", "RESOLVED"} {
		var rows []any
		for k := range n {
			i := k * 7919 % n
			rows = append(rows, &schemas.PullRequestTask{ID: int64(i), CreatedOn: at(i), State: state, Creator: schemas.Account{DisplayName: "somebody with a name of some length"}})
		}
		if err := sorted.Add(rows); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	for row, err := range sorted.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.ID != int64(i) || !row.CreatedOn.Equal(at(i)) || row.State != "RESOLVED" || row.Creator.DisplayName == "" || row.CommentID != nil {
			t.Fatalf("row %d is %+v", i, row)
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows; want %d", i, n)
	}
	if _, err := load.NewSorted[schemas.PullRequestTask](schemas.PullRequestTasks, "nothing"); err == nil {
		t.Error("it sorts by a column that is not there")
	}
}

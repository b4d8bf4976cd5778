package schemas

// Tables lists every table, in the order in which the documentation shows them.
func Tables() []*Table {
	return []*Table{
		Workspaces, Members, Projects, Repositories,
		PullRequests, PullRequestParticipants, PullRequestActivity, PullRequestTasks, StoryLinks,
		UsageEvents, FeatureUsageDaily,
	}
}

// Rows collects rows on their way to one table.
type Rows struct {
	Table *Table
	Rows  []any // pointers to the table's struct

	// Complete lists what Rows holds completely: everything under the given values of the first
	// key columns, so that what the lake has there and Rows has not is gone. No values: the whole
	// table of the workspace.
	Complete []Scope
}

// A Scope is a part of a table: the rows whose first key columns have these values.
type Scope struct {
	Key   []any  // values of the first key columns: string or int64
	Month string // the partition that holds the scope, for a partitioned table
}

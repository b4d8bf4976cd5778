package schemas

import (
	"cmp"
	"slices"
)

// declared holds the tables that the package's files declare: see table.
var declared []*Table

// Tables lists every table by name: first those that show Bitbucket as it is, then those that are
// computed from them.
func Tables() []*Table {
	tables := slices.Clone(declared)
	slices.SortFunc(tables, func(a, b *Table) int {
		if a.Derived != b.Derived {
			if a.Derived {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return tables
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

package status

import (
	"context"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
)

// Table is what the lake has of one table of a workspace.
type Table struct {
	Table    string    `json:"table"`
	Rows     int64     `json:"rows"` // that are not deleted
	Deleted  int64     `json:"deleted"`
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	SyncedAt time.Time `json:"synced_at,omitzero"` // last change of a row
	Names    []string  `json:"names,omitempty"`    // forms that names of people have: plain, or h1: and a key's id
	Problem  string    `json:"problem,omitempty"`  // why nothing can be said of the table
}

// Tables reads what has landed of each table of a workspace.
func Tables(ctx context.Context, lake *load.Lake, workspace string) []Table {
	var all []Table
	for _, t := range schemas.Tables() {
		m, err := lake.Manifest(ctx, t, workspace)
		if err != nil {
			all = append(all, Table{Table: t.Name, Problem: err.Error()})
			continue
		}
		l := Table{Table: t.Name, Objects: len(m.Objects), Names: m.Names()}
		for _, o := range m.Objects {
			l.Rows += o.Rows - o.Deleted
			l.Deleted += o.Deleted
			l.Bytes += o.Bytes
			if o.SyncedAt.After(l.SyncedAt) {
				l.SyncedAt = o.SyncedAt
			}
		}
		all = append(all, l)
	}
	return all
}

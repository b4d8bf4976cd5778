package status

import (
	"fmt"
	"strings"

	"bucketlake/load"
)

// Catalogue is what a run did in the catalogue. What went wrong there is no fault of the run: all has landed, and is there for
// whoever reads the files; the next run registers it.
type Catalogue struct {
	Database   string   `json:"database"`
	Tables     int      `json:"tables"`     // that were made, or changed
	Partitions int      `json:"partitions"` // that were added, changed or removed
	Notes      []string `json:"notes,omitempty"`
	Problem    string   `json:"problem,omitempty"` // why not all is registered, and what to do
}

// Add counts registrations.
func (c *Catalogue) Add(all []load.Registration) {
	for _, r := range all {
		if r.Created || r.Updated {
			c.Tables++
		}
		c.Partitions += len(r.Added) + len(r.Changed) + len(r.Removed)
		c.Notes = append(c.Notes, r.Notes...)
	}
}

// Text says what was done; nothing where there was nothing to do.
func (c *Catalogue) Text() string {
	var all []string
	if c.Tables+c.Partitions > 0 {
		all = append(all, fmt.Sprintf("In the Glue database %s, %d tables and %d partitions were registered.", c.Database, c.Tables, c.Partitions))
	}
	for _, note := range c.Notes {
		all = append(all, note+".")
	}
	if c.Problem != "" {
		all = append(all, "Not everything is registered in the Glue database "+c.Database+"; all has landed, and the next run tries again: "+c.Problem)
	}
	return strings.Join(all, "\n")
}

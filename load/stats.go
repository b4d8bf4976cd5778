package load

// Stats counts what a commit did.
type Stats struct {
	Rows       int   // in the batch; of several with one key only the last one is counted below
	Inserted   int   // new
	Updated    int   // changed, or back after they were deleted
	Unchanged  int   // said what the lake said
	Tombstoned int   // in the lake and no longer at the source: got a deleted_at
	Removed    int   // the same, of a derived table: dropped
	Objects    int   // objects written, the manifest aside
	Bytes      int64 // their size
}

// Add adds what another commit did.
func (s *Stats) Add(o Stats) {
	s.Rows += o.Rows
	s.Inserted += o.Inserted
	s.Updated += o.Updated
	s.Unchanged += o.Unchanged
	s.Tombstoned += o.Tombstoned
	s.Removed += o.Removed
	s.Objects += o.Objects
	s.Bytes += o.Bytes
}

// Changed returns how many rows of the lake the commits changed.
func (s *Stats) Changed() int { return s.Inserted + s.Updated + s.Tombstoned + s.Removed }

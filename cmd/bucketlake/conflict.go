package main

import (
	"context"
	"errors"

	"bucketlake/extract"
	"bucketlake/load"
)

// mostConflicts is how often something begins again with what another writer has committed, before that is left to the
// next run.
const mostConflicts = 5

// besideOthers does something again where another writer was there first: what that has committed stands, and what is done
// begins with it.
func besideOthers(ctx context.Context, do func() error) error {
	for n := 0; ; n++ {
		err := do()
		if !errors.Is(err, load.ErrConflict) || n == mostConflicts || ctx.Err() != nil {
			return err
		}
	}
}

// streamBesideOthers reads a stream, as stream does; after a conflict, from the other writer's cursor on.
func (s *syncer) streamBesideOthers(ctx context.Context, st extract.Stream, purpose extract.Purpose, full bool) streamRun {
	var runs []streamRun
	_ = besideOthers(ctx, func() error {
		if runs != nil {
			s.log.InfoContext(ctx, "another writer was there first: going on from what stands", "workspace", s.workspace, "stream", st.Name)
			s.known, s.pulls = nil, nil // it may have changed them
		}
		runs = merge(runs, s.stream(ctx, st, purpose, full))
		return runs[0].Err
	})
	return runs[0]
}

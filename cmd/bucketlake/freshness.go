package main

import (
	"context"
	"fmt"
	"time"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/schemas"
)

// freshness brings the table up to date that tells how far each stream has come.
func (s *syncer) freshness(ctx context.Context, at time.Time) []streamRun {
	run := streamRun{Stream: schemas.FreshnessTable.Name}
	start := time.Now()
	err := besideOthers(ctx, func() error {
		rows, reached, err := s.standings(ctx)
		if err != nil {
			return err
		}
		ctx, cancel := outlive(ctx)
		defer cancel()
		for stream, standing := range reached {
			if err := s.stands(ctx, stream, standing); err != nil {
				s.log.WarnContext(ctx, "status will not show how far this stream is", "stream", stream, "error", err)
			}
		}
		run.Landed, err = s.lake.Commit(ctx, load.Commit{
			Workspace: s.workspace, At: at,
			Rows: schemas.Rows{Table: schemas.FreshnessTable, Rows: rows, Complete: []schemas.Scope{{}}},
		})
		return err
	})
	if err != nil {
		run.Err = fmt.Errorf("%w: telling how fresh the tables are: %w", errLake, err)
	}
	run.Elapsed = time.Since(start)
	return []streamRun{run}
}

// standings returns a row for each stream, and for each repository that it reads; and how far streams have come
// that stood elsewhere before.
func (s *syncer) standings(ctx context.Context) (rows []any, reached map[string]state.Standing, err error) {
	reached = map[string]state.Standing{}
	repositories, err := collect[schemas.Repository](ctx, s.lake, schemas.Repositories, s.workspace)
	if err != nil {
		return nil, nil, err
	}
	states, err := s.states(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, st := range s.streams {
		table, _ := schemas.Lookup(st.Name)
		m, err := s.lake.Manifest(ctx, table, s.workspace)
		if err != nil {
			return nil, nil, err
		}
		standings, err := st.Standing(m.Cursor)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", st.Name, err)
		}
		known := states[st.Name]
		known.Standing = state.Standing{} // as it is now
		whole := wholeStream(st.Name, known)
		rows = append(rows, whole)
		byRepository := map[string]extract.Standing{}
		for _, standing := range standings {
			byRepository[standing.Repository] = standing
		}
		var far state.Standing
		for _, r := range repositories {
			if len(standings) == 0 || !r.DeletedAt.IsZero() {
				continue
			}
			row := inRepository(st.Name, r, byRepository)
			rows = append(rows, row)
			reach(&far, row)
		}
		if far.Unread > 0 && whole.State == status.StreamCurrent {
			whole.State = status.StreamBackfill
		}
		if far != states[st.Name].Standing {
			reached[st.Name] = far
		}
	}
	return rows, reached, nil
}

// reach adds a repository to how far a stream has come.
func reach(far *state.Standing, row *schemas.Freshness) {
	if newest := row.NewestAt.UTC().Truncate(time.Millisecond); newest.After(far.Newest) {
		far.Newest = newest
	}
	if row.State != status.StreamBackfill {
		return
	}
	far.Unread++
	if back := row.ReadBackTo.UTC().Truncate(time.Millisecond); back.After(far.ReadBackTo) {
		far.ReadBackTo = back
	}
}

func wholeStream(stream string, st state.StreamState) *schemas.Freshness {
	f := &schemas.Freshness{Stream: stream, State: status.StateOf(&st), AskedAt: st.LastSuccess, Problem: st.Problem}
	if st.Disabled != "" {
		f.Problem = st.Disabled
	}
	return f
}

func inRepository(stream string, r *schemas.Repository, known map[string]extract.Standing) *schemas.Freshness {
	f := &schemas.Freshness{Stream: stream, RepositoryUUID: r.UUID, Repository: r.Slug, State: status.StreamWaiting}
	if st, ok := known[r.UUID]; ok {
		f.State, f.AskedAt, f.NewestAt, f.Refusals = status.StreamCurrent, st.Asked, st.Mark, int64(st.Refused)
		switch {
		case st.Refused > 0:
			f.State, f.AskedAt = status.StreamRefused, time.Time{}
		case st.More:
			f.State, f.ReadBackTo = status.StreamBackfill, st.Past
		}
	}
	return f
}

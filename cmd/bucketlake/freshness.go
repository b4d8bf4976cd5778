package main

import (
	"context"
	"fmt"
	"time"

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
		rows, err := s.standings(ctx)
		if err != nil {
			return err
		}
		ctx, cancel := outlive(ctx)
		defer cancel()
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

// standings returns a row for each stream, and for each repository that it reads.
func (s *syncer) standings(ctx context.Context) (rows []any, err error) {
	repositories, err := collect[schemas.Repository](ctx, s.lake, schemas.Repositories, s.workspace)
	if err != nil {
		return nil, err
	}
	states, err := s.states(ctx)
	if err != nil {
		return nil, err
	}
	for _, st := range s.streams {
		table, _ := schemas.Lookup(st.Name)
		m, err := s.lake.Manifest(ctx, table, s.workspace)
		if err != nil {
			return nil, err
		}
		standings, err := st.Standing(m.Cursor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", st.Name, err)
		}
		whole := wholeStream(st.Name, states[st.Name])
		rows = append(rows, whole)
		known := map[string]extract.Standing{}
		for _, standing := range standings {
			known[standing.Repository] = standing
		}
		for _, r := range repositories {
			if len(standings) == 0 || !r.DeletedAt.IsZero() {
				continue
			}
			row := inRepository(st.Name, r, known)
			if rows = append(rows, row); row.State == "backfill" && whole.State == "current" {
				whole.State = "backfill"
			}
		}
	}
	return rows, nil
}

func wholeStream(stream string, st state.StreamState) *schemas.Freshness {
	f := &schemas.Freshness{Stream: stream, State: "current", AskedAt: st.LastSuccess, Problem: st.Problem}
	switch {
	case st.Disabled != "":
		f.State, f.Problem = "disabled", st.Disabled
	case st.Problem != "":
		f.State = "refused"
	case st.LastSuccess.IsZero():
		f.State = "waiting"
	}
	return f
}

func inRepository(stream string, r *schemas.Repository, known map[string]extract.Standing) *schemas.Freshness {
	f := &schemas.Freshness{Stream: stream, RepositoryUUID: r.UUID, Repository: r.Slug, State: "waiting"}
	if st, ok := known[r.UUID]; ok {
		f.State, f.AskedAt, f.NewestAt, f.Refusals = "current", st.Asked, st.Mark, int64(st.Refused)
		switch {
		case st.Refused > 0:
			f.State, f.AskedAt = "refused", time.Time{}
		case st.More:
			f.State, f.ReadBackTo = "backfill", st.Past
		}
	}
	return f
}

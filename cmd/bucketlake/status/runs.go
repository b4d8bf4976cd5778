package status

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bucketlake/extract/state"
)

// Run is a run that has ended: as sync --json prints it, as a line of RUN_SUMMARY_FILE tells it, as the state database
// keeps it, and as it is shown.
type Run struct {
	ID        string      `json:"id"`
	Workspace string      `json:"workspace"`
	Started   time.Time   `json:"started"`
	Ended     time.Time   `json:"ended"`
	Outcome   string      `json:"outcome"`
	Complete  bool        `json:"complete"`
	Error     string      `json:"error,omitempty"`
	Problem   string      `json:"problem,omitempty"` // why it is not complete
	Requests  int         `json:"requests"`
	Rows      int         `json:"rows"`
	Changed   int         `json:"changed"`
	Bytes     int64       `json:"bytes"`
	Seconds   float64     `json:"seconds"`
	Version   string      `json:"version"`
	Streams   []RunStream `json:"streams"`
	Catalogue *Catalogue  `json:"catalogue,omitempty"` // null: nothing is registered
}

// RunStream is what became of a stream, or of a table that is computed, in a run.
type RunStream struct {
	Stream   string   `json:"stream"`
	Complete bool     `json:"complete"`
	Requests int      `json:"requests"`
	Rows     int      `json:"rows"`
	Changed  int      `json:"changed"`
	Bytes    int64    `json:"bytes"`
	Seconds  float64  `json:"seconds"`
	Disabled string   `json:"disabled,omitempty"` // why it is not read
	Error    string   `json:"error,omitempty"`
	Remedy   string   `json:"remedy,omitempty"` // what to do about the error
	Behind   []string `json:"behind,omitempty"`
}

// The outcomes of a run.
const (
	Complete    = "complete"
	Partial     = "partial"     // something could not be read; the rest has landed
	Interrupted = "interrupted" // by the hour, or by a stop: the next run goes on from there
	Failed      = "failed"      // somebody has to do something, or Bitbucket was out of reach
)

// RunOf reads what is kept of a run. Of one of old there is no more than when it was, and how it ended.
func RunOf(r *state.Run) (*Run, error) {
	if r.Summary == "" {
		return &Run{
			ID: r.ID, Started: r.Started, Ended: r.Ended, Outcome: r.Outcome, Complete: r.Problem == "", Problem: r.Problem, Requests: r.Requests,
			Seconds: r.Ended.Sub(r.Started).Seconds(), Streams: []RunStream{},
		}, nil
	}
	var run Run
	if err := json.Unmarshal([]byte(r.Summary), &run); err != nil {
		return nil, fmt.Errorf("reading the summary of run %s: %w", r.ID, err)
	}
	return &run, nil
}

func (r *Reader) readRuns(ctx context.Context, s *Connection) error {
	last, err := r.DB.LastRuns(ctx, s.WorkspaceUUID, max(1, r.Runs))
	if err != nil {
		return err
	}
	for i := range last {
		run, err := RunOf(&last[i])
		if err != nil {
			return err
		}
		if i == 0 {
			s.LastRun = run
		}
		if i < r.Runs {
			s.Runs = append(s.Runs, *run)
		}
	}
	complete, err := r.DB.LastRun(ctx, s.WorkspaceUUID, true)
	if err != nil {
		return err
	}
	if complete != nil {
		s.LastComplete = &complete.Ended
	}
	under, err := r.DB.Progress(ctx, s.WorkspaceUUID)
	if err != nil {
		return err
	}
	if under != nil {
		s.Running = &Running{under.Started, under.Stream, under.Done, under.Total, under.Requests}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// outcome says how runs ended, by the exit code.
func outcome(runs []workspaceRun) error {
	var failed, partial []error
	for _, run := range runs {
		if errors.Is(run.Err, context.Canceled) {
			partial = append(partial, fmt.Errorf("stopped before workspace %s was synced: run bucketlake sync again to go on", run.Workspace))
			continue
		}
		if run.Err != nil {
			failed = append(failed, run.Err)
			continue
		}
		problems := run.problems()
		if run.hopeless() {
			failed = append(failed, problems...)
		} else {
			partial = append(partial, problems...)
		}
	}
	switch {
	case len(failed) > 0:
		return errors.Join(append(failed, partial...)...)
	case len(partial) > 0:
		return &exitError{exitPartial, errors.Join(partial...)}
	}
	return nil
}

// ended says how a run ended.
func (run *workspaceRun) ended() string {
	var partial *exitError
	switch err := outcome([]workspaceRun{*run}); {
	case err == nil:
		return status.Complete
	case !errors.As(err, &partial):
		return status.Failed
	case run.Err != nil: // stopped before it began
		return status.Interrupted
	}
	for _, r := range run.Streams {
		if len(r.Behind) > 0 || r.Err != nil && !stopped(r.Err) {
			return status.Partial
		}
	}
	return status.Interrupted
}

// failure is why a run failed; nil where it did not.
func (run *workspaceRun) failure() error {
	if run.ended() != status.Failed {
		return nil
	}
	return outcome([]workspaceRun{*run})
}

// hopeless reports whether a run needs somebody to do something, and not just another run: what
// fails would fail again, or nothing could be read at all.
func (run *workspaceRun) hopeless() bool {
	asked, answered := false, false
	for _, r := range run.Streams {
		for _, terminal := range []error{errLake, oauth.ErrRevoked, oauth.ErrDisconnected, oauth.ErrKeyset, oauth.ErrConsumer} {
			if errors.Is(r.Err, terminal) && !errors.Is(r.Err, context.Canceled) {
				return true
			}
		}
		asked = asked || r.Err != nil && !stopped(r.Err)
		answered = answered || r.Landed.Rows > 0 || r.Err == nil && r.Requests > 0 && len(r.Behind) == 0
	}
	return asked && !answered
}

// stopped reports whether an error is about this hour, or this process, and not about Bitbucket.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, state.ErrBudgetSpent) || bitbucket.IsStatus(err, http.StatusTooManyRequests)
}

// problems says what is not complete, with what to do.
func (run *workspaceRun) problems() []error {
	var all []error
	for _, r := range run.Streams {
		if errors.Is(r.Err, context.Canceled) {
			return append(all, fmt.Errorf("stopped in %s of workspace %s; what was read has landed: run bucketlake sync again to go on", r.Stream, run.Workspace))
		}
		if r.Err != nil {
			all = append(all, fmt.Errorf("syncing %s: %s: %w%s", run.Workspace, r.Stream, r.Err, hint(r.Err)))
		} else if len(r.Behind) > 0 {
			all = append(all, fmt.Errorf("syncing %s: %s: left %d behind, the first: %w", run.Workspace, r.Stream, len(r.Behind), r.Behind[0]))
		}
	}
	return all
}

// hint says what to do about an error that ended a stream early.
func hint(err error) string {
	switch {
	case bitbucket.IsStatus(err, http.StatusTooManyRequests):
		return ": Bitbucket's hourly limit is spent: run bucketlake sync again in an hour, or let bucketlake worker do it"
	case errors.Is(err, state.ErrBudgetSpent):
		return ": run bucketlake sync again then, or let bucketlake worker do it"
	case unreachable(err):
		return ": Bitbucket can't be reached: check the network, and BITBUCKET_API_URL if it is set"
	}
	return ""
}

// unreachable reports whether no connection came about, or it broke.
func unreachable(err error) bool {
	var network *net.OpError
	return errors.As(err, &network)
}

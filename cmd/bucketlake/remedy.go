package main

import (
	"errors"
	"net/http"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
)

// remedy says in a sentence what somebody can do about what kept a stream from being complete; empty where it is.
func (r *streamRun) remedy() string {
	switch {
	case r.Err != nil:
		return remedy(r.Err)
	case len(r.Behind) > 0:
		return remedy(r.Behind[0])
	}
	return ""
}

func remedy(err error) string {
	switch {
	case errors.Is(err, state.ErrBudgetSpent), bitbucket.IsStatus(err, http.StatusTooManyRequests):
		return "Nothing has to be done: the worker goes on when requests come back. More workspaces than one share an hour unless each has a consumer of its own."
	case errors.Is(err, oauth.ErrRevoked), errors.Is(err, oauth.ErrDisconnected), bitbucket.IsStatus(err, http.StatusUnauthorized):
		return "Connect the workspace again: reading goes on where it stopped."
	case errors.Is(err, oauth.ErrKeyset), errors.Is(err, oauth.ErrConsumer):
		return "Mend the settings, as the message says, and start the worker again."
	case errors.Is(err, load.ErrConflict):
		return "Make sure that no other bucketlake writes to this lake; the next run merges again what this one read."
	case errors.Is(err, errLake):
		return "Look whether the lake can be written: bucketlake check tries that. The next run lands what this one could not."
	case unreachable(err):
		return "Look whether this machine reaches Bitbucket, and at BITBUCKET_API_URL if it is set. The next run tries again."
	case bitbucket.IsStatus(err, http.StatusForbidden):
		return "Give the account that connected the workspace access to it in Bitbucket. Until then the rest is read, and this is asked again after ever longer pauses."
	case bitbucket.IsStatus(err, http.StatusNotFound, http.StatusGone):
		return "Look in Bitbucket whether it is still there, and whether the account that connected the workspace may see it. The rest is read."
	}
	var answer *bitbucket.Error
	if errors.As(err, &answer) && answer.Status >= http.StatusInternalServerError {
		return "Bitbucket failed: the next run asks again, or press Sync now. If that lasts, Bitbucket's status page may say why."
	}
	return "The next run tries again. If that does not help, bucketlake check says what is in the way, and the worker's log has the rest."
}

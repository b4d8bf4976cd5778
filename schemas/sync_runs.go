package schemas

import "time"

// SyncRun is one run over all streams of a workspace.
type SyncRun struct {
	RunID        string    `col:"run_id,key" doc:"names the run; ids sort by time" from:"(the run)"`
	StartedAt    time.Time `col:"started_at" doc:"its beginning" from:"(the run)"`
	EndedAt      time.Time `col:"ended_at" doc:"its end" from:"(the run)"`
	Outcome      string    `col:"outcome,repeats" doc:"complete; partial: something could not be read; interrupted: by the hour or a stop, and the next run goes on; failed: somebody has to do something, or Bitbucket was out of reach" from:"(the run)"`
	Requests     int64     `col:"requests" doc:"requests to Bitbucket" from:"(the run)"`
	RowsRead     int64     `col:"rows_read" doc:"rows that were read, or computed, also those that said nothing new" from:"(the run)"`
	RowsChanged  int64     `col:"rows_changed" doc:"rows of the lake that it changed" from:"(the run)"`
	BytesWritten int64     `col:"bytes_written" doc:"size of the objects that it wrote" from:"(the run)"`
	Incomplete   int64     `col:"streams_incomplete" doc:"streams that did not bring everything" from:"(the run)"`
	Problem      string    `col:"problem,null" doc:"why it is not complete; null where it is" from:"(the run)"`
	Streams      string    `col:"streams" doc:"what became of each stream, as JSON: a list of objects with stream, complete, requests, rows, changed, bytes, seconds, and where there is one, error, behind or disabled" from:"(the run)"`
	Version      string    `col:"version,repeats" doc:"of bucketlake" from:"(the run)"`
	Synced
}

// SyncRuns is the table of SyncRun.
var SyncRuns = derived(table[SyncRun]("sync_runs", 1, "started_at",
	"One run over all streams of the workspace. A run is landed at its end, or by the next one where the lake could not be written.")).
	from("(what the runs say of themselves)")

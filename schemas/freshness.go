package schemas

import "time"

// Freshness is how far one stream has come in one repository.
type Freshness struct {
	Stream         string    `col:"stream,key,repeats" doc:"the stream, which is the name of the table that it feeds" from:"(the stream's name)"`
	RepositoryUUID string    `col:"repository_uuid,key,null" doc:"the repository; null for the stream as a whole" from:"repositories.repository_uuid"`
	Repository     string    `col:"repository,null,repeats" doc:"the repository's slug, as it is now" from:"repositories.slug"`
	State          string    `col:"state,repeats" doc:"current: what was new at asked_at has landed; backfill: and older rows are still to come; waiting: never asked; refused: Bitbucket answers that the account may not, or fails; disabled: the grant lacks a permission" from:"(the stream's position)"`
	AskedAt        time.Time `col:"asked_at,null" doc:"the beginning of the run that last read all that was new; null where it never was, and where nothing has to be asked: commits follow branches, and pipeline_steps pipelines" from:"(the stream's position)"`
	NewestAt       time.Time `col:"newest_at,null" doc:"time of the newest row by Bitbucket's clock, where the stream goes by time" from:"(the stream's position)"`
	ReadBackTo     time.Time `col:"read_back_to,null" doc:"how far back the past has been read; null where all of it has" from:"(the stream's position)"`
	Refusals       int64     `col:"refusals,repeats" doc:"times in a row that it was refused; it is asked again after ever longer pauses" from:"(the stream's position)"`
	Problem        string    `col:"problem,null,repeats" doc:"of the stream as a whole: why its last reading was not complete" from:"(the last run)"`
	Synced
}

// FreshnessTable is the table of Freshness.
var FreshnessTable = derived(table[Freshness]("freshness", 1, "",
	"How far one stream has come in one repository, and in the workspace as a whole. A repository in which nothing seems to happen is asked once in QUIET_EVERY; whether it was, is said here.")).
	from("repositories")

package schemas

import "time"

// Pipeline is one run of a pipeline.
type Pipeline struct {
	RepositoryUUID  string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	UUID            string    `col:"pipeline_uuid,key" doc:"the run's uuid, in braces"`
	BuildNumber     int64     `col:"build_number" doc:"its number in the repository"`
	Creator         Account   `col:"creator,null" doc:"who caused it, null for a schedule"`
	Trigger         string    `col:"trigger_name,null,repeats" doc:"PUSH, MANUAL, SCHEDULE or another"`
	TargetType      string    `col:"target_type,null,repeats" doc:"pipeline_ref_target, pipeline_pullrequest_target or pipeline_commit_target"`
	RefType         string    `col:"ref_type,null,repeats" doc:"branch or tag"`
	RefName         string    `col:"ref_name,null,repeats" doc:"the branch or the tag; for a pull request, its source branch"`
	CommitHash      string    `col:"commit_hash,null" doc:"the commit that it ran on"`
	PullRequestID   *int64    `col:"pull_request_id" doc:"the pull request that it ran for"`
	State           string    `col:"state,null,repeats" doc:"PENDING, IN_PROGRESS or COMPLETED"`
	Result          string    `col:"result_name,null,repeats" doc:"SUCCESSFUL, FAILED, STOPPED, ERROR or EXPIRED; null while it has not ended"`
	StoppedBy       Account   `col:"stopped_by,null" doc:"who stopped it, null where nobody did"`
	CreatedOn       time.Time `col:"created_on" doc:"when it was caused"`
	CompletedOn     time.Time `col:"completed_on,null" doc:"when it ended; null while it has not"`
	DurationSeconds *int64    `col:"duration_seconds" doc:"how long it took"`
	BuildSeconds    *int64    `col:"build_seconds" doc:"build time that was charged for it"`
	Synced
}

// Pipelines is the table of Pipeline.
var Pipelines = table[Pipeline]("pipelines", 1, "created_on",
	"One run of a pipeline. Month: when it was caused.")

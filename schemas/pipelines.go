package schemas

import "time"

// Pipeline is one run of a pipeline.
type Pipeline struct {
	RepositoryUUID  string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	UUID            string    `col:"pipeline_uuid,key" doc:"the run's uuid, in braces" from:"uuid"`
	BuildNumber     int64     `col:"build_number" doc:"its number in the repository" from:"build_number"`
	Creator         Account   `col:"creator,null" doc:"who caused it, null for a schedule" from:"creator"`
	Trigger         string    `col:"trigger_name,null,repeats" doc:"PUSH, MANUAL, SCHEDULE or another" from:"trigger.name"`
	TargetType      string    `col:"target_type,null,repeats" doc:"pipeline_ref_target, pipeline_pullrequest_target or pipeline_commit_target" from:"target.type"`
	RefType         string    `col:"ref_type,null,repeats" doc:"branch or tag" from:"target.ref_type"`
	RefName         string    `col:"ref_name,null,repeats" doc:"the branch or the tag; for a pull request, its source branch" from:"target.ref_name"`
	CommitHash      string    `col:"commit_hash,null" doc:"the commit that it ran on" from:"target.commit.hash"`
	PullRequestID   *int64    `col:"pull_request_id" doc:"the pull request that it ran for" from:"target.pullrequest.id"`
	State           string    `col:"state,null,repeats" doc:"PENDING, IN_PROGRESS or COMPLETED" from:"state.name"`
	Result          string    `col:"result_name,null,repeats" doc:"SUCCESSFUL, FAILED, STOPPED, ERROR or EXPIRED; null while it has not ended" from:"state.result.name"`
	StoppedBy       Account   `col:"stopped_by,null" doc:"who stopped it, null where nobody did" from:"state.result.terminator"`
	CreatedOn       time.Time `col:"created_on" doc:"when it was caused" from:"created_on"`
	CompletedOn     time.Time `col:"completed_on,null" doc:"when it ended; null while it has not" from:"completed_on"`
	DurationSeconds *int64    `col:"duration_seconds" doc:"how long it took" from:"duration_in_seconds"`
	BuildSeconds    *int64    `col:"build_seconds" doc:"build time that was charged for it" from:"build_seconds_used"`
	Synced
}

// Pipelines is the table of Pipeline.
var Pipelines = table[Pipeline]("pipelines", 1, "created_on",
	"One run of a pipeline. Month: when it was caused.").
	from("/repositories/{workspace}/{repo_slug}/pipelines")

package schemas

import "time"

// PipelineStep is one step of a pipeline.
type PipelineStep struct {
	RepositoryUUID    string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	PipelineUUID      string    `col:"pipeline_uuid,key" doc:"the pipeline" from:"(the pipeline that is asked)"`
	UUID              string    `col:"step_uuid,key" doc:"the step's uuid, in braces" from:"uuid"`
	Name              string    `col:"name,null,repeats" doc:"its name" from:"name"`
	RunNumber         *int64    `col:"run_number" doc:"1, and more where it was run again" from:"run_number"`
	Trigger           string    `col:"trigger_name,null,repeats" doc:"AUTOMATIC or MANUAL" from:"trigger.type"`
	State             string    `col:"state,null,repeats" doc:"COMPLETED, or what it was when the pipeline ended" from:"state.name"`
	Result            string    `col:"result_name,null,repeats" doc:"SUCCESSFUL, FAILED, STOPPED and others" from:"state.result.name"`
	StartedOn         time.Time `col:"started_on,null" doc:"when it began; null where it did not run" from:"started_on"`
	CompletedOn       time.Time `col:"completed_on,null" doc:"when it ended" from:"completed_on"`
	DurationSeconds   *int64    `col:"duration_seconds" doc:"how long it took" from:"duration_in_seconds"`
	BuildSeconds      *int64    `col:"build_seconds" doc:"build time that was charged for it" from:"build_seconds_used"`
	PipelineCreatedOn time.Time `col:"pipeline_created_on" doc:"when the pipeline was caused" from:"(created_on of the pipeline)"`
	Synced
}

// PipelineSteps is the table of PipelineStep.
var PipelineSteps = table[PipelineStep]("pipeline_steps", 1, "pipeline_created_on",
	"One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.").
	from("/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps")

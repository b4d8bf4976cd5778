package schemas

import "time"

// PipelineStep is one step of a pipeline.
type PipelineStep struct {
	RepositoryUUID    string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	PipelineUUID      string    `col:"pipeline_uuid,key" doc:"the pipeline"`
	UUID              string    `col:"step_uuid,key" doc:"the step's uuid, in braces"`
	Name              string    `col:"name,null,repeats" doc:"its name"`
	RunNumber         *int64    `col:"run_number" doc:"1, and more where it was run again"`
	Trigger           string    `col:"trigger_name,null,repeats" doc:"AUTOMATIC or MANUAL"`
	State             string    `col:"state,null,repeats" doc:"COMPLETED, or what it was when the pipeline ended"`
	Result            string    `col:"result_name,null,repeats" doc:"SUCCESSFUL, FAILED, STOPPED and others"`
	StartedOn         time.Time `col:"started_on,null" doc:"when it began; null where it did not run"`
	CompletedOn       time.Time `col:"completed_on,null" doc:"when it ended"`
	DurationSeconds   *int64    `col:"duration_seconds" doc:"how long it took"`
	BuildSeconds      *int64    `col:"build_seconds" doc:"build time that was charged for it"`
	PipelineCreatedOn time.Time `col:"pipeline_created_on" doc:"when the pipeline was caused"`
	Synced
}

// PipelineSteps is the table of PipelineStep.
var PipelineSteps = table[PipelineStep]("pipeline_steps", 1, "pipeline_created_on",
	"One step of a pipeline that has ended, where OPTIONAL_STREAMS asks for it; without its commands and its image, which may bear secrets. Month: when the pipeline was caused.")

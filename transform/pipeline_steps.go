package transform

import (
	"strings"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pipelineStep)

func (b *Batch) pipelineStep(parent bitbucket.Parent, s bitbucket.PipelineStep) {
	row := &schemas.PipelineStep{
		RepositoryUUID: parent.Repository, PipelineUUID: parent.Pipeline, UUID: s.UUID, Name: s.Name, RunNumber: s.RunNumber,
		StartedOn: s.StartedOn, CompletedOn: s.CompletedOn, DurationSeconds: s.DurationInSeconds, BuildSeconds: s.BuildSecondsUsed,
		PipelineCreatedOn: parent.CreatedOn,
	}
	if s.Trigger != nil {
		row.Trigger = strings.ToUpper(strings.TrimPrefix(s.Trigger.Type, "pipeline_step_trigger_"))
	}
	if s.State != nil {
		row.State = s.State.Name
		if s.State.Result != nil {
			row.Result = s.State.Result.Name
		}
	}
	b.add(schemas.PipelineSteps, row)
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).deployment)

func (b *Batch) deployment(parent bitbucket.Parent, d bitbucket.Deployment) {
	row := &schemas.Deployment{RepositoryUUID: parent.Repository, UUID: d.UUID, UpdatedOn: d.LastUpdateTime}
	if d.Environment != nil {
		row.EnvironmentUUID = d.Environment.UUID
	}
	if d.Step != nil {
		row.StepUUID = d.Step.UUID
	}
	if r := d.Release; r != nil {
		row.ReleaseName = r.Name
		if r.Commit != nil {
			row.CommitHash = r.Commit.Hash
		}
		if r.Pipeline != nil {
			row.PipelineUUID = r.Pipeline.UUID
		}
	}
	if s := d.State; s != nil {
		row.State, row.StartedOn, row.CompletedOn = s.Name, s.StartedOn, s.CompletedOn
		if s.Status != nil {
			row.Status = s.Status.Name
		}
	}
	b.add(schemas.Deployments, row)
}

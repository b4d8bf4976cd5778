package transform

import "bucketlake/schemas"

// ResolvedEvents is the event that a comment tells when the discussion that it began was resolved.
// That it was written, the activity tells.
func (p Places) ResolvedEvents(c *schemas.PullRequestComment) []*schemas.UsageEvent {
	if c.ResolvedOn.IsZero() || !c.DeletedAt.IsZero() {
		return nil
	}
	return p.events(PullRequestKey{c.RepositoryUUID, c.PullRequestID}, []deed{{
		at: c.ResolvedOn, by: c.Resolver, feature: schemas.FeatureComments, action: schemas.ActionResolved, object: "comment", id: decimal(c.ID),
	}})
}

// PipelineEvents are the events that a pipeline tells: who ran it and who stopped it. What a schedule
// runs, nobody runs.
func (p Places) PipelineEvents(r *schemas.Pipeline) []*schemas.UsageEvent {
	return append(
		p.made(r.RepositoryUUID, r.Synced, deed{
			at: r.CreatedOn, by: r.Creator, feature: schemas.FeaturePipelines, action: schemas.ActionRun, object: "pipeline", id: r.UUID,
		}),
		p.made(r.RepositoryUUID, r.Synced, deed{
			at: r.CompletedOn, by: r.StoppedBy, feature: schemas.FeaturePipelines, action: schemas.ActionStopped, object: "pipeline", id: r.UUID,
		})...)
}

// DeploymentEvents is the event that a deployment tells: Bitbucket does not say who deployed, so it
// is who ran the pipeline that did.
func (p Places) DeploymentEvents(d *schemas.Deployment) []*schemas.UsageEvent {
	return p.made(d.RepositoryUUID, d.Synced, deed{
		at: d.StartedOn, by: p.Runners[d.PipelineUUID], feature: schemas.FeatureDeployments, action: schemas.ActionDeployed, object: "deployment", id: d.UUID,
	})
}

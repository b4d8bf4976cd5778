package schemas

import "time"

// Deployment is one deployment to an environment.
type Deployment struct {
	RepositoryUUID  string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	UUID            string    `col:"deployment_uuid,key" doc:"the deployment's uuid, in braces" from:"uuid"`
	EnvironmentUUID string    `col:"environment_uuid,null,repeats" doc:"where to" from:"environment.uuid"`
	PipelineUUID    string    `col:"pipeline_uuid,null" doc:"the pipeline that deployed" from:"release.pipeline.uuid"`
	StepUUID        string    `col:"step_uuid,null" doc:"the step of it that deployed" from:"step.uuid"`
	ReleaseName     string    `col:"release_name,null" doc:"what was deployed, such as #186" from:"release.name"`
	CommitHash      string    `col:"commit_hash,null" doc:"the commit that was deployed" from:"release.commit.hash"`
	State           string    `col:"state,null,repeats" doc:"IN_PROGRESS, COMPLETED or UNDEPLOYED" from:"state.name"`
	Status          string    `col:"status_name,null,repeats" doc:"SUCCESSFUL, FAILED or STOPPED; null while it has not ended" from:"state.status.name"`
	StartedOn       time.Time `col:"started_on,null" doc:"when it began" from:"state.started_on"`
	CompletedOn     time.Time `col:"completed_on,null" doc:"when it ended; null while it has not" from:"state.completed_on"`
	UpdatedOn       time.Time `col:"updated_on,null" doc:"when it was last changed" from:"last_update_time"`
	Synced
}

// Deployments is the table of Deployment.
var Deployments = table[Deployment]("deployments", 1, "",
	"One deployment of a repository to an environment. Bitbucket does not name who deployed: that is who caused the pipeline.").
	from("/repositories/{workspace}/{repo_slug}/deployments")

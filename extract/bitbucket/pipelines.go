package bitbucket

import "time"

// Pipeline is one run of a pipeline. Its links lead to another host and are not decoded.
type Pipeline struct {
	UUID        string   `json:"uuid"`
	BuildNumber int64    `json:"build_number"`
	Creator     *Account `json:"creator"`
	Trigger     *struct {
		Name string `json:"name"` // PUSH, MANUAL, SCHEDULE, ...
		Type string `json:"type"` // pipeline_trigger_push, ...
	} `json:"trigger"`
	Target *struct {
		Type        string  `json:"type"`
		RefType     string  `json:"ref_type"`
		RefName     string  `json:"ref_name"`
		Source      string  `json:"source"` // branch, where the target is a pull request
		Commit      *Commit `json:"commit"`
		PullRequest *struct {
			ID int64 `json:"id"`
		} `json:"pullrequest"`
	} `json:"target"`
	State *struct {
		Name   string `json:"name"` // PENDING, IN_PROGRESS or COMPLETED
		Result *struct {
			Name       string   `json:"name"` // SUCCESSFUL, FAILED, STOPPED, ERROR, EXPIRED
			Terminator *Account `json:"terminator"`
		} `json:"result"`
	} `json:"state"`
	CreatedOn         time.Time `json:"created_on"`
	CompletedOn       time.Time `json:"completed_on"`
	DurationInSeconds *int64    `json:"duration_in_seconds"`
	BuildSecondsUsed  *int64    `json:"build_seconds_used"`
}

// Completed reports whether nothing changes any more.
func (p *Pipeline) Completed() bool { return p.State != nil && p.State.Name == "COMPLETED" }

// Deployment is one deployment by a step of a pipeline to an environment.
type Deployment struct {
	UUID        string `json:"uuid"`
	Environment *struct {
		UUID string `json:"uuid"`
	} `json:"environment"`
	Step *struct {
		UUID string `json:"uuid"`
	} `json:"step"`
	Release *struct {
		Name     string  `json:"name"`
		Commit   *Commit `json:"commit"`
		Pipeline *struct {
			UUID string `json:"uuid"`
		} `json:"pipeline"`
	} `json:"release"`
	State *struct {
		Name   string `json:"name"` // IN_PROGRESS, COMPLETED or UNDEPLOYED
		Status *struct {
			Name string `json:"name"` // SUCCESSFUL, FAILED or STOPPED
		} `json:"status"`
		StartedOn   time.Time `json:"started_on"`
		CompletedOn time.Time `json:"completed_on"`
	} `json:"state"`
	LastUpdateTime time.Time `json:"last_update_time"`
}

// PullRequestComment is a comment on a pull request, as its own list shows it. What it says is not
// read.
type PullRequestComment struct {
	ID        int64     `json:"id"`
	User      *Account  `json:"user"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
	Deleted   bool      `json:"deleted"`
	Inline    *struct {
		Path string `json:"path"`
	} `json:"inline"`
	Parent *struct {
		ID int64 `json:"id"`
	} `json:"parent"`
	Resolution *struct {
		User      *Account  `json:"user"`
		CreatedOn time.Time `json:"created_on"`
	} `json:"resolution"`
}

// PipelineStep is one step of a pipeline. Its commands and its image may bear passwords and tokens:
// they are not decoded, so that they can't be kept.
type PipelineStep struct {
	UUID      string `json:"uuid"`
	Name      string `json:"name"`
	RunNumber *int64 `json:"run_number"`
	Trigger   *struct {
		Type string `json:"type"` // pipeline_step_trigger_automatic or pipeline_step_trigger_manual
	} `json:"trigger"`
	State *struct {
		Name   string `json:"name"`
		Result *struct {
			Name string `json:"name"`
		} `json:"result"`
	} `json:"state"`
	StartedOn         time.Time `json:"started_on"`
	CompletedOn       time.Time `json:"completed_on"`
	DurationInSeconds *int64    `json:"duration_in_seconds"`
	BuildSecondsUsed  *int64    `json:"build_seconds_used"`
}

// FileChange is what a pull request changes in one file, in lines.
type FileChange struct {
	LinesAdded   int64 `json:"lines_added"`
	LinesRemoved int64 `json:"lines_removed"`
}

// PullRequestSize is what a pull request changes in all: the sum of its FileChanges.
type PullRequestSize struct{ Files, LinesAdded, LinesRemoved int64 }

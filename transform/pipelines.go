package transform

import (
	"strings"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pipeline)

// scheduled is the trigger that nobody pulls.
const scheduled = "SCHEDULE"

// pipeline makes the row of a run. One that a schedule began was begun by nobody, whoever Bitbucket
// names. One that does not say when it began has no month to stand in.
func (b *Batch) pipeline(parent bitbucket.Parent, p bitbucket.Pipeline) {
	if p.CreatedOn.IsZero() {
		return
	}
	row := &schemas.Pipeline{
		RepositoryUUID: parent.Repository, UUID: p.UUID, BuildNumber: p.BuildNumber, CreatedOn: p.CreatedOn, CompletedOn: p.CompletedOn,
		DurationSeconds: p.DurationInSeconds, BuildSeconds: p.BuildSecondsUsed,
	}
	if t := p.Trigger; t != nil {
		if row.Trigger = t.Name; row.Trigger == "" {
			row.Trigger = strings.ToUpper(strings.TrimPrefix(t.Type, "pipeline_trigger_"))
		}
	}
	if row.Trigger != scheduled {
		row.Creator = who(p.Creator)
	}
	if t := p.Target; t != nil {
		row.TargetType, row.RefType, row.RefName = t.Type, t.RefType, t.RefName
		if row.RefName == "" {
			row.RefName = t.Source
		}
		if t.Commit != nil {
			row.CommitHash = t.Commit.Hash
		}
		if t.PullRequest != nil {
			row.PullRequestID = &t.PullRequest.ID
		}
	}
	if s := p.State; s != nil {
		row.State = s.Name
		if r := s.Result; r != nil {
			row.Result = r.Name
			if r.Terminator != nil || r.Name == "STOPPED" {
				row.StoppedBy = who(r.Terminator)
			}
		}
	}
	b.add(schemas.Pipelines, row)
}

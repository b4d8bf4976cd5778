package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pullRequest)

// pullRequest makes the rows of a pull request: its own, those of its participants, and those of
// the stories that its title and its branch name. A pull request always comes with all of them.
func (b *Batch) pullRequest(parent bitbucket.Parent, pr bitbucket.PullRequest) {
	if !schemas.Dated(pr.CreatedOn) { // all that hangs on it stands in that month
		b.Undated++
		return
	}
	parent.PullRequest, parent.CreatedOn = pr.ID, pr.CreatedOn
	row := &schemas.PullRequest{
		RepositoryUUID: parent.Repository, ID: pr.ID, Title: pr.Title, State: pr.State, Draft: pr.Draft,
		Author:       who(pr.Author),
		CommentCount: pr.CommentCount, OpenTaskCount: pr.TaskCount, CloseSourceBranch: pr.CloseSourceBranch,
		DeclineReason: pr.Reason, CreatedOn: pr.CreatedOn, UpdatedOn: pr.UpdatedOn, ClosedOn: pr.ClosedOn,
	}
	if pr.State != "OPEN" {
		row.ClosedBy = who(pr.ClosedBy)
	}
	row.SourceBranch, row.SourceCommit = endpoint(pr.Source)
	row.DestinationBranch, row.DestinationCommit = endpoint(pr.Destination)
	if pr.MergeCommit != nil {
		row.MergeCommit = pr.MergeCommit.Hash
	}
	b.add(schemas.PullRequests, row)
	b.participants(parent, pr)
	b.stories(parent, row)
}

// endpoint reads what is left of one end of a pull request: branches and commits go away.
func endpoint(e bitbucket.Endpoint) (branch, commit string) {
	if e.Branch != nil {
		branch = e.Branch.Name
	}
	if e.Commit != nil {
		commit = e.Commit.Hash
	}
	return branch, commit
}

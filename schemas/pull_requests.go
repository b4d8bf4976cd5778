package schemas

import "time"

// PullRequest is one pull request.
type PullRequest struct {
	RepositoryUUID    string    `col:"repository_uuid,key,repeats" doc:"the repository that the pull request asks to merge into"`
	ID                int64     `col:"pull_request_id,key" doc:"the pull request's number, unique in its repository"`
	Title             string    `col:"title" doc:"the present title"`
	State             string    `col:"state,repeats" doc:"OPEN, MERGED, DECLINED or SUPERSEDED"`
	Draft             *bool     `col:"draft" doc:"whether it is a draft; null where Bitbucket does not say"`
	Author            Account   `col:"author" doc:"who opened it"`
	ClosedBy          Account   `col:"closed_by,null" doc:"who merged or declined it, null while it is open"`
	SourceBranch      string    `col:"source_branch,null" doc:"the branch to merge; null where it is gone"`
	SourceCommit      string    `col:"source_commit,null" doc:"the first 12 characters of the source commit's hash"`
	DestinationBranch string    `col:"destination_branch,null,repeats" doc:"the branch to merge into"`
	DestinationCommit string    `col:"destination_commit,null" doc:"the first 12 characters of the destination commit's hash"`
	MergeCommit       string    `col:"merge_commit,null" doc:"the first 12 characters of the merge commit's hash"`
	CommentCount      int64     `col:"comment_count,repeats" doc:"comments on the pull request"`
	OpenTaskCount     int64     `col:"open_task_count,repeats" doc:"tasks that are not resolved"`
	CloseSourceBranch *bool     `col:"close_source_branch" doc:"whether merging closes the source branch"`
	DeclineReason     string    `col:"decline_reason,null" doc:"the reason given when it was declined"`
	CreatedOn         time.Time `col:"created_on" doc:"when it was opened"`
	UpdatedOn         time.Time `col:"updated_on" doc:"when Bitbucket last counted a change"`
	ClosedOn          time.Time `col:"closed_on,null" doc:"when it was merged or declined; null while open"`
	Synced
}

// PullRequests is the table of PullRequest.
var PullRequests = table[PullRequest]("pull_requests", 1, "created_on", "One pull request, in its present state. Month: when it was opened.")

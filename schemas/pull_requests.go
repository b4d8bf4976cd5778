package schemas

import "time"

// PullRequest is one pull request.
type PullRequest struct {
	RepositoryUUID    string    `col:"repository_uuid,key,repeats" doc:"the repository that the pull request asks to merge into" from:"(the repository that is asked)"`
	ID                int64     `col:"pull_request_id,key" doc:"the pull request's number, unique in its repository" from:"id"`
	Title             string    `col:"title" doc:"the present title" from:"title"`
	State             string    `col:"state,repeats" doc:"OPEN, MERGED, DECLINED or SUPERSEDED" from:"state"`
	Draft             *bool     `col:"draft" doc:"whether it is a draft; null where Bitbucket does not say" from:"draft"`
	Author            Account   `col:"author" doc:"who opened it" from:"author"`
	ClosedBy          Account   `col:"closed_by,null" doc:"who merged or declined it, null while it is open" from:"closed_by"`
	SourceBranch      string    `col:"source_branch,null" doc:"the branch to merge; null where it is gone" from:"source.branch.name"`
	SourceCommit      string    `col:"source_commit,null" doc:"the first 12 characters of the source commit's hash" from:"source.commit.hash"`
	DestinationBranch string    `col:"destination_branch,null,repeats" doc:"the branch to merge into" from:"destination.branch.name"`
	DestinationCommit string    `col:"destination_commit,null" doc:"the first 12 characters of the destination commit's hash" from:"destination.commit.hash"`
	MergeCommit       string    `col:"merge_commit,null" doc:"the first 12 characters of the merge commit's hash" from:"merge_commit.hash"`
	CommentCount      int64     `col:"comment_count,repeats" doc:"comments on the pull request" from:"comment_count"`
	OpenTaskCount     int64     `col:"open_task_count,repeats" doc:"tasks that are not resolved" from:"task_count"`
	CloseSourceBranch *bool     `col:"close_source_branch" doc:"whether merging closes the source branch" from:"close_source_branch"`
	DeclineReason     string    `col:"decline_reason,null" doc:"the reason given when it was declined" from:"reason"`
	CreatedOn         time.Time `col:"created_on" doc:"when it was opened" from:"created_on"`
	UpdatedOn         time.Time `col:"updated_on" doc:"when Bitbucket last counted a change" from:"updated_on"`
	ClosedOn          time.Time `col:"closed_on,null" doc:"when it was merged or declined; null while open" from:"closed_on"`
	Synced
}

// PullRequests is the table of PullRequest.
var PullRequests = table[PullRequest]("pull_requests", 1, "created_on", "One pull request, in its present state. Month: when it was opened.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests")

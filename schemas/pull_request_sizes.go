package schemas

import "time"

// PullRequestSize is how much one pull request changes.
type PullRequestSize struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository" from:"(the repository that is asked)"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number" from:"(the pull request that is asked)" refers:"pull_requests"`
	Files                int64     `col:"files" doc:"files that it changes" from:"(files, counted)"`
	LinesAdded           int64     `col:"lines_added" doc:"lines that it adds" from:"(lines_added of the files, added up)"`
	LinesRemoved         int64     `col:"lines_removed" doc:"lines that it removes" from:"(lines_removed of the files, added up)"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened" from:"(created_on of the pull request)"`
	Synced
}

// PullRequestSizes is the table of PullRequestSize.
var PullRequestSizes = table[PullRequestSize]("pull_request_sizes", 1, "pull_request_created_on",
	"How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diffstat")

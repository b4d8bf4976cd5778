package schemas

import "time"

// PullRequestSize is how much one pull request changes.
type PullRequestSize struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number"`
	Files                int64     `col:"files" doc:"files that it changes"`
	LinesAdded           int64     `col:"lines_added" doc:"lines that it adds"`
	LinesRemoved         int64     `col:"lines_removed" doc:"lines that it removes"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened"`
	Synced
}

// PullRequestSizes is the table of PullRequestSize.
var PullRequestSizes = table[PullRequestSize]("pull_request_sizes", 1, "pull_request_created_on",
	"How much one pull request changes, where OPTIONAL_STREAMS asks for it and Bitbucket can tell. Month: when the pull request was opened.")

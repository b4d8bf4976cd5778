package schemas

import "time"

// PullRequestActivityEntry is one thing that happened to a pull request.
type PullRequestActivityEntry struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository"`
	PullRequestID  int64     `col:"pull_request_id,key" doc:"the pull request's number"`
	OccurredAt     time.Time `col:"occurred_at,key" doc:"when it happened"`
	ID             string    `col:"activity_id,key" doc:"made from what the entry says (Bitbucket gives entries no id), so that the same entry has the same id for ever"`
	Kind           string    `col:"kind,repeats" doc:"approval, changes_requested, comment or update"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who did it; null for a deleted account"`
	AccountID      string    `col:"account_id,null,repeats" doc:"the account's id across Atlassian products"`
	DisplayName    string    `col:"display_name,null,repeats,pii" doc:"the account's name"`
	Nickname       string    `col:"nickname,null,repeats,pii" doc:"the account's short name"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team or deleted"`
	CommentID      *int64    `col:"comment_id" doc:"the comment, where the entry is one"`
	ParentID       *int64    `col:"parent_comment_id" doc:"the comment that it replies to"`
	IsInline       *bool     `col:"is_inline" doc:"for a comment: whether it stands on a line of code"`
	State          string    `col:"state,null,repeats" doc:"for an update: the pull request's state after it"`
	Changes        string    `col:"changes,null" doc:"for an update: the changed fields, old and new, as JSON"`
	Synced
}

// PullRequestActivity is the table of PullRequestActivityEntry.
var PullRequestActivity = table[PullRequestActivityEntry]("pull_request_activity", 1, "occurred_at",
	"One entry of a pull request's activity: an approval, a request for changes, a comment or an update. Month: when it happened.")

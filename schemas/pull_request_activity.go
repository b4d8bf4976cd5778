package schemas

import "time"

// PullRequestActivityEntry is one thing that happened to a pull request.
type PullRequestActivityEntry struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository" from:"(the repository that is asked)"`
	PullRequestID  int64     `col:"pull_request_id,key" doc:"the pull request's number" from:"pull_request.id"`
	OccurredAt     time.Time `col:"occurred_at,key" doc:"when it happened" from:"(the date of the entry)"`
	ID             string    `col:"activity_id,key" doc:"made from what the entry says (Bitbucket gives entries no id), so that the same entry has the same id for ever" from:"(a hash of the repository, the pull request, the kind, the date and the comment)"`
	Kind           string    `col:"kind,repeats" doc:"approval, changes_requested, comment or update" from:"(which of approval, changes_requested, comment and update is there)"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who did it; null for a deleted account" from:"(the account of the entry)"`
	AccountID      string    `col:"account_id,null,repeats" doc:"the account's id across Atlassian products" from:"(the account of the entry)"`
	DisplayName    string    `col:"display_name,null,repeats,pii" doc:"the account's name" from:"(the account of the entry)"`
	Nickname       string    `col:"nickname,null,repeats,pii" doc:"the account's short name" from:"(the account of the entry)"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team or deleted" from:"(the account of the entry)"`
	CommentID      *int64    `col:"comment_id" doc:"the comment, where the entry is one" from:"comment.id"`
	ParentID       *int64    `col:"parent_comment_id" doc:"the comment that it replies to" refers:"pull_request_comments" from:"comment.parent.id"`
	IsInline       *bool     `col:"is_inline" doc:"for a comment: whether it stands on a line of code" from:"(whether comment.inline is there)"`
	State          string    `col:"state,null,repeats" doc:"for an update: the pull request's state after it" from:"update.state"`
	Changes        string    `col:"changes,null" doc:"for an update: the changed fields, old and new, as JSON; accounts in it are known by uuid or account id, without names" from:"update.changes"`
	Synced
}

// PullRequestActivity is the table of PullRequestActivityEntry.
var PullRequestActivity = table[PullRequestActivityEntry]("pull_request_activity", 1, "occurred_at",
	"One entry of a pull request's activity: an approval, a request for changes, a comment or an update. Month: when it happened.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests/activity")

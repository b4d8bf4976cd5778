package schemas

import "time"

// PullRequestParticipant is one account's part in a pull request.
type PullRequestParticipant struct {
	RepositoryUUID       string    `col:"repository_uuid,key,repeats" doc:"the pull request's repository" from:"(the repository that is asked)"`
	PullRequestID        int64     `col:"pull_request_id,key" doc:"the pull request's number" from:"id"`
	UserUUID             string    `col:"user_uuid,key,null,repeats" doc:"the participant; null for deleted accounts, which Bitbucket does not tell apart" from:"participants.user.uuid"`
	AccountID            string    `col:"account_id,null,repeats" doc:"the account's id across Atlassian products" from:"participants.user.account_id"`
	DisplayName          string    `col:"display_name,null,repeats,pii" doc:"the account's name" from:"participants.user.display_name"`
	Nickname             string    `col:"nickname,null,repeats,pii" doc:"the account's short name" from:"participants.user.nickname"`
	UserType             string    `col:"user_type,repeats" doc:"user, app_user, team or deleted" from:"participants.user.type"`
	Occurrence           int64     `col:"occurrence,key,repeats" doc:"0, counted up only where several deleted accounts take part in one pull request" from:"(counted)"`
	Role                 string    `col:"participant_role,repeats" doc:"REVIEWER (was asked to review) or PARTICIPANT" from:"participants.role"`
	Approved             bool      `col:"approved" doc:"whether the account's approval stands" from:"participants.approved"`
	State                string    `col:"state,null,repeats" doc:"approved, changes_requested or null" from:"participants.state"`
	ParticipatedOn       time.Time `col:"participated_on,null" doc:"time of the approval, or of the last comment" from:"participants.participated_on"`
	PullRequestCreatedOn time.Time `col:"pull_request_created_on" doc:"when the pull request was opened" from:"created_on"`
	Synced
}

// PullRequestParticipants is the table of PullRequestParticipant.
var PullRequestParticipants = table[PullRequestParticipant]("pull_request_participants", 1, "pull_request_created_on",
	"One account that reviews or takes part in a pull request, as it stands now. Being listed is not use. Month: when the pull request was opened.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests")

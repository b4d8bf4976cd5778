package bitbucket

import (
	"encoding/json"
	"time"
)

// The objects of the API, reduced to the fields that reach a table: the fields= parameter of a
// request is derived from these structs (see Fields), so a field that is not here is not
// downloaded. Shapes are those of the published OpenAPI description and of recorded answers;
// whatever recordings show as null or absent is a pointer, a zero value or an empty slice.

// Parent says what an object hangs on: a workspace, a repository of it, a pull request of that.
type Parent struct {
	Workspace   string // slug
	Repository  string // uuid in braces; it survives renames and moves, which a slug does not
	PullRequest int64
	Pipeline    string    // uuid
	CreatedOn   time.Time // of the pull request or the pipeline
}

// Account is a user, a team or an app. A deleted account is answered as null: a nil *Account. Objects share
// accounts, which are not to be changed.
type Account struct {
	Type        string `json:"type"` // user, team or app_user
	UUID        string `json:"uuid"`
	AccountID   string `json:"account_id"`
	DisplayName string `json:"display_name"`
	Nickname    string `json:"nickname"`
}

// WorkspaceAccess is one workspace that the grant reaches.
type WorkspaceAccess struct {
	Administrator bool `json:"administrator"`
	Workspace     struct {
		UUID string `json:"uuid"`
		Slug string `json:"slug"`
	} `json:"workspace"`
}

// Workspace is a workspace.
type Workspace struct {
	UUID      string    `json:"uuid"`
	Slug      string    `json:"slug"`
	Name      string    `json:"name"`
	IsPrivate *bool     `json:"is_private"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
}

// Member is the membership of an account in a workspace.
type Member struct {
	User *Account `json:"user"`
}

// Project is a project.
type Project struct {
	UUID        string    `json:"uuid"`
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	IsPrivate   *bool     `json:"is_private"`
	CreatedOn   time.Time `json:"created_on"`
	UpdatedOn   time.Time `json:"updated_on"`
}

// Repository is a repository.
type Repository struct {
	UUID        string `json:"uuid"`
	Slug        string `json:"slug"`
	FullName    string `json:"full_name"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Project     *struct {
		UUID string `json:"uuid"`
		Key  string `json:"key"`
	} `json:"project"`
	IsPrivate  *bool   `json:"is_private"`
	Language   string  `json:"language"`
	MainBranch *Branch `json:"mainbranch"` // null while the repository is empty
	ForkPolicy string  `json:"fork_policy"`
	Parent     *struct {
		UUID string `json:"uuid"`
	} `json:"parent"` // null unless it is a fork
	Size      *int64    `json:"size"`
	HasIssues *bool     `json:"has_issues"`
	HasWiki   *bool     `json:"has_wiki"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
}

// Branch is a branch, by name.
type Branch struct {
	Name string `json:"name"`
}

// Commit is a commit, by hash: twelve characters of it in pull requests.
type Commit struct {
	Hash string `json:"hash"`
}

// PullRequest is a pull request. Lists leave participants and closed_on out unless they are asked
// for, which the derived fields= does.
type PullRequest struct {
	ID                int64         `json:"id"`
	Title             string        `json:"title"`
	State             string        `json:"state"` // OPEN, MERGED, DECLINED, SUPERSEDED
	Draft             *bool         `json:"draft"`
	Author            *Account      `json:"author"`
	ClosedBy          *Account      `json:"closed_by"`
	Reason            string        `json:"reason"`
	Source            Endpoint      `json:"source"`
	Destination       Endpoint      `json:"destination"`
	MergeCommit       *Commit       `json:"merge_commit"`
	Participants      []Participant `json:"participants"`
	CommentCount      int64         `json:"comment_count"`
	TaskCount         int64         `json:"task_count"` // open tasks only
	CloseSourceBranch *bool         `json:"close_source_branch"`
	CreatedOn         time.Time     `json:"created_on"`
	UpdatedOn         time.Time     `json:"updated_on"`
	ClosedOn          time.Time     `json:"closed_on"`
}

// Authored is a pull request in the list of what somebody opened in a workspace: where and when it changed.
type Authored struct {
	UpdatedOn   time.Time `json:"updated_on"`
	Destination struct {
		Repository *struct {
			UUID string `json:"uuid"`
		} `json:"repository"`
	} `json:"destination"`
}

// Endpoint is one end of a pull request. Its repository is not read: it becomes null when a fork is
// deleted, and no updated_on and no activity tells of that.
type Endpoint struct {
	Branch *Branch `json:"branch"`
	Commit *Commit `json:"commit"`
}

// Participant is an account's part in a pull request.
type Participant struct {
	User           *Account  `json:"user"`
	Role           string    `json:"role"` // PARTICIPANT or REVIEWER
	Approved       bool      `json:"approved"`
	State          string    `json:"state"` // approved, changes_requested or null
	ParticipatedOn time.Time `json:"participated_on"`
}

// Activity is one entry of a pull request's activity. At most one of the four is there; entries
// with none of them have been seen.
type Activity struct {
	PullRequest struct {
		ID int64 `json:"id"`
	} `json:"pull_request"`
	Approval         *Review  `json:"approval"`
	ChangesRequested *Review  `json:"changes_requested"`
	Comment          *Comment `json:"comment"`
	Update           *Update  `json:"update"`
}

// Review is an approval or a request for changes.
type Review struct {
	Date time.Time `json:"date"`
	User *Account  `json:"user"`
}

// Comment is a comment on a pull request. A deleted one stays in the list.
type Comment struct {
	ID        int64     `json:"id"`
	User      *Account  `json:"user"`
	CreatedOn time.Time `json:"created_on"`
	Inline    *struct {
		Path string `json:"path"`
	} `json:"inline"`
	Parent *struct {
		ID int64 `json:"id"`
	} `json:"parent"`
}

// Update is a change of the pull request itself.
type Update struct {
	Date    time.Time       `json:"date"`
	Author  *Account        `json:"author"`
	State   string          `json:"state"`
	Changes json.RawMessage `json:"changes"`
}

// Task is a task on a pull request.
type Task struct {
	ID         int64     `json:"id"`
	State      string    `json:"state"` // RESOLVED or UNRESOLVED
	Creator    *Account  `json:"creator"`
	ResolvedBy *Account  `json:"resolved_by"`
	CreatedOn  time.Time `json:"created_on"`
	UpdatedOn  time.Time `json:"updated_on"`
	ResolvedOn time.Time `json:"resolved_on"`
	Comment    *struct {
		ID int64 `json:"id"`
	} `json:"comment"`
}

// When returns the time of the entry; the zero time where it says none.
func (a *Activity) When() time.Time {
	switch {
	case a.Approval != nil:
		return a.Approval.Date
	case a.ChangesRequested != nil:
		return a.ChangesRequested.Date
	case a.Comment != nil:
		return a.Comment.CreatedOn
	case a.Update != nil:
		return a.Update.Date
	}
	return time.Time{}
}

package bitbucket

import "time"

// Webhook is an address that Bitbucket calls. The address may carry a secret, as those of chat
// services do: it is decoded for its host alone.
type Webhook struct {
	UUID        string    `json:"uuid"`
	Description string    `json:"description"`
	URL         string    `json:"url"`
	Active      *bool     `json:"active"`
	Events      []string  `json:"events"`
	SecretSet   *bool     `json:"secret_set"`
	CreatedAt   time.Time `json:"created_at"`
}

// WorkspaceWebhook is a webhook of the whole workspace.
type WorkspaceWebhook Webhook

// BranchRestriction is a rule for some branches of a repository.
type BranchRestriction struct {
	ID              int64      `json:"id"`
	Kind            string     `json:"kind"`
	Pattern         string     `json:"pattern"`
	BranchMatchKind string     `json:"branch_match_kind"` // glob or branching_model
	BranchType      string     `json:"branch_type"`       // for branching_model
	Value           *int64     `json:"value"`             // how many are asked for, where the kind counts
	Users           []*Account `json:"users"`
	Groups          []struct {
		Slug string `json:"slug"`
	} `json:"groups"`
}

// DefaultReviewer is an account that every new pull request of a repository asks for a review.
type DefaultReviewer Account

// Environment is a place that pipelines deploy to.
type Environment struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
	Slug string `json:"slug"`
	Type *struct {
		Name string `json:"name"`
	} `json:"environment_type"`
	Rank   *int64 `json:"rank"`
	Hidden *bool  `json:"hidden"`
	Lock   *struct {
		Name string `json:"name"`
	} `json:"lock"`
	Restrictions *struct {
		AdminOnly *bool `json:"admin_only"`
	} `json:"restrictions"`
}

// WorkspacePermission is what an account may do in the workspace. The two times are absent in
// workspaces that an organisation administers.
type WorkspacePermission struct {
	Permission   string    `json:"permission"` // owner, collaborator or member
	User         *Account  `json:"user"`
	AddedOn      time.Time `json:"added_on"`
	LastAccessed time.Time `json:"last_accessed"`
}

// RepositoryPermission is what an account may do in a repository, whatever gives it that right.
type RepositoryPermission struct {
	Permission string   `json:"permission"` // admin, write or read
	User       *Account `json:"user"`
	Repository struct {
		UUID string `json:"uuid"`
	} `json:"repository"`
}

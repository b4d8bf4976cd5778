package bitbucket

import (
	"encoding/json"
	"time"
)

// Issue is an issue of the tracker that Bitbucket removed on 2026-08-20.
type Issue struct {
	ID        int64     `json:"id"`
	Title     string    `json:"title"`
	State     string    `json:"state"`
	Kind      string    `json:"kind"`
	Priority  string    `json:"priority"`
	Reporter  *Account  `json:"reporter"`
	Assignee  *Account  `json:"assignee"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
}

// IssueComment is a comment on an issue. What it says is not read.
type IssueComment struct {
	Issue     int64     `json:"-"` // its number; the reader knows it
	ID        int64     `json:"id"`
	User      *Account  `json:"user"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"` // mostly null
}

// IssueChange is a change of an issue's fields.
type IssueChange struct {
	Issue     int64           `json:"-"`
	ID        int64           `json:"id"`
	User      *Account        `json:"user"`
	CreatedOn time.Time       `json:"created_on"`
	Changes   json.RawMessage `json:"changes"`
}

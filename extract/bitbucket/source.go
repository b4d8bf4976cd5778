package bitbucket

import (
	"encoding/json"
	"time"
)

// Head is a commit as branches and tags show it.
type Head struct {
	Hash   string    `json:"hash"`
	Date   time.Time `json:"date"`
	Author *Author   `json:"author"`
}

// Author is who wrote a commit or a tag, as git knows it. Bitbucket adds the account that the e-mail
// address belongs to, where there is one.
type Author struct {
	Raw  string   `json:"raw"` // Name <address>
	User *Account `json:"user"`
}

// Ref is a branch with the commit that it stands at.
type Ref struct {
	Name   string `json:"name"`
	Target *Head  `json:"target"`
}

// Tag is a tag. One that is only a name for a commit has no message, no date and no tagger.
type Tag struct {
	Name    string    `json:"name"`
	Message string    `json:"message"`
	Date    time.Time `json:"date"`
	Tagger  *Author   `json:"tagger"`
	Target  *Head     `json:"target"`
}

// Download is a file that somebody put beside a repository, for others to fetch.
type Download struct {
	Name      string    `json:"name"`
	Size      int64     `json:"size"`
	Downloads int64     `json:"downloads"`
	User      *Account  `json:"user"`
	CreatedOn time.Time `json:"created_on"`
}

// Snippet is a snippet of a workspace.
type Snippet struct {
	ID        ID        `json:"id"`
	Title     string    `json:"title"`
	IsPrivate *bool     `json:"is_private"`
	Creator   *Account  `json:"creator"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
}

// ID is an identifier that is documented as a number and answered as a text.
type ID string

// UnmarshalJSON takes both.
func (id *ID) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*id = ID(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*id = ID(n)
	return nil
}

// LoggedCommit is a commit as the list of commits has it.
type LoggedCommit struct {
	Hash    string    `json:"hash"`
	Date    time.Time `json:"date"`
	Message string    `json:"message"`
	Author  *Author   `json:"author"`
	Parents []Commit  `json:"parents"`
}

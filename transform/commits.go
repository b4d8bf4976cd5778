package transform

import (
	"encoding/json"
	"strings"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).commit)

// commit makes the rows of a commit: its own, that of whom git calls its author, and those of the
// stories that its message names.
func (b *Batch) commit(parent bitbucket.Parent, c bitbucket.LoggedCommit) {
	row := &schemas.Commit{
		RepositoryUUID: parent.Repository, Hash: c.Hash, CommittedOn: c.Date, Message: strings.TrimRight(c.Message, "\n"), IsMerge: len(c.Parents) > 1,
	}
	var raw string
	row.Author, raw = author(c.Author)
	row.IdentityID = b.identity(row.Author, raw)
	var parents []string
	for _, p := range c.Parents {
		parents = append(parents, p.Hash)
	}
	if len(parents) > 0 {
		text, _ := json.Marshal(parents) // texts can always be encoded
		row.ParentHashes = string(text)
	}
	b.add(schemas.Commits, row)
	for _, key := range b.Stories.Keys(row.Message) {
		b.add(schemas.StoryLinks, &schemas.StoryLink{
			RepositoryUUID: parent.Repository, ObjectType: "commit", ObjectID: c.Hash, StoryKey: key, FoundIn: "message",
			UserUUID: row.Author.UUID, UserType: row.Author.Type, LinkedOn: c.Date,
		})
	}
}

// identity makes the row of a name and address of git, and returns its id.
func (b *Batch) identity(by schemas.Account, raw string) string {
	if raw == "" {
		return ""
	}
	name, address, _ := strings.Cut(raw, "<")
	address, _, _ = strings.Cut(address, ">")
	row := &schemas.CommitIdentity{ID: id(raw), Name: strings.TrimSpace(name), Email: strings.ToLower(strings.TrimSpace(address))}
	if by.UUID != "" {
		row.Owner, row.Evidence = by, "bitbucket"
	}
	b.add(schemas.CommitIdentities, row)
	return row.ID
}

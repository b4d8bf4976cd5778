package transform

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).pullRequestActivity)

// pullRequestActivity makes the row of an entry. Only what never changes about an entry goes in:
// the feed is read once, and a comment that is edited later does not come by again. An entry that
// is none of the four kinds tells neither what happened nor when, and makes no row.
func (b *Batch) pullRequestActivity(parent bitbucket.Parent, a bitbucket.Activity) {
	row := &schemas.PullRequestActivityEntry{
		RepositoryUUID: parent.Repository, PullRequestID: a.PullRequest.ID, OccurredAt: a.When(),
	}
	var user *bitbucket.Account
	switch {
	case a.Approval != nil:
		row.Kind, user = "approval", a.Approval.User
	case a.ChangesRequested != nil:
		row.Kind, user = "changes_requested", a.ChangesRequested.User
	case a.Comment != nil:
		row.Kind, user = "comment", a.Comment.User
		inline := a.Comment.Inline != nil
		row.CommentID, row.IsInline = &a.Comment.ID, &inline
		if a.Comment.Parent != nil {
			row.ParentID = &a.Comment.Parent.ID
		}
	case a.Update != nil:
		row.Kind, user = "update", a.Update.Author
		row.State, row.Changes = a.Update.State, changes(a.Update.Changes)
	}
	if row.OccurredAt.IsZero() {
		return
	}
	p := who(user)
	row.UserUUID, row.AccountID, row.DisplayName, row.Nickname, row.UserType = p.UUID, p.AccountID, p.DisplayName, p.Nickname, p.Type
	comment := ""
	if row.CommentID != nil {
		comment = decimal(*row.CommentID)
	}
	// The time is Bitbucket's own, to the microsecond: the column holds milliseconds. The account is
	// left out: it becomes null when it is deleted, and the entry stays the same entry.
	row.ID = id(parent.Repository, decimal(row.PullRequestID), row.Kind,
		row.OccurredAt.UTC().Format(time.RFC3339Nano), comment)
	b.add(schemas.PullRequestActivity, row)
}

// id makes an identifier of 32 hexadecimal digits from what a row says.
func id(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).member)

// member makes the row of a seat. A membership without an account says nothing that a row could
// be keyed by, and there is no seat of a deleted account.
func (b *Batch) member(_ bitbucket.Parent, m bitbucket.Member) {
	if m.User == nil || m.User.UUID == "" {
		return
	}
	p := who(m.User)
	b.add(schemas.Members, &schemas.Member{
		UserUUID: p.UUID, AccountID: p.AccountID, DisplayName: p.DisplayName, Nickname: p.Nickname, UserType: p.Type,
	})
}

package transform

import (
	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

var _ = makes((*Batch).branchRestriction)

func (b *Batch) branchRestriction(parent bitbucket.Parent, r bitbucket.BranchRestriction) {
	var users, groups []string
	for _, u := range r.Users {
		if u != nil {
			users = append(users, u.UUID)
		}
	}
	for _, g := range r.Groups {
		groups = append(groups, g.Slug)
	}
	b.add(schemas.BranchRestrictions, &schemas.BranchRestriction{
		RepositoryUUID: parent.Repository, ID: r.ID, Kind: r.Kind, MatchKind: r.BranchMatchKind, Pattern: r.Pattern, BranchType: r.BranchType,
		Required: r.Value, Users: texts(users), Groups: texts(groups),
	})
}

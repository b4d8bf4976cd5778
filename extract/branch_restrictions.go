package extract

import (
	"fmt"

	"bucketlake/extract/bitbucket"
)

// BranchRestrictions reads the rules for the branches of each repository. Only its administrators see them.
var BranchRestrictions = Stream{
	Name: "branch_restrictions", Scopes: []string{"repository:admin"}, AdminOnly: true,
	Reader: list[bitbucket.BranchRestriction]{
		path: "/repositories/%s/%s/branch-restrictions", pace: slow, optional: true, id: func(r bitbucket.BranchRestriction) string { return fmt.Sprint(r.ID) },
	}.repositories(),
}

package extract

import "bucketlake/extract/bitbucket"

// Branches reads the branches of each repository, in every run: their heads are where commits are read from.
var Branches = Stream{
	Name: "branches", Scopes: []string{"repository"},
	Reader: list[bitbucket.Ref]{
		path: "/repositories/%s/%s/refs/branches", pace: moving, id: func(b bitbucket.Ref) string { return b.Name },
	}.repositories(),
}

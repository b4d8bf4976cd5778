package extract

import "bucketlake/extract/bitbucket"

// Members reads who belongs to the workspace: the seats.
var Members = Stream{
	Name: "members", Scopes: []string{"account"},
	Reader: list[bitbucket.Member]{
		path: "/workspaces/%s/members", filled: true, id: func(m bitbucket.Member) string {
			if m.User == nil {
				return ""
			}
			return m.User.UUID
		},
	}.workspace(),
}

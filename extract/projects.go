package extract

import "bucketlake/extract/bitbucket"

// Projects reads the workspace's projects.
var Projects = Stream{
	Name: "projects", Scopes: []string{"project"},
	Reader: list[bitbucket.Project]{
		path: "/workspaces/%s/projects", filled: true, id: func(p bitbucket.Project) string { return p.UUID },
	}.workspace(),
}

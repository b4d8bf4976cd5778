package extract

import "bucketlake/extract/bitbucket"

// Projects reads the workspace's projects.
var Projects = Stream{
	Name: "projects", Scopes: []string{"project"},
	Read: snapshot("/workspaces/%s/projects", func(p bitbucket.Project) string { return p.UUID }),
}

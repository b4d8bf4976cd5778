package extract

import (
	"time"

	"bucketlake/extract/bitbucket"
)

// Deployments reads the deployments of each repository, all of them: Bitbucket neither filters nor
// sorts them. Where there are some, the end of a pipeline is a sign of more. Without the slash at the end it answers 404.
var Deployments = Stream{
	Name: "deployments", Scopes: []string{"pipeline"},
	Reader: list[bitbucket.Deployment]{
		path: "/repositories/%s/%s/deployments/", pace: deploying, optional: true, id: func(d bitbucket.Deployment) string { return d.UUID },
		when: func(d bitbucket.Deployment) time.Time { return d.LastUpdateTime },
	}.repositories(),
}

package extract

import "bucketlake/extract/bitbucket"

// Environments reads the environments that the pipelines of each repository deploy to. Without the slash at
// the end, Bitbucket answers 404.
var Environments = Stream{
	Name: "environments", Scopes: []string{"pipeline"},
	Reader: list[bitbucket.Environment]{
		path: "/repositories/%s/%s/environments/", pace: slow, optional: true, id: func(e bitbucket.Environment) string { return e.UUID },
	}.repositories(),
}

package extract

import (
	"time"

	"bucketlake/extract/bitbucket"
)

// Downloads reads the files that were put beside each repository.
var Downloads = Stream{
	Name: "downloads", Scopes: []string{"repository"},
	Reader: list[bitbucket.Download]{
		path: "/repositories/%s/%s/downloads", pace: slow, id: func(d bitbucket.Download) string { return d.Name },
		when: func(d bitbucket.Download) time.Time { return d.CreatedOn },
	}.repositories(),
}

package extract

import (
	"time"

	"bucketlake/extract/bitbucket"
)

// Tags reads the tags of each repository.
var Tags = Stream{
	Name: "tags", Scopes: []string{"repository"},
	Reader: list[bitbucket.Tag]{
		path: "/repositories/%s/%s/refs/tags", pace: slow, id: func(t bitbucket.Tag) string { return t.Name },
		when: func(t bitbucket.Tag) time.Time {
			if t.Target == nil {
				return t.Date
			}
			return later(t.Date, t.Target.Date)
		},
	}.repositories(),
}

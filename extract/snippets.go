package extract

import "bucketlake/extract/bitbucket"

// Snippets reads the workspace's snippets, as far as the account sees them.
var Snippets = Stream{
	Name: "snippets", Scopes: []string{"snippet"},
	Reader: list[bitbucket.Snippet]{
		path: "/snippets/%s", pace: slow, optional: true, id: func(s bitbucket.Snippet) string { return string(s.ID) },
	}.workspace(),
}

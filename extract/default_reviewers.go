package extract

import "bucketlake/extract/bitbucket"

// DefaultReviewers reads who is asked to review every pull request of a repository.
var DefaultReviewers = Stream{
	Name: "default_reviewers", Scopes: []string{"pullrequest"},
	Reader: list[bitbucket.DefaultReviewer]{
		path: "/repositories/%s/%s/default-reviewers", pace: slow, optional: true, id: func(r bitbucket.DefaultReviewer) string { return r.UUID },
	}.repositories(),
}

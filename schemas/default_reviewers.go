package schemas

// DefaultReviewer is one account that is asked to review every pull request.
type DefaultReviewer struct {
	RepositoryUUID string  `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	User           Account `col:"user,key" doc:"the reviewer" from:"."`
	Synced
}

// DefaultReviewers is the table of DefaultReviewer.
var DefaultReviewers = table[DefaultReviewer]("default_reviewers", 1, "", "One account that every new pull request of a repository asks for a review.").
	from("/repositories/{workspace}/{repo_slug}/default-reviewers")

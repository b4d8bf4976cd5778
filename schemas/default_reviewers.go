package schemas

// DefaultReviewer is one account that is asked to review every pull request.
type DefaultReviewer struct {
	RepositoryUUID string  `col:"repository_uuid,key,repeats" doc:"the repository"`
	User           Account `col:"user,key" doc:"the reviewer"`
	Synced
}

// DefaultReviewers is the table of DefaultReviewer.
var DefaultReviewers = table[DefaultReviewer]("default_reviewers", 1, "", "One account that every new pull request of a repository asks for a review.")

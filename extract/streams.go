package extract

// Streams lists the streams in the order in which a sync reads them: what others hang on first.
func Streams() []Stream {
	return []Stream{
		Workspaces, Members, Projects, Repositories,
		PullRequests, PullRequestActivity, PullRequestTasks,
	}
}

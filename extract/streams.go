package extract

// Streams lists the streams in the order in which a sync reads them: what others hang on first, and
// what is spoken of least last, because an hour's requests may end before.
func Streams() []Stream {
	return []Stream{
		Workspaces, Members, Projects, Repositories,
		PullRequests, PullRequestActivity, Branches, Commits, Pipelines,
		PullRequestTasks, PullRequestComments, // a request each
		Tags, Downloads, Snippets, Deployments, Environments, Webhooks, WorkspaceWebhooks, BranchRestrictions, DefaultReviewers,
		WorkspacePermissions, RepositoryPermissions,
		Issues, IssueComments, IssueChanges,
		PullRequestSizes, PipelineSteps,
	}
}

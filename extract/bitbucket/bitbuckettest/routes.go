package bitbuckettest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one place of the API. The scope is what a token must hold; serve makes the answer.
type route struct {
	template string
	scope    string
	serve    func(*request) (*answer, error)
}

// group is the pool of requests that a route draws from. What lies under /2.0/repositories is one; that the rest is another, common one is
// remembered rather than published.
func (rt route) group() string {
	if strings.HasPrefix(rt.template, "/2.0/repositories") {
		return "repositories"
	}
	return "other"
}

const (
	repositoryPath  = "/2.0/repositories/{workspace}/{repo_slug}"
	pullRequestPath = repositoryPath + "/pullrequests/{pull_request_id}"
)

func removed(change string) func(*request) (*answer, error) {
	return func(*request) (*answer, error) { return gone(change), nil }
}

var routes = []route{
	// Removed on 2026-04-14. An empty workspace in the path comes out here too.
	{"/2.0/workspaces", "", removed("CHANGE-2770")},
	{"/2.0/workspaces/", "", removed("CHANGE-2770")},
	{"/2.0/repositories", "", removed("CHANGE-2770")},
	{"/2.0/repositories/", "", removed("CHANGE-2770")},
	{"/2.0/user/permissions/workspaces", "", removed("CHANGE-2770")},
	{"/2.0/user/permissions/repositories", "", removed("CHANGE-2770")},

	{"/2.0/user", "account", (*request).serveUser},
	{"/2.0/user/workspaces", "account", (*request).serveUserWorkspaces},
	{"/2.0/workspaces/{workspace}", "", (*request).serveWorkspace},
	{"/2.0/workspaces/{workspace}/members", "account", (*request).serveMembers},
	{"/2.0/workspaces/{workspace}/projects", "project", (*request).serveProjects},
	{"/2.0/workspaces/{workspace}/hooks", "webhook", (*request).serveWorkspaceHooks},
	{"/2.0/workspaces/{workspace}/permissions", "account", (*request).serveWorkspacePermissions},
	{"/2.0/workspaces/{workspace}/permissions/repositories", "account", (*request).serveRepositoryPermissions},
	{"/2.0/workspaces/{workspace}/pullrequests/{selected_user}", "pullrequest", (*request).servePullRequestsOf},
	{"/2.0/snippets/{workspace}", "snippet", (*request).serveSnippets},
	{"/2.0/repositories/{workspace}", "repository", (*request).serveRepositories},
	{repositoryPath, "repository", (*request).serveRepository},
	{repositoryPath + "/pullrequests", "pullrequest", (*request).servePullRequests},
	{repositoryPath + "/pullrequests/activity", "pullrequest", (*request).serveActivity},
	{repositoryPath + "/refs/branches", "repository", (*request).serveBranches},
	{repositoryPath + "/refs/tags", "repository", (*request).serveTags},
	{repositoryPath + "/commits", "repository", (*request).serveCommits},
	{repositoryPath + "/commit/{commit}", "repository", (*request).serveCommit},
	{repositoryPath + "/downloads", "repository", (*request).serveDownloads},
	{repositoryPath + "/hooks", "webhook", (*request).serveHooks},
	{repositoryPath + "/branch-restrictions", "repository:admin", (*request).serveBranchRestrictions},
	{repositoryPath + "/default-reviewers", "pullrequest", (*request).serveDefaultReviewers},
	{repositoryPath + "/environments/", "pipeline", (*request).serveEnvironments}, // not found without the slash
	{pullRequestPath, "pullrequest", (*request).servePullRequest},
	{pullRequestPath + "/comments", "pullrequest", (*request).serveComments},
	{repositoryPath + "/pipelines/", "pipeline", (*request).servePipelines}, // not found without the slash
	{repositoryPath + "/pipelines/{pipeline_uuid}", "pipeline", (*request).servePipeline},
	{repositoryPath + "/pipelines/{pipeline_uuid}/steps/", "pipeline", (*request).serveSteps},
	{pullRequestPath + "/diffstat", "pullrequest", (*request).redirectDiffstat},
	{repositoryPath + "/diffstat/{spec}", "repository", (*request).serveDiffstat},
	{repositoryPath + "/deployments/", "pipeline", (*request).serveDeployments}, // nor this
	{pullRequestPath + "/tasks", "pullrequest", (*request).serveTasks},

	// The issue tracker, removed on 2026-08-20.
	{repositoryPath + "/issues", "", removed("CHANGE-3071")},
	{repositoryPath + "/issues/{issue_id}", "", removed("CHANGE-3071")},
	{repositoryPath + "/issues/{issue_id}/comments", "", removed("CHANGE-3071")},
	{repositoryPath + "/issues/{issue_id}/changes", "", removed("CHANGE-3071")},
	{"/site/oauth2/authorize", "", nil},
	{"/site/oauth2/access_token", "", nil},
}

// match finds the route of a request. Its segments are compared before they are unescaped, so that an encoded slash is no slash. Braces must be
// encoded.
func match(r *http.Request) (route, map[string]string) {
	path := r.URL.EscapedPath()
	if strings.ContainsAny(r.RequestURI, "{}") {
		return route{}, nil
	}
	segments := strings.Split(path, "/")
next:
	for _, rt := range routes {
		names := strings.Split(rt.template, "/")
		if len(names) != len(segments) {
			continue
		}
		vars := map[string]string{}
		for i, name := range names {
			segment, err := url.PathUnescape(segments[i])
			if err != nil {
				return route{}, nil
			}
			switch {
			case strings.HasPrefix(name, "{") && segment != "":
				vars[name] = segment
			case name != segment:
				continue next
			}
		}
		return rt, vars
	}
	if strings.HasPrefix(path, "/2.0/repositories//") || strings.HasPrefix(path, "/2.0/workspaces//") {
		return routes[1], nil
	}
	return route{}, nil
}

package extract

import (
	"slices"
	"strings"
)

// permissions are the boxes on an OAuth consumer's form, by the scope that each grants.
var permissions = map[string]string{
	"account":          "Account: Read",
	"issue":            "Issues: Read",
	"pipeline":         "Pipelines: Read",
	"project":          "Projects: Read",
	"project:admin":    "Projects: Admin",
	"pullrequest":      "Pull requests: Read",
	"repository":       "Repositories: Read",
	"repository:admin": "Repositories: Admin",
	"snippet":          "Snippets: Read",
	"webhook":          "Webhooks: Read and write",
}

// Permission names the box to tick on an OAuth consumer for a scope.
func Permission(scope string) string {
	if name, ok := permissions[scope]; ok {
		return name
	}
	return scope
}

// Missing returns the scopes that a stream needs and a grant lacks. Of a grant whose scopes nobody knows (granted is
// empty, as for access tokens) nothing is said to be missing: Bitbucket's answers will tell.
func (st *Stream) Missing(granted []string) []string {
	if len(granted) == 0 {
		return nil
	}
	var missing []string
	for _, scope := range st.Scopes {
		if !covers(granted, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// covers reports whether granted scopes hold the one. To write means to read, and pull requests mean their repository;
// but a repository doesn't mean its pull requests, and administration means neither.
func covers(granted []string, scope string) bool {
	return slices.ContainsFunc(granted, func(g string) bool {
		g = strings.TrimSuffix(g, ":write")
		return g == scope || g == "pullrequest" && scope == "repository"
	})
}

// Disabled says in a sentence that a stream isn't read for want of scopes, and what to tick; empty where none is missing.
func (st *Stream) Disabled(granted []string) string {
	if missing := st.Missing(granted); len(missing) > 0 {
		return Lacks(missing)
	}
	return ""
}

// Lacks says in a sentence that a grant lacks scopes, and what to do about it.
func Lacks(scopes []string) string {
	var boxes []string
	for _, scope := range scopes {
		boxes = append(boxes, Permission(scope))
	}
	return "the grant lacks a permission: tick " + strings.Join(boxes, " and ") + " on the OAuth consumer, then connect again"
}

// Scopes returns the scopes that the streams need, each once, in their order; those that are optional need none.
func Scopes() []string {
	var scopes []string
	for _, st := range Streams() {
		if st.AdminOnly {
			continue
		}
		for _, scope := range st.Scopes {
			if !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes
}

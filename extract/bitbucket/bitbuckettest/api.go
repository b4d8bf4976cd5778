package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serve finds what the path names, then answers.
func (q *request) serve(rt route) (*answer, error) {
	name, ok := q.vars["{workspace}"]
	if !ok {
		return rt.serve(q)
	}
	ws := q.workspaceNamed(name)
	if ws == nil {
		return nil, notFound("No workspace with identifier '" + name + "'.")
	}
	if slug, ok := q.vars["{repo_slug}"]; ok && !strings.Contains(rt.template, "/issues") {
		if q.repo = q.world.repository(slug); q.repo == nil || ws != q.world.workspaces[0] {
			return q.moved(ws, slug)
		}
	}
	if id, ok := q.vars["{pull_request_id}"]; ok {
		n, err := strconv.Atoi(id)
		if err != nil || q.repo.pull(n) == nil {
			return nil, notFound("There is no pull request with that ID")
		}
		q.pull = q.repo.pull(n)
	}
	return rt.serve(q)
}

func (q *request) workspaceNamed(name string) *workspace {
	for _, w := range q.world.workspaces {
		if equalSlug(w.slug, name) || w.uuid == name {
			return w
		}
	}
	return nil
}

// moved answers for a repository that is not there. An old slug leads to the new one.
func (q *request) moved(ws *workspace, slug string) (*answer, error) {
	r := q.world.renamed[strings.ToLower(slug)]
	if r == nil || ws != q.world.workspaces[0] || !slices.Contains(q.world.repos, r) {
		return nil, notFound("Repository " + ws.slug + "/" + slug + " not found")
	}
	segments := strings.Split(q.path, "/")
	segments[4] = url.PathEscape(r.slug)
	to := q.base + strings.Join(segments, "/")
	if len(q.query) > 0 {
		to += "?" + q.query.Encode()
	}
	return &answer{status: 301, contentType: typeText, header: http.Header{"Location": {to}}}, nil
}

// detail answers with one object.
func (q *request) detail(o object) (*answer, error) {
	return jsonAnswer(200, partial(o, q.query.Get("fields"))), nil
}

func (q *request) serveUser() (*answer, error) {
	for _, a := range q.world.accounts {
		if a.uuid == q.user && !a.deleted {
			return q.detail(q.account(a).(object))
		}
	}
	return nil, unknownToken()
}

var slugField = field[*workspace]{"", func(w *workspace) any { return w.slug }}

func (q *request) serveUserWorkspaces() (*answer, error) {
	rows := q.world.workspaces
	if q.query.Get("administrator") == "false" { // who granted the access administers all of them
		rows = nil
	}
	rows, err := filter(rows, q.query, fieldSet[*workspace]{"slug": slugField, "workspace.slug": slugField})
	if err != nil {
		return nil, err
	}
	return listing[*workspace]{rows: rows, most: 100, request: q, show: func(w *workspace) object {
		links := q.within(w)["links"].(object)
		return object{"type": "workspace_access", "administrator": true, "workspace": object{
			"type": "workspace_base", "uuid": w.uuid, "slug": w.slug, "links": object{"self": links["self"], "avatar": links["avatar"]},
		}}
	}}.page(), nil
}

func (q *request) serveWorkspace() (*answer, error) {
	return q.detail(q.workspace(q.workspaceNamed(q.vars["{workspace}"])))
}

// generated tells whether the path names the workspace that lives; the others are empty.
func (q *request) generated() bool {
	return q.workspaceNamed(q.vars["{workspace}"]) == q.world.workspaces[0]
}

// serveMembers can only filter by e-mail addresses, at most 90 of them. The e-mail is shown only for those, and only on request.
func (q *request) serveMembers() (*answer, error) {
	ws := q.workspaceNamed(q.vars["{workspace}"])
	var rows []*account
	for _, a := range q.world.members() {
		if q.generated() || a.uuid == q.user {
			rows = append(rows, a)
		}
	}
	text := q.query.Get("q")
	if text != "" {
		holds, named, err := parseQuery(text, fieldSet[*account]{"user.email": {"", func(a *account) any { return a.email }}})
		if err != nil {
			return nil, err
		}
		if !strings.Contains(text, " IN ") || len(named["user.email"]) > 90 {
			return nil, badRequest("Invalid query: user.email IN takes up to 90 addresses")
		}
		rows = slices.DeleteFunc(rows, func(a *account) bool { return !holds(a) })
	}
	return listing[*account]{rows: rows, most: 100, request: q, show: func(a *account) object {
		user := q.account(a).(object)
		if text != "" {
			user["email"] = onRequest{a.email}
		}
		self := q.api("/workspaces/" + ws.slug + "/members/" + url.PathEscape(a.uuid))
		return object{"type": "workspace_membership", "user": user, "workspace": q.within(ws), "links": object{"self": link(self)}}
	}}.page(), nil
}

// serveProjects ignores q and sort: Bitbucket documents neither.
func (q *request) serveProjects() (*answer, error) {
	var rows []*project
	if q.generated() {
		rows = q.world.projects
	}
	return listing[*project]{rows: rows, most: 100, request: q, show: q.project}.page(), nil
}

// serveRepositories lists by default in the order of creation.
func (q *request) serveRepositories() (*answer, error) {
	var rows []*repository
	if q.generated() {
		rows = q.world.repos
	}
	rows, err := filter(rows, q.query, fieldSet[*repository]{
		"uuid":        {"", func(r *repository) any { return r.uuid }},
		"slug":        {"", func(r *repository) any { return r.slug }},
		"name":        {"", func(r *repository) any { return r.name }},
		"full_name":   {"", func(r *repository) any { return q.fullName(r) }},
		"language":    {"", func(r *repository) any { return r.language }},
		"project.key": {"", func(r *repository) any { return r.project.key }},
		"is_private":  {false, func(r *repository) any { return r.private }},
		"created_on":  {time.Time{}, func(r *repository) any { return r.created }},
		"updated_on":  {time.Time{}, func(r *repository) any { return r.updated }},
	})
	if err != nil {
		return nil, err
	}
	return listing[*repository]{rows: rows, most: 100, request: q, show: q.repository}.page(), nil
}

func (q *request) serveRepository() (*answer, error) { return q.detail(q.repository(q.repo)) }

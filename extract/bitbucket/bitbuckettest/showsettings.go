package bitbuckettest

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// nano prints the times of pipelines and webhooks: Z, and nine digits at most, of which those at the end may be missing.
func nano(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// served lists rows that can be neither filtered nor sorted.
func served[T any](q *request, rows []T, show func(T) object) *answer {
	return listing[T]{rows: rows, most: 100, request: q, show: show}.page()
}

func (q *request) webhook(at string, subject object) func(h *webhook) object {
	return func(h *webhook) object {
		return object{
			"type": "webhook_subscription", "uuid": h.uuid, "description": h.description, "url": h.url, "active": h.active, "skip_cert_verification": false,
			"events": h.events, "created_at": nano(h.created), "subject": subject, "subject_type": subject["type"], "source": nil, "read_only": false, "history_enabled": false,
			"secret_set": h.secret, "links": object{"self": link(q.api(at + "/hooks/" + url.PathEscape(h.uuid)))},
		}
	}
}

func (q *request) serveHooks() (*answer, error) {
	full := q.fullName(q.repo)
	return served(q, q.repo.hooks, q.webhook("/repositories/"+full, q.repositoryWithin(q.repo.uuid, full, q.repo.name))), nil
}

func (q *request) serveWorkspaceHooks() (*answer, error) {
	var rows []*webhook
	if q.generated() {
		rows = q.world.hooks
	}
	ws := q.workspaceNamed(q.vars["{workspace}"])
	return served(q, rows, q.webhook("/workspaces/"+ws.slug, q.within(ws))), nil
}

func (q *request) serveBranchRestrictions() (*answer, error) {
	at := q.api("/repositories/" + q.fullName(q.repo) + "/branch-restrictions/")
	return served(q, q.repo.restrictions, func(r *restriction) object {
		exempt := slices.DeleteFunc(slices.Clone(r.users), func(a *account) bool { return a.deleted })
		o := object{
			"type": "branchrestriction", "id": r.id, "kind": r.kind, "pattern": r.pattern, "branch_match_kind": "glob", "value": nil,
			"users": q.accounts(exempt), "groups": []any{}, "links": object{"self": link(at + strconv.Itoa(r.id))},
		}
		if r.typ != "" {
			o["branch_match_kind"], o["branch_type"] = "branching_model", r.typ
		}
		if r.value > 0 {
			o["value"] = r.value
		}
		return o
	}), nil
}

// serveDefaultReviewers lists accounts. Assumed: one that was deleted is not among them.
func (q *request) serveDefaultReviewers() (*answer, error) {
	var rows []*account
	for _, a := range q.repo.reviewers {
		if !a.deleted {
			rows = append(rows, a)
		}
	}
	return served(q, rows, func(a *account) object { return q.account(a).(object) }), nil
}

func (q *request) serveEnvironments() (*answer, error) {
	return served(q, q.repo.environments, func(e *environment) object {
		return object{
			"type": "deployment_environment", "uuid": e.uuid, "name": e.name, "slug": slugify(e.name), "rank": e.rank, "hidden": false,
			"category":         object{"name": e.kind},
			"environment_type": object{"type": "deployment_environment_type", "name": e.kind, "rank": map[string]int{"Test": 0, "Staging": 1, "Production": 2}[e.kind]},
			"lock":             object{"type": "deployment_environment_lock_" + map[bool]string{false: "open", true: "locked"}[e.locked], "name": map[bool]string{false: "OPEN", true: "LOCKED"}[e.locked]},
			"restrictions":     object{"type": "deployment_restrictions_configuration", "admin_only": e.admin},
		}
	}), nil
}

func (q *request) serveDownloads() (*answer, error) {
	at := q.api("/repositories/" + q.fullName(q.repo) + "/downloads/")
	return served(q, q.repo.downloads, func(d *download) object {
		return object{
			"type": "download", "name": d.name, "size": d.size, "downloads": d.fetched, "user": q.account(d.user), "created_on": stamp(d.created),
			"links": object{"self": link(at + url.PathEscape(d.name))},
		}
	}), nil
}

// serveSnippets gives ids of letters and digits, although the document says numbers.
func (q *request) serveSnippets() (*answer, error) {
	var rows []*snippet
	if q.generated() {
		rows = q.world.snippets
	}
	return served(q, rows, func(s *snippet) object {
		return object{
			"type": "snippet", "id": s.id, "title": s.title, "is_private": s.private, "scm": "git", "creator": q.account(s.creator),
			"owner": q.account(s.creator), "created_on": stamp(s.created), "updated_on": stamp(s.updated),
			"links": object{"self": link(q.api("/snippets/" + q.world.workspaces[0].slug + "/" + s.id))},
		}
	}), nil
}

// serveWorkspacePermissions says when somebody was last there of those alone who were.
func (q *request) serveWorkspacePermissions() (*answer, error) {
	ws := q.workspaceNamed(q.vars["{workspace}"])
	var rows []*account
	for _, a := range q.world.members() {
		if q.generated() || a.uuid == q.user {
			rows = append(rows, a)
		}
	}
	return served(q, rows, func(a *account) object {
		o := object{"type": "workspace_membership", "permission": "member", "user": q.account(a), "workspace": q.within(ws), "added_on": stamp(a.created), "links": object{}}
		if a.admin {
			o["permission"] = "owner"
		}
		if !a.seen.IsZero() {
			o["last_accessed"] = stamp(a.seen)
		}
		return o
	}), nil
}

// may is one right in one repository.
type may struct {
	who *account
	in  *repository
}

func (q *request) serveRepositoryPermissions() (*answer, error) {
	var rows []may
	if q.generated() {
		for _, r := range q.world.repos {
			for _, a := range q.world.members() {
				rows = append(rows, may{a, r})
			}
		}
	}
	return served(q, rows, func(m may) object {
		return object{
			"type": "repository_permission", "permission": q.world.right(m.who, m.in), "user": q.account(m.who),
			"repository": q.repositoryWithin(m.in.uuid, q.fullName(m.in), m.in.name),
		}
	}), nil
}

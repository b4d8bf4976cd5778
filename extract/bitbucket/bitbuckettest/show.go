package bitbuckettest

import (
	"net/url"
	"strings"
	"time"
)

// stamp prints a time as Bitbucket does for all but pipelines: microseconds, always six digits, and +00:00. A zero time is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

func link(href string) object { return object{"href": href} }

const site = "https://bitbucket.org/"

func (q *request) api(path string) string { return q.base + "/2.0" + path }

// account shows who somebody is; a deleted account is null wherever it was named (scava#191).
func (q *request) account(a *account) any {
	if a == nil || a.deleted {
		return nil
	}
	id := url.PathEscape(a.uuid)
	o := object{
		"type": a.kind, "uuid": a.uuid, "account_id": a.accountID, "display_name": a.name, "nickname": a.nickname,
		"links": object{
			"self": link(q.api("/users/" + id)), "html": link(site + id + "/"),
			"avatar": link("https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/" + strings.Trim(a.uuid, "{}") + "/128"),
		},
	}
	if a.kind == "app_user" {
		o["kind"], o["created_on"], o["account_status"] = "repository_access_token", stamp(a.created), "active"
	}
	return o
}

func (q *request) accounts(all []*account) []any {
	out := make([]any, len(all))
	for i, a := range all {
		out[i] = q.account(a)
	}
	return out
}

func (q *request) workspace(w *workspace) object {
	at := "/workspaces/" + w.slug
	return object{
		"type": "workspace", "uuid": w.uuid, "slug": w.slug, "name": w.name, "is_private": true, "is_privacy_enforced": false,
		"forking_mode": "allow_forks", "created_on": stamp(w.created),
		"links": object{
			"self": link(q.api(at)), "html": link(site + w.slug + "/"), "avatar": link(site + "workspaces/" + w.slug + "/avatar/?ts=1604430491"),
			"members": link(q.api(at + "/members")), "owners": link(q.api(at + "/members?q=permission%3D%22owner%22")),
			"projects": link(q.api(at + "/projects")), "repositories": link(q.api("/repositories/" + w.slug)), "snippets": link(q.api("/snippets/" + w.slug)),
		},
	}
}

// within is the short form of a workspace inside of other objects.
func (q *request) within(w *workspace) object {
	o := q.workspace(w)
	links := o["links"].(object)
	return object{
		"type": "workspace", "uuid": w.uuid, "slug": w.slug, "name": w.name,
		"links": object{"self": links["self"], "html": links["html"], "avatar": links["avatar"]},
	}
}

func (q *request) project(p *project) object {
	o := q.projectWithin(p)
	o["description"], o["is_private"] = p.description, p.private
	o["has_publicly_visible_repos"] = false
	for _, r := range q.world.repos {
		if r.project == p && !r.private {
			o["has_publicly_visible_repos"] = true
		}
	}
	o["created_on"], o["updated_on"] = stamp(p.created), stamp(p.updated)
	team := q.within(p.owner)
	o["owner"] = object{"type": "team", "uuid": p.owner.uuid, "display_name": p.owner.name, "links": team["links"]}
	o["workspace"] = team
	return o
}

func (q *request) projectWithin(p *project) object {
	slug := p.owner.slug
	return object{
		"type": "project", "key": p.key, "uuid": p.uuid, "name": p.name,
		"links": object{
			"self": link(q.api("/workspaces/" + slug + "/projects/" + p.key)), "html": link(site + slug + "/workspace/projects/" + p.key),
			"avatar": link(site + slug + "/workspace/projects/" + p.key + "/avatar/32?ts=1644525770"),
		},
	}
}

// repositoryWithin is the short form of a repository: of a pull request's ends, and of a fork's parent.
func (q *request) repositoryWithin(uuid, fullName, name string) object {
	return object{
		"type": "repository", "uuid": uuid, "full_name": fullName, "name": name,
		"links": object{
			"self": link(q.api("/repositories/" + fullName)), "html": link(site + fullName),
			"avatar": link("https://bytebucket.org/ravatar/" + url.PathEscape(uuid) + "?ts=default"),
		},
	}
}

func (q *request) fullName(r *repository) string { return r.project.owner.slug + "/" + r.slug }

func (q *request) repository(r *repository) object {
	full := q.fullName(r)
	o := q.repositoryWithin(r.uuid, full, r.name)
	links := o["links"].(object)
	at := q.api("/repositories/" + full)
	for name, path := range map[string]string{
		"watchers": "/watchers", "branches": "/refs/branches", "tags": "/refs/tags", "commits": "/commits", "source": "/src", "hooks": "/hooks",
		"forks": "/forks", "downloads": "/downloads", "pullrequests": "/pullrequests",
	} {
		links[name] = link(at + path)
	}
	links["clone"] = []any{
		object{"name": "https", "href": "https://bitbucket.org/" + full + ".git"},
		object{"name": "ssh", "href": "git@bitbucket.org:" + full + ".git"},
	}
	owner := q.within(r.project.owner)
	o["slug"], o["description"], o["scm"], o["website"], o["language"], o["size"] = r.slug, r.description, "git", nil, r.language, r.size
	o["owner"] = object{"type": "team", "uuid": r.project.owner.uuid, "display_name": r.project.owner.name, "links": owner["links"]}
	o["workspace"], o["project"] = owner, q.projectWithin(r.project)
	o["is_private"], o["fork_policy"], o["has_issues"], o["has_wiki"] = r.private, r.forkPolicy, false, false
	o["created_on"], o["updated_on"] = stamp(r.created), stamp(r.updated)
	o["mainbranch"], o["parent"], o["enforced_signed_commits"] = nil, nil, nil
	o["override_settings"] = object{"default_merge_strategy": false, "branching_model": false}
	if r.mainbranch != "" {
		o["mainbranch"] = object{"type": "branch", "name": r.mainbranch}
	}
	if r.parent != nil {
		o["parent"] = q.repositoryWithin(r.parent.uuid, q.fullName(r.parent), r.parent.name)
	}
	return o
}

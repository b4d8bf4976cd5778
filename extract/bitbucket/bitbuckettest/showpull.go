package bitbuckettest

import (
	"fmt"
	"html"
	"strconv"
)

func rendered(raw string) object {
	text := ""
	if raw != "" {
		text = "<p>" + html.EscapeString(raw) + "</p>"
	}
	return object{"type": "rendered", "raw": raw, "markup": "markdown", "html": text}
}

func (q *request) commit(fullName, hash string) object {
	return object{"type": "commit", "hash": hash, "links": object{
		"self": link(q.api("/repositories/" + fullName + "/commit/" + hash)), "html": link(site + fullName + "/commits/" + hash),
	}}
}

func (q *request) endpoint(e endpoint) object {
	o := object{"branch": object{"name": e.branch}, "repository": nil}
	var full string
	switch {
	case e.gone: // the fork was deleted: its repository is null, branch and hash stay
		o["commit"] = object{"type": "commit", "hash": e.hash, "links": object{}}
		return o
	case e.fork != nil:
		full = e.fork.fullName
		o["repository"] = q.repositoryWithin(e.fork.uuid, full, e.fork.name)
	default:
		full = q.fullName(e.repo)
		o["repository"] = q.repositoryWithin(e.repo.uuid, full, e.repo.name)
	}
	o["commit"] = q.commit(full, e.hash)
	return o
}

// pullRequestPath is its address below /2.0.
func (q *request) pullRequestPath(p *pullRequest) string {
	return "/repositories/" + q.fullName(p.repo) + "/pullrequests/" + strconv.Itoa(p.id)
}

// pullRequestWithin is the short form inside of activity and comments.
func (q *request) pullRequestWithin(p *pullRequest) object {
	return object{"type": "pullrequest", "id": p.id, "title": p.title, "links": object{
		"self": link(q.api(q.pullRequestPath(p))), "html": link(site + q.fullName(p.repo) + "/pull-requests/" + strconv.Itoa(p.id)),
	}}
}

// pullRequest shows one. In lists, participants and reviewers come only on request, and closed_on in lists and details.
func (q *request) pullRequest(p *pullRequest, detail bool) object {
	o := q.pullRequestWithin(p)
	links := o["links"].(object)
	at := q.api(q.pullRequestPath(p))
	for _, name := range []string{"commits", "approve", "request-changes", "comments", "activity", "merge", "decline", "statuses"} {
		links[name] = link(at + "/" + name)
	}
	full := q.fullName(p.repo)
	for _, name := range []string{"diff", "diffstat"} {
		links[name] = link(q.api(fmt.Sprintf("/repositories/%s/%s/%s:%s%%0D%s?from_pullrequest_id=%d&topic=true", full, name, full, p.source.hash, p.dest.hash, p.id)))
	}
	o["description"], o["summary"], o["state"], o["draft"] = p.description, rendered(p.description), p.state, p.draft
	o["author"], o["closed_by"], o["reason"] = q.account(p.author), q.account(p.closedBy), p.reason
	o["created_on"], o["updated_on"], o["closed_on"] = stamp(p.created), stamp(p.updated), onRequest{stamp(p.closed)}
	o["comment_count"], o["task_count"] = p.commentCount(), p.openTasks()
	o["close_source_branch"], o["merge_commit"] = p.closeSource, nil
	if p.mergeHash != "" {
		o["merge_commit"] = q.commit(full, p.mergeHash)
	}
	o["source"], o["destination"] = q.endpoint(p.source), q.endpoint(p.dest)
	participants := make([]any, len(p.participants))
	for i, x := range p.participants {
		participants[i] = q.participant(x)
	}
	text := object{"title": rendered(p.title), "description": rendered(p.description)}
	if detail {
		o["reviewers"], o["participants"], o["rendered"] = q.accounts(p.reviewers), participants, text
	} else {
		o["reviewers"], o["participants"], o["rendered"] = onRequest{q.accounts(p.reviewers)}, onRequest{participants}, onRequest{text}
	}
	return o
}

func (q *request) participant(x *participant) object {
	o := object{
		"type": "participant", "user": q.account(x.user), "role": "PARTICIPANT", "approved": x.state == "approved", "state": nil, "participated_on": stamp(x.at),
	}
	if x.reviewer {
		o["role"] = "REVIEWER"
	}
	if x.state != "" {
		o["state"] = x.state
	}
	return o
}

func (q *request) comment(p *pullRequest, c *comment) object {
	id := strconv.FormatInt(c.id, 10)
	o := object{
		"type": "pullrequest_comment", "id": c.id, "content": rendered(c.text), "user": q.account(c.user), "deleted": c.deleted, "pending": false,
		"created_on": stamp(c.created), "updated_on": stamp(c.updated), "pullrequest": q.pullRequestWithin(p), "links": q.notes(p, "comment", id),
	}
	if c.path != "" {
		o["inline"] = object{"path": c.path, "from": nil, "to": c.line, "outdated": false}
	}
	if c.resolvedBy != nil {
		o["resolution"] = object{"type": "comment_resolution", "user": q.account(c.resolvedBy), "created_on": stamp(c.resolvedOn)}
	}
	if c.parent != nil {
		o["parent"] = q.commentWithin(p, c.parent)
	}
	return o
}

func (q *request) commentWithin(p *pullRequest, c *comment) object {
	return object{"id": c.id, "links": q.notes(p, "comment", strconv.FormatInt(c.id, 10))}
}

// notes are the links of a comment or a task.
func (q *request) notes(p *pullRequest, kind, id string) object {
	full := q.fullName(p.repo)
	return object{
		"self": link(q.api(q.pullRequestPath(p) + "/" + kind + "s/" + id)),
		"html": link(site + full + "/pull-requests/" + strconv.Itoa(p.id) + "/_/diff#" + kind + "-" + id),
	}
}

// task has no type, as recorded.
func (q *request) task(p *pullRequest, t *task) object {
	o := object{
		"id": t.id, "state": "UNRESOLVED", "content": rendered(t.text), "creator": q.account(t.creator), "created_on": stamp(t.created),
		"updated_on": stamp(t.updated), "resolved_on": stamp(t.resolvedOn), "resolved_by": q.account(t.resolvedBy), "pending": false,
		"links": q.notes(p, "task", strconv.FormatInt(t.id, 10)),
	}
	if !t.resolvedOn.IsZero() {
		o["state"] = "RESOLVED"
	}
	if t.comment != nil {
		o["comment"] = q.commentWithin(p, t.comment)
	}
	return o
}

// entry shows one line of the activity: one of update, approval, changes_requested and comment beside pull_request, or none of them. It has no id.
func (q *request) entry(e *entry) object {
	o := object{"pull_request": q.pullRequestWithin(e.pull)}
	switch e.kind {
	case "update":
		u := e.update
		o["update"] = object{
			"date": stamp(e.at), "author": q.account(e.user), "state": u.state, "title": u.title, "description": u.description, "reason": u.reason,
			"draft": u.draft, "reviewers": q.accounts(u.reviewers), "changes": u.changes, "source": q.endpoint(u.source), "destination": q.endpoint(u.dest),
		}
	case "approval", "changes_requested":
		o[e.kind] = object{"date": stamp(e.at), "user": q.account(e.user), "pullrequest": q.pullRequestWithin(e.pull)}
	case "comment":
		o["comment"] = q.comment(e.pull, e.comment)
	}
	return o
}

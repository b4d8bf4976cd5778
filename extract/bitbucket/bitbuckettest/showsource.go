package bitbuckettest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// second prints the times of git: whole seconds.
func second(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}

// author has a user only where an account has the e-mail address; that of a deleted account has none either. Assumed.
func (q *request) author(a *account, raw string) object {
	o := object{"type": "author", "raw": raw}
	if a != nil && !a.deleted {
		o["user"] = q.account(a)
	}
	return o
}

func (q *request) fullCommit(c *commit) object {
	full := q.fullName(q.repo)
	o := q.commit(full, c.hash)
	links := o["links"].(object)
	for _, name := range []string{"diff", "patch"} {
		links[name] = link(q.api("/repositories/" + full + "/" + name + "/" + c.hash))
	}
	for _, name := range []string{"approve", "comments", "statuses"} {
		links[name] = link(q.api("/repositories/" + full + "/commit/" + c.hash + "/" + name))
	}
	parents := make([]any, len(c.parents))
	for i, p := range c.parents {
		parents[i] = q.commit(full, p.hash)
	}
	o["date"], o["message"], o["parents"], o["author"] = second(c.date), c.message, parents, q.author(c.author, c.raw)
	return o
}

// listedCommit is a commit in the list of commits, which says more than a branch does.
func (q *request) listedCommit(c *commit) object {
	o := q.fullCommit(c)
	o["summary"], o["rendered"] = rendered(c.message), object{"message": rendered(c.message)}
	o["repository"] = q.repositoryWithin(q.repo.uuid, q.fullName(q.repo), q.repo.name)
	return o
}

func (q *request) ref(kind, name string, head *commit) object {
	full := q.fullName(q.repo)
	path := map[string]string{"branch": "/refs/branches/", "tag": "/refs/tags/"}[kind] + url.PathEscape(name)
	return object{"type": kind, "name": name, "target": q.fullCommit(head), "links": object{
		"self": link(q.api("/repositories/" + full + path)), "commits": link(q.api("/repositories/" + full + "/commits/" + url.PathEscape(name))),
		"html": link(site + full + "/branch/" + name),
	}}
}

var branchFields = fieldSet[*branch]{
	"name":        {"", func(b *branch) any { return b.name }},
	"target.date": {time.Time{}, func(b *branch) any { return b.head.date }},
}

var tagFields = fieldSet[*tag]{
	"name":        {"", func(t *tag) any { return t.name }},
	"target.date": {time.Time{}, func(t *tag) any { return t.head.date }},
}

// serveBranches lists by name.
func (q *request) serveBranches() (*answer, error) {
	rows := slices.Clone(q.repo.branches)
	slices.SortFunc(rows, func(a, b *branch) int { return strings.Compare(a.name, b.name) })
	rows, err := filter(rows, q.query, branchFields)
	if err != nil {
		return nil, err
	}
	return listing[*branch]{rows: rows, most: 100, request: q, show: func(b *branch) object {
		o := q.ref("branch", b.name, b.head)
		o["default_merge_strategy"], o["merge_strategies"] = "merge_commit", []string{"merge_commit", "squash", "fast_forward"}
		return o
	}}.page(), nil
}

// serveTags lists by name, and doesn't count, as recorded.
func (q *request) serveTags() (*answer, error) {
	rows := slices.Clone(q.repo.tags)
	slices.SortFunc(rows, func(a, b *tag) int { return strings.Compare(a.name, b.name) })
	rows, err := filter(rows, q.query, tagFields)
	if err != nil {
		return nil, err
	}
	return listing[*tag]{rows: rows, most: 100, noSize: true, request: q, show: func(t *tag) object {
		o := q.ref("tag", t.name, t.head)
		o["message"], o["date"], o["tagger"] = nil, second(t.date), nil
		if t.tagger != nil {
			o["message"], o["tagger"] = t.message, q.author(t.tagger, t.raw)
		}
		return o
	}}.page(), nil
}

// place is where a walk through commits stands, as the opaque page of a next link.
type place struct {
	Include, Exclude []string
	From             int
}

// serveCommits lists what the included commits lead back to and the excluded ones don't, the newest first; with none included, what all branches and
// tags lead back to. It has no page numbers and no size. What is named and is nowhere any more, or never was, is not found: assumed of what was
// pushed away by force or lost its branch, where Bitbucket may show it for some time yet. The next link keeps the commits that the walk began with.
func (q *request) serveCommits() (*answer, error) {
	at := place{Include: q.query["include"], Exclude: q.query["exclude"]}
	if text := q.query.Get("page"); text != "" {
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(data, &at) != nil || at.From == 0 {
			return nil, badRequest("Invalid page") // BCLOUD-19593
		}
	} else if len(at.Include) == 0 {
		for _, c := range q.repo.heads() {
			at.Include = append(at.Include, c.hash)
		}
	}
	length, err := number(q.query, "pagelen", 30)
	if err != nil || length > 100 {
		return nil, badRequest("Invalid pagelen")
	}
	known := q.repo.known()
	find := func(names []string) ([]*commit, error) {
		var found []*commit
		for _, name := range names {
			c := known[name]
			if c == nil {
				b := q.repo.branch(name)
				if b == nil {
					return nil, noCommit(name)
				}
				c = b.head
			}
			found = append(found, c)
		}
		return found, nil
	}
	included, err := find(at.Include)
	if err != nil {
		return nil, err
	}
	excluded, err := find(at.Exclude)
	if err != nil {
		return nil, err
	}
	rows := q.repo.log(included, excluded)
	from := min(at.From, len(rows))
	to := min(from+length, len(rows))
	values := make([]any, 0, to-from)
	for _, c := range rows[from:to] {
		values = append(values, q.listedCommit(c))
	}
	envelope := object{"pagelen": length, "values": values}
	if at.From = to; to < len(rows) {
		data, err := json.Marshal(at)
		if err != nil {
			return nil, err
		}
		query := url.Values{"page": {base64.RawURLEncoding.EncodeToString(data)}, "pagelen": {strconv.Itoa(length)}}
		if fields := q.query.Get("fields"); fields != "" {
			query.Set("fields", fields)
		}
		envelope["next"] = q.base + q.path + "?" + query.Encode()
	}
	return jsonAnswer(200, partial(envelope, q.query.Get("fields"))), nil
}

func noCommit(hash string) *answer {
	return errorAnswer(404, object{"message": "Commit not found", "data": object{"shas": []string{hash}}})
}

func (q *request) serveCommit() (*answer, error) {
	c := q.repo.known()[q.vars["{commit}"]]
	if c == nil {
		return nil, noCommit(q.vars["{commit}"])
	}
	return q.detail(q.listedCommit(c))
}

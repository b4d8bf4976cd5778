package main

import (
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"bucketlake/schemas"
)

// sourceRows draw a row of each table that usage is computed from. What a row is known by says when it
// began, as that never changes, and all else is drawn.
var sourceRows = map[string]func(draw) any{
	"projects": func(d draw) any {
		return &schemas.Project{UUID: d.of("{p}", "{q}"), Key: d.of("OLD", "NEW"), Name: d.of("Old", "New")}
	},
	"repositories": func(d draw) any {
		return &schemas.Repository{
			UUID: d.repository(), Slug: d.of("web", "api"), ProjectUUID: d.of("{p}", "{q}"), ProjectKey: d.of("OLD", "NEW"), ParentUUID: d.of("", "{r}"),
		}
	},
	"story_links": func(d draw) any {
		link := &schemas.StoryLink{
			RepositoryUUID: d.repository(), ObjectType: d.of("pull_request", "pull_request", "commit"), ObjectID: d.of("1", "2"),
			StoryKey: d.of("SHOP-1", "SHOP-2", "WEB-1"), FoundIn: d.of("title", "branch"),
		}
		id, _ := strconv.ParseInt(link.ObjectID, 10, 64)
		link.LinkedOn = opened(link.RepositoryUUID, id)
		return link
	},
	"pull_requests": func(d draw) any {
		pr := &schemas.PullRequest{RepositoryUUID: d.repository(), ID: d.number(), Author: d.somebody(), State: d.of("OPEN", "MERGED", "DECLINED", "SUPERSEDED")}
		pr.CreatedOn = opened(pr.RepositoryUUID, pr.ID)
		pr.UpdatedOn = d.after(pr.CreatedOn)
		if pr.State != "OPEN" {
			pr.ClosedBy, pr.ClosedOn = d.somebody(), d.perhaps(pr.UpdatedOn)
		}
		return pr
	},
	"pull_request_activity": func(d draw) any {
		by, comment := d.somebody(), d.number()
		e := &schemas.PullRequestActivityEntry{
			RepositoryUUID: d.repository(), PullRequestID: d.number(), Kind: d.of("approval", "changes_requested", "comment", "update"),
			UserUUID: by.UUID, DisplayName: by.DisplayName, UserType: by.Type, Changes: d.of("", `{"title":{}}`, `{"status":{}}`),
		}
		if e.Kind == "comment" {
			e.CommentID = &comment
		}
		e.OccurredAt = d.after(opened(e.RepositoryUUID, e.PullRequestID))
		e.ID = e.Kind + e.OccurredAt.Format(time.RFC3339)
		return e
	},
	"pull_request_tasks": func(d draw) any {
		t := &schemas.PullRequestTask{RepositoryUUID: d.repository(), PullRequestID: d.number(), ID: d.number(), State: "UNRESOLVED", Creator: d.somebody()}
		t.PullRequestCreatedOn = opened(t.RepositoryUUID, t.PullRequestID)
		t.CreatedOn = d.after(t.PullRequestCreatedOn)
		if d.bool() {
			t.State, t.ResolvedBy, t.ResolvedOn = "RESOLVED", d.somebody(), d.perhaps(d.after(t.CreatedOn))
		}
		return t
	},
	"pull_request_comments": func(d draw) any {
		c := &schemas.PullRequestComment{RepositoryUUID: d.repository(), PullRequestID: d.number(), ID: d.number(), Author: d.somebody()}
		c.PullRequestCreatedOn = opened(c.RepositoryUUID, c.PullRequestID)
		c.CreatedOn = c.PullRequestCreatedOn
		if d.bool() {
			c.Resolver, c.ResolvedOn = d.somebody(), d.after(c.CreatedOn)
		}
		return c
	},
	"pipelines": func(d draw) any {
		n := d.number()
		return &schemas.Pipeline{
			RepositoryUUID: repositories[n%2], UUID: uuid(n), Creator: d.anybody(), StoppedBy: d.anybody(),
			CreatedOn: opened("{r}", n), CompletedOn: d.perhaps(d.after(opened("{r}", n))),
		}
	},
	"deployments": func(d draw) any {
		n := d.number()
		return &schemas.Deployment{RepositoryUUID: repositories[n%2], UUID: "{d" + uuid(n), PipelineUUID: uuid(d.number()), StartedOn: d.perhaps(d.after(opened("{r}", n)))}
	},
	"commits": func(d draw) any {
		n := d.number()
		return &schemas.Commit{
			RepositoryUUID: d.repository(), Hash: strings.Repeat(strconv.FormatInt(n, 10), 40), CommittedOn: opened("{s}", n), Author: d.somebody(),
			Message: d.of("SHOP-1 and WEB-1", "SHOP-2: UTF-8", "words"),
		}
	},
	"tags": func(d draw) any {
		return &schemas.Tag{RepositoryUUID: d.repository(), Name: d.of("v1", "v2"), Tagger: d.anybody(), TaggedOn: d.gitTime()}
	},
	"downloads": func(d draw) any {
		return &schemas.Download{RepositoryUUID: d.repository(), Name: d.of("a.zip", "b.zip"), Uploader: d.somebody(), CreatedOn: d.perhaps(d.after(opened("{r}", 1)))}
	},
	"snippets": func(d draw) any {
		return &schemas.Snippet{ID: d.of("x", "y"), Creator: d.somebody(), CreatedOn: d.perhaps(d.after(opened("{r}", 1)))}
	},
	"members": func(d draw) any {
		a := d.somebody()
		return &schemas.Member{UserUUID: a.UUID, DisplayName: a.DisplayName, UserType: a.Type}
	},
	"workspace_permissions": func(d draw) any {
		return &schemas.WorkspacePermission{User: d.somebody(), Permission: "member", AddedOn: d.perhaps(d.after(opened("{r}", 1))), LastAccessedOn: d.after(opened("{r}", 2))}
	},
	"webhooks": func(d draw) any {
		active := d.bool()
		return &schemas.Webhook{RepositoryUUID: d.repository(), UUID: uuid(d.number()), IsActive: &active}
	},
	"workspace_webhooks":  func(d draw) any { return &schemas.WorkspaceWebhook{UUID: uuid(d.number())} },
	"branch_restrictions": func(d draw) any { return &schemas.BranchRestriction{RepositoryUUID: d.repository(), ID: d.number()} },
	"environments":        func(d draw) any { return &schemas.Environment{RepositoryUUID: d.repository(), UUID: uuid(d.number())} },
	"default_reviewers":   func(d draw) any { return &schemas.DefaultReviewer{RepositoryUUID: d.repository(), User: d.somebody()} },
}

// sourcesTogether are tables whose rows meet in what is computed. One draw has one such group move, or
// they would seldom meet.
var sourcesTogether = [][]string{
	{"projects", "repositories", "story_links", "pull_requests", "pull_request_activity", "pull_request_tasks", "pull_request_comments"},
	{"story_links", "pull_requests", "pull_request_tasks"},
	{"projects", "repositories", "commits", "tags", "downloads", "snippets"},
	{"pipelines", "deployments"},
	{"members", "workspace_permissions", "commits", "pull_requests"},
	{"projects", "repositories", "webhooks", "workspace_webhooks", "branch_restrictions", "environments", "default_reviewers", "pipelines"},
}

var repositories = []string{"{r}", "{s}", "{t}"}

func uuid(n int64) string { return "{" + strconv.FormatInt(n, 10) + "}" }

// opened is when something of that number began in a repository.
func opened(repository string, n int64) time.Time {
	return time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)*25+int(repository[1]-'r')*15)
}

// draw draws what rows say.
type draw struct{ rt *rapid.T }

func (d draw) of(values ...string) string { return rapid.SampledFrom(values).Draw(d.rt, "value") }
func (d draw) repository() string         { return rapid.SampledFrom(repositories).Draw(d.rt, "repository") }
func (d draw) number() int64              { return rapid.Int64Range(1, 3).Draw(d.rt, "number") }
func (d draw) bool() bool                 { return rapid.Bool().Draw(d.rt, "bool") }

// after is some time later, up to a few months.
func (d draw) after(t time.Time) time.Time {
	return t.Add(time.Duration(rapid.IntRange(0, 9).Draw(d.rt, "later")) * 11 * 24 * time.Hour)
}

func (d draw) perhaps(t time.Time) time.Time {
	if d.bool() {
		return t
	}
	return time.Time{}
}

// gitTime is what somebody's clock said.
func (d draw) gitTime() time.Time {
	return rapid.SampledFrom([]time.Time{
		{},
		opened("{r}", 1), opened("{r}", 3),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 5, 1, 0, 0, 0, 0, time.UTC),
		time.Date(0, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -12*60*60)),
	}).Draw(d.rt, "git time")
}

// somebody is an account, whose name changes at times.
func (d draw) somebody() schemas.Account {
	return rapid.SampledFrom([]schemas.Account{
		{UUID: "{a}", Type: "user", DisplayName: "Ada"},
		{UUID: "{a}", Type: "user", DisplayName: "Ada L."},
		{UUID: "{b}", Type: "user", DisplayName: "Bo"},
		{UUID: "{bot}", Type: "app_user"},
		{Type: "deleted"},
		{Type: "unknown"},
	}).Draw(d.rt, "account")
}

// anybody is an account or nobody.
func (d draw) anybody() schemas.Account {
	if d.bool() {
		return d.somebody()
	}
	return schemas.Account{}
}

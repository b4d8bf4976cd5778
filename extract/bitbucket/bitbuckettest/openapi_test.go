package bitbuckettest_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"

	"github.com/getkin/kin-openapi/openapi3"
)

// shared finds a file of the folder shared, which lies beside the checkout, not in it.
func shared(t *testing.T, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Fatal("no go.mod above")
	}
	file := filepath.Join(filepath.Dir(dir), "shared", path)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("%s is not here: it lies beside the checkout where the project is developed", file)
	}
	return file
}

// exceptions are the places where Bitbucket does otherwise than its document says. A problem is the path of the value, lists without their numbers, and
// what is wrong.
var exceptions = []struct{ problem, reason string }{
	{`(author|closed_by|user|creator|terminator|resolved_by|reviewers|closed_on|resolved_on|participated_on): Value is not nullable`, "recorded: null where there is none, and for deleted accounts"},
	{`(merge_commit|mainbranch|parent|website|repository|from): Value is not nullable`, "recorded: null where there is none"},
	{`state: Value is not nullable`, "recorded: a participant that has not reviewed has the state null"},
	{`^(values/)?id: .*(integer|number)`, "in the wild: a snippet's id is a text"},
	{`(value|message|date|tagger): Value is not nullable`, "recorded: null where there is none"},
	{`^(values/)?links(/\w+)?/type: property "type" is missing`, "recorded: the links of a pipeline have no type"},
	{`error/detail: .*string`, "atlassian-python-api#1260: the detail of a missing scope is an object"},
	{`(^|/)(parent|comment)/type: property "type" is missing`, "recorded: a task has no type; assumed: nor have the comments that are only referred to"},
}

func TestAnswersAreAsDocumented(t *testing.T) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(shared(t, "bitbucket/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaPatternValidation()); err != nil {
		t.Logf("the document itself is not valid: %.300v", err)
	}
	open(doc)
	b := newSmall(t, func(o *bitbuckettest.Options) {
		o.SortLimit = 5
		o.Consumers = []bitbuckettest.Consumer{bitbuckettest.DefaultConsumer, {ID: "narrow", Scopes: []string{"webhook"}}, {ID: "admin", Scopes: bitbuckettest.AllScopes}}
	})
	b.Advance(100)
	c := newClient(t, b)
	access, _ := b.Grant("narrow")
	narrow := &client{t, b, access}
	access, _ = b.Grant("admin")
	admin := &client{t, b, access}
	const (
		repo = "/repositories/{workspace}/{repo_slug}"
		pull = repo + "/pullrequests/{pull_request_id}"
	)
	check := func(by *client, template, path string, want int) {
		t.Helper()
		validate(t, doc, by, template, path, want)
	}
	check(c, "/user", "/user", 200)
	check(c, "/user/workspaces", "/user/workspaces", 200)
	check(c, "/user/workspaces", "/user/workspaces?sort=name", 400)
	check(c, "/workspaces/{workspace}", "/workspaces/acme", 200)
	check(c, "/workspaces/{workspace}", "/workspaces/none", 404)
	check(c, "/workspaces/{workspace}/members", "/workspaces/acme/members?pagelen=100", 200)
	check(c, "/workspaces/{workspace}/members", "/workspaces/acme/members?q=x", 400)
	check(c, "/workspaces/{workspace}/projects", "/workspaces/acme/projects", 200)
	check(c, "/workspaces/{workspace}/projects", "/workspaces/none/projects", 404)
	check(c, "/repositories/{workspace}", "/repositories/acme?pagelen=100", 200)
	check(c, "/repositories/{workspace}", "/repositories/none", 404)
	check(c, repo, "/repositories/acme/none", 404)
	check(narrow, repo, "/repositories/acme/"+busiest(b), 403)
	check(c, "/workspaces/{workspace}/hooks", "/workspaces/acme/hooks", 200)
	check(c, "/workspaces/{workspace}/permissions", "/workspaces/acme/permissions?pagelen=100", 200)
	check(c, "/workspaces/{workspace}/permissions/repositories", "/workspaces/acme/permissions/repositories?pagelen=100", 200)
	const authored = "/workspaces/{workspace}/pullrequests/{selected_user}"
	for _, m := range b.Members() {
		check(c, authored, "/workspaces/acme/pullrequests/"+url.PathEscape(m.UUID)+"?pagelen=50&fields=%2Bvalues.participants,%2Bvalues.reviewers,%2Bvalues.closed_on&"+allStates, 200)
	}
	check(c, authored, "/workspaces/acme/pullrequests/nobody", 404)
	check(c, authored, "/workspaces/none/pullrequests/nobody", 404)
	check(c, "/snippets/{workspace}", "/snippets/acme?pagelen=100", 200)
	for _, r := range b.Repositories() {
		at := "/repositories/acme/" + r.Slug
		for template, path := range map[string]string{
			"/refs/branches": "/refs/branches?pagelen=100", "/refs/tags": "/refs/tags?pagelen=100", "/commits": "/commits?pagelen=50", "/hooks": "/hooks",
			"/branch-restrictions": "/branch-restrictions", "/default-reviewers": "/default-reviewers", "/environments": "/environments/",
		} {
			check(admin, repo+template, at+path, 200)
		}
		if status, _, _ := c.get(at + "/pipelines/"); status == 200 {
			check(c, repo+"/pipelines", at+"/pipelines/?pagelen=50", 200)
			for _, p := range values(c.ok(at + "/pipelines/?pagelen=2")) {
				check(c, repo+"/pipelines/{pipeline_uuid}", at+"/pipelines/"+url.PathEscape(str(p["uuid"])), 200)
				check(c, repo+"/pipelines/{pipeline_uuid}/steps", at+"/pipelines/"+url.PathEscape(str(p["uuid"]))+"/steps/", 200)
			}
			check(c, repo+"/deployments", at+"/deployments/?pagelen=100", 200)
		}
		check(c, repo, at, 200)
		check(c, repo+"/pullrequests", at+"/pullrequests?pagelen=50&fields=%2Bvalues.participants,%2Bvalues.reviewers,%2Bvalues.closed_on&"+allStates, 200)
		for id := 1; id <= r.PullRequests; id++ {
			if id%12 == 1 {
				check(c, pull, at+"/pullrequests/"+itoa(id), 200)
				check(c, pull+"/tasks", at+"/pullrequests/"+itoa(id)+"/tasks", 200)
				check(c, pull+"/comments", at+"/pullrequests/"+itoa(id)+"/comments", 200)
			}
		}
	}
	at := "/repositories/acme/" + busiest(b)
	check(c, repo+"/pullrequests", "/repositories/acme/none/pullrequests", 404)
	check(c, pull, at+"/pullrequests/99999", 404)
	check(c, pull+"/tasks", at+"/pullrequests/1/tasks?q=x", 400)
	check(c, repo+"/pullrequests/activity", "/repositories/acme/none/pullrequests/activity", 404)
	// What the document gives no answer for is an error of its common form, or recorded as text.
	for _, path := range []string{"/repositories", at + "/issues", at + "/pullrequests?pagelen=51", at + "/pullrequests?sort=id&" + allStates} {
		status, _, body := c.get(path)
		if problems := problemsOf(t, doc.Components.Schemas["error"].Value, body); status < 400 || len(problems) > 0 && status != 500 {
			t.Errorf("%s: %d %s: %v", path, status, body, problems)
		}
	}
}

// TestActivityIsAsDocumented validates the parts of the activity, for which the document has examples, but no schema.
func TestActivityIsAsDocumented(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(shared(t, "bitbucket/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	open(doc)
	b := newSmall(t)
	c := newClient(t, b)
	for _, e := range c.all("/repositories/acme/" + busiest(b) + "/pullrequests/activity?pagelen=50") {
		for name, v := range e {
			schema := map[string]string{"pull_request": "pullrequest", "comment": "pullrequest_comment"}[name]
			if schema == "" {
				if name != "update" && name != "approval" && name != "changes_requested" {
					t.Errorf("%s in %v", name, e)
				}
				continue
			}
			body, _ := json.Marshal(v)
			report(t, "activity", problemsOf(t, doc.Components.Schemas[schema].Value, body))
		}
		if len(e) > 2 {
			t.Errorf("an entry says several things: %v", sortedKeys(e))
		}
	}
}

func validate(t *testing.T, doc *openapi3.T, by *client, template, path string, want int) {
	t.Helper()
	status, _, body := by.get(path)
	if status != want {
		t.Errorf("%s: %d %.200s, want %d", path, status, body, want)
		return
	}
	response := doc.Paths.Value(template).Get.Responses.Status(status)
	if response == nil {
		t.Errorf("%s: the document knows no %d", template, status)
		return
	}
	media := response.Value.Content.Get("application/json")
	if media == nil {
		t.Errorf("%s: the document has no schema for %d", template, status)
		return
	}
	report(t, path, problemsOf(t, media.Schema.Value, body))
	var list struct{ Values []any }
	_ = json.Unmarshal(body, &list) // a single object has no values
	for _, v := range list.Values { // one by one too: the validator stops at the first bad one of a list
		one, err := json.Marshal(object{"values": []any{v}})
		if err != nil {
			t.Fatal(err)
		}
		report(t, path, problemsOf(t, media.Schema.Value, one))
	}
}

// open lifts additionalProperties: false everywhere. The document closes objects that the recordings find open (links of pull requests with
// request-changes and statuses, commits and summaries with a type), and combines closed ones by allOf, which nothing could fulfil. Which keys there may
// be, the recordings say: see TestKeysAreAsRecorded.
func open(doc *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	var walk func(ref *openapi3.SchemaRef)
	walk = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		s.AdditionalProperties = openapi3.AdditionalProperties{}
		for _, p := range s.Properties {
			walk(p)
		}
		for _, p := range s.AllOf {
			walk(p)
		}
		walk(s.Items)
	}
	for _, ref := range doc.Components.Schemas {
		walk(ref)
	}
}

var index = regexp.MustCompile(`/\d+(/|$)`)

// problemsOf validates a body and returns what is wrong and no exception.
func problemsOf(t *testing.T, schema *openapi3.Schema, body []byte) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return []string{err.Error()}
	}
	var problems []string
	var collect func(err error)
	collect = func(err error) {
		var many openapi3.MultiError
		var one *openapi3.SchemaError
		switch {
		case errors.As(err, &one) && one.Origin != nil:
			collect(one.Origin)
		case errors.As(err, &many):
			for _, err := range many {
				collect(err)
			}
		case errors.As(err, &one):
			problems = append(problems, index.ReplaceAllString(strings.Join(one.JSONPointer(), "/"), "$1")+": "+one.Reason)
		default:
			problems = append(problems, err.Error())
		}
	}
	if err := schema.VisitJSON(v, openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.EnableFormatValidation()); err != nil {
		collect(err)
	}
	var left []string
next:
	for _, p := range problems {
		for _, e := range exceptions {
			if regexp.MustCompile(e.problem).MatchString(p) {
				continue next
			}
		}
		left = append(left, p)
	}
	return left
}

func report(t *testing.T, where string, problems []string) {
	t.Helper()
	for i, p := range problems {
		if i > 4 {
			break
		}
		t.Errorf("%s: %.300s", where, p)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var safeguardHistories = flag.Int("safeguards", 0, "take each safeguard out in turn, and draw so many histories until one fails")

// A safeguard is a piece of the product without which a history loses or doubles something.
type safeguard struct {
	name, file string
	code       string // occurs once
	without    string
}

var safeguards = []safeguard{
	{"the first page of what is left, not the next page", "extract/keyset.go", "\t\tlast, err := k.sorted(page.Values, bound, descending)\n", "\t\tlast, err := k.sorted(page.Values, bound, descending)\n\t\tif err == nil && page.Next != \"\" {\n\t\t\tfor more, err := range bitbucket.PagesFrom[T](ctx, k.client, page.Next) {\n\t\t\t\tif err != nil {\n\t\t\t\t\treturn rows[T]{}, err\n\t\t\t\t}\n\t\t\t\tfor _, v := range more.Values {\n\t\t\t\t\tlast = k.updated(v)\n\t\t\t\t}\n\t\t\t\tpage.Values = append(page.Values, more.Values...)\n\t\t\t}\n\t\t\tpage.Next = \"\"\n\t\t}\n"},
	{"all rows of a time that fills a page", "extract/keyset.go", "\tmoment, err := k.moment(ctx, bound)\n", "\tvar moment []T\n"},
	{"all of a moment, known to be complete", "extract/keyset.go", "if err == nil && !complete {", "if err == nil && !complete && false {"},
	{"the past is read behind the first look", "extract/pull_requests.go", "if s.Back = r.mark; !r.more {", "if s.Back = r.mark; true {"},
	{"a mark for each state", "extract/pull_requests.go", "s := p.at.span\n\t\t\tp.at.States[state] = &s\n\t\t}\n\t\tp.at.span = span{}", "p.at.States[state] = &p.at.span\n\t\t}"},
	{"the activity is a witness", "extract/pull_request_activity.go", "if w.since(id, landed).Before(when) && landed.Updated.Before(when) {", "if false && w.since(id, landed).Before(when) {"},
	{"open pull requests are read again", "extract/pull_requests.go", "\t\t\tp.open(ctx)\n", "\t\t\tat.Opened = src.Now\n"},
	{"rounds of tasks and comments", "extract/per_pull_request.go", "\t\t\t\tif r.rounds {\n", "\t\t\t\tif r.rounds && false {\n"},
	{"a feed's mark moves at the end of a walk", "extract/feed.go", "\t\tend := at.Next == \"\"\n\t\tif end {", "\t\tend := at.Next == \"\"\n\t\tif true {"},
	{"a feed's past is read behind the first look", "extract/feed.go", "if f.at.Back = page.Next; page.Next != \"\" {", "if f.at.Back = \"\"; false {"},
	{"pipelines that run are remembered", "extract/pipelines.go", "m.Open[p.UUID] = openPipeline{p.CreatedOn, now}", "_ = now"},
	{"an empty answer counts while the grant reaches the workspace", "cmd/bucketlake/sync.go", "\t\tif doubt {\n", "\t\tif false && doubt {\n"},
	{"a refusal makes no empty answer credible", "cmd/bucketlake/sync.go", "// a refusal says nothing of what was empty before\n", "\n\t\t\tdoubt = false\n"},
	{"a list is complete if its size was steady", "extract/snapshot.go", "r.complete = steady && size == len(values) || r.unsized && pages < 2", "r.complete = true"},
	{"a pull request that was refused is asked again", "extract/per_pull_request.go", "\t\t\tif err != nil { // it alone, as far as is known\n\t\t\t\tf.at.Again = append(f.at.Again, c)\n\t\t\t}\n", ""},
	{"pull requests of a repository that refuses wait", "extract/per_pull_request.go", "\t\t\t\t\tq.leave(c.Repository, from)\n\t\t\t\t\treturn\n", "\t\t\t\t\tq.follow(c, behind)\n\t\t\t\t\treturn\n"},
	{"a repository is gone if the list lacks it alone", "extract/per_repository.go", "if here || !there {", "if here {"},
	{"a repository is gone if the list lacks it to its end", "extract/per_repository.go", "\t\tif len(page.Values) == 0 {\n\t\t\treturn false, refusal\n", "\t\tif false {\n\t\t\treturn false, refusal\n"},
	{"steps are none if the repository answers by its name", "extract/pipeline_steps.go", "err = hidden(ctx, src, repo.Repository, err)", "err = nil"},
	{"a pipeline is gone if the repository answers by its name", "extract/pipelines.go", "err = hidden(ctx, src, repo.Repository, err); err == nil", "err = nil; err == nil"},
	{"the commits of a head count once they were met", "extract/commits.go", "slices.Concat(m.Heads, m.Met)", "slices.Concat(m.Heads, m.Goal)"},
	{"the cursor lands after the data", "cmd/bucketlake/sync.go", "\tfor _, t := range batch.Tables() {\n\t\tif t == table {", "\tif err := commit(schemas.Rows{Table: table}, cursor); err != nil {\n\t\treturn err\n\t}\n\tfor _, t := range batch.Tables() {\n\t\tif t == table {"},
	{"the manifest's cursor is swapped after the objects", "load/commit.go", "\tfor _, month := range months {\n\t\tif err := ctx.Err()", "\tif c.Cursor != nil {\n\t\tearly := was.clone()\n\t\tearly.Cursor = cursor\n\t\tif err := l.putManifest(ctx, early, manifestName(t, c.Workspace), etag); err != nil {\n\t\t\treturn stats, err\n\t\t}\n\t\tif was, etag, err = l.manifest(ctx, t, c.Workspace); err != nil {\n\t\t\treturn stats, err\n\t\t}\n\t}\n\tfor _, month := range months {\n\t\tif err := ctx.Err()"},
	{"an object that is not the manifest's is merged with", "load/commit.go", "match = old.ETag()", "match = entry.ETag"},
	{"a place of its own for each stream of children", "extract/per_pull_request.go", "if !from.before(c) ||", "if !from.before(c) || c.Changed.Before(from.Changed.Add(1)) && from.ID != 0 ||"},
}

// ownTests are tests, in the folder of the safeguard's file, that fail without it where few histories get, or none: Bitbucket lists
// what is asked for, and a branch that was deleted is not pushed again.
var ownTests = map[string]string{
	"a repository is gone if the list lacks it alone":          "TestAGoneRepository",
	"steps are none if the repository answers by its name":     "TestStepsFollowPipelines",
	"a pipeline is gone if the repository answers by its name": "TestAPipelineOfAHiddenRepository",
	"the commits of a head count once they were met":           "TestAHeadThatWasNotMet",
}

// TestSafeguards takes each safeguard out in turn and counts the histories until one fails. Without -safeguards it only
// makes sure that they are where they are looked for.
func TestSafeguards(t *testing.T) {
	for _, s := range safeguards {
		t.Run(s.name, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("../..", s.file))
			if err != nil {
				t.Fatal(err)
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(source, []byte(s.code)); n != 1 {
				t.Fatalf("%s has %d times %q", s.file, n, s.code)
			}
			if *safeguardHistories > 0 {
				s.takeOut(t, path, source)
			}
		})
	}
}

var failedAfter = regexp.MustCompile(`(?:failed|panic) after (\d+) tests`)

func (s *safeguard) takeOut(t *testing.T, path string, source []byte) {
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	without := bytes.Replace(source, []byte(s.code), []byte(s.without), 1)
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(changed, without, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	test := func(in string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-overlay", overlay, "-vet=off", "-timeout", "0"}, args...)...)
		cmd.Dir = in
		return cmd.CombinedOutput()
	}
	// In one shard, so that the number is that of all.
	out, err := test(".", "-run", "^TestHistories$", "-histories", fmt.Sprint(*safeguardHistories), "-shards", "1", "-rapid.nofailfile", "-rapid.shrinktime", "1ns")
	own := ownTests[s.name]
	switch m := failedAfter.FindSubmatch(out); {
	case m != nil:
		t.Logf("| %s | %s |", s.name, m[1])
	case err == nil && own != "":
		t.Logf("| %s | none of %d; %s |", s.name, *safeguardHistories, own)
		if out, err := test(filepath.Dir(path), "-run", "^"+own+"$"); err == nil || !bytes.Contains(out, []byte("--- FAIL: "+own)) {
			t.Errorf("nor does that test need it: %v\n%s", err, out)
		}
	case err == nil:
		t.Logf("| %s | none of %d |", s.name, *safeguardHistories)
		t.Errorf("no history needs it")
	default:
		t.Fatalf("%v\n%s", err, strings.TrimSpace(first(string(out), 2000)))
	}
}

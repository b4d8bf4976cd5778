package transform_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
	"bucketlake/transform"
)

func TestPrivacy(t *testing.T) {
	commit := func(p transform.Privacy) (*schemas.Commit, *schemas.CommitIdentity) {
		var b transform.Batch
		err := b.Add("commits", bitbucket.Parent{Repository: "{r}"}, []any{bitbucket.LoggedCommit{
			Hash: "1", Date: at, Author: &bitbucket.Author{
				Raw: "Ada Lovelace <Ada@Example.com>", User: &bitbucket.Account{UUID: "{a}", AccountID: "1:a", DisplayName: "Ada Lovelace"},
			},
		}}, false)
		if err != nil {
			t.Fatal(err)
		}
		commits, identities := b.Take(schemas.Commits), b.Take(schemas.CommitIdentities)
		commits, identities = p.Apply(commits), p.Apply(identities)
		if len(identities.Rows) == 0 {
			return commits.Rows[0].(*schemas.Commit), nil
		}
		return commits.Rows[0].(*schemas.Commit), identities.Rows[0].(*schemas.CommitIdentity)
	}
	kept, identity := commit(transform.Privacy{})
	if kept.Author.DisplayName != "Ada Lovelace" || identity.Email != "ada@example.com" || identity.Evidence != "bitbucket" {
		t.Errorf("kept: %+v, %+v", kept, identity)
	}
	dropped, identity := commit(transform.Privacy{Drop: true})
	if dropped.Author.DisplayName != "" || identity != nil || dropped.IdentityID != "" || dropped.Author.UUID != "{a}" {
		t.Errorf("dropped: %+v, %+v", dropped, identity)
	}
	hashed, identity := commit(transform.Privacy{Key: []byte("k")})
	again, _ := commit(transform.Privacy{Key: []byte("k")})
	other, _ := commit(transform.Privacy{Key: []byte("l")})
	name, otherName := hashed.Author.DisplayName, other.Author.DisplayName
	form := transform.Privacy{Key: []byte("k")}.Form()
	if schemas.FormOf(name) != form || name != again.Author.DisplayName || schemas.FormOf(otherName) == form || name[len(form):] == otherName[len(form):] {
		t.Errorf("hashed: %s, again %s, by another key %s", name, again.Author.DisplayName, otherName)
	}
	if identity.Name != name || strings.Contains(identity.Email, "@") || hashed.Author.Nickname != "" {
		t.Errorf("hashed: %+v", identity)
	}
	if hashed.IdentityID != identity.ID || hashed.IdentityID == "" {
		t.Errorf("%s is no row of commit_identities", hashed.IdentityID)
	}
	if p := (transform.Privacy{Key: []byte("l")}); p.Name(name) != name {
		t.Error("a hash is hashed once more")
	}
}

// TestFormsOfNames tells hashes from what people may be called.
func TestFormsOfNames(t *testing.T) {
	hash := schemas.HashedName([4]byte{0x0c, 0x5a, 0x91, 0xfe}, []byte("0123456789abcdef and more"))
	for name, want := range map[string]string{
		"": "", "Ada": schemas.PlainNames, hash: "h1:0c5a91fe", hash + "0": schemas.PlainNames, strings.ToUpper(hash): schemas.PlainNames,
		"h1:0c5a91fe:": schemas.PlainNames, "h2" + hash[2:]: schemas.PlainNames, strings.Replace(hash, "fe:", "fex", 1): schemas.PlainNames,
	} {
		if got := schemas.FormOf(name); got != want {
			t.Errorf("%q has the form %q, want %q", name, got, want)
		}
	}
}

// TestChangesNameNobody reads changes of reviewers and of an assignee: who they are stays, their names
// and pictures don't.
func TestChangesNameNobody(t *testing.T) {
	var b transform.Batch
	update := &bitbucket.Update{Date: at, Changes: json.RawMessage(`{"status":{"old":"open","new":"<merged>"},"reviewers":{"added":[{"type":"user","uuid":"{a}","account_id":"1:a",
		"display_name":"Ada Lovelace","nickname":"ada","name":"Ada Lovelace","links":{"avatar":{"href":"https://avatars.example/AL"}}}],"removed":[]}}`)}
	err := b.Add("pull_request_activity", bitbucket.Parent{Repository: "{r}"}, []any{bitbucket.Activity{Update: update}}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		`{"assignee":{"old":"","new":"Ada Lovelace"},"assignee_account_id":{"old":null,"new":"1:a"},"component":{"new":{"name":"web","number":12345678901234567890}}}`, `{}`, `null`, ``,
	} {
		err := b.Add("issue_changes", bitbucket.Parent{Repository: "{r}"}, []any{bitbucket.IssueChange{CreatedOn: at, Changes: json.RawMessage(raw)}}, false)
		if err != nil {
			t.Fatal(err)
		}
	}
	got := []string{b.Take(schemas.PullRequestActivity).Rows[0].(*schemas.PullRequestActivityEntry).Changes}
	for _, row := range b.Take(schemas.IssueChanges).Rows {
		got = append(got, row.(*schemas.IssueChange).Changes)
	}
	want := []string{
		`{"reviewers":{"added":[{"account_id":"1:a","type":"user","uuid":"{a}"}],"removed":[]},"status":{"new":"\u003cmerged\u003e","old":"open"}}`,
		`{"assignee":{},"assignee_account_id":{"new":"1:a","old":null},"component":{"new":{"name":"web","number":12345678901234567890}}}`, "", "", "",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes:\n%s", strings.Join(got, "\n"))
	}
}

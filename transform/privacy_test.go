package transform_test

import (
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
	hashed, identity := commit(transform.Privacy{Key: []byte("k"), KeyID: "a"})
	again, _ := commit(transform.Privacy{Key: []byte("k"), KeyID: "a"})
	other, _ := commit(transform.Privacy{Key: []byte("l"), KeyID: "b"})
	name := hashed.Author.DisplayName
	if !strings.HasPrefix(name, "a:") || len(name) != 34 || name != again.Author.DisplayName || name[2:] == other.Author.DisplayName[2:] {
		t.Errorf("hashed: %s, again %s, by another key %s", name, again.Author.DisplayName, other.Author.DisplayName)
	}
	if identity.Name != name || strings.Contains(identity.Email, "@") || hashed.Author.Nickname != "" {
		t.Errorf("hashed: %+v", identity)
	}
	if hashed.IdentityID != identity.ID || hashed.IdentityID == "" {
		t.Errorf("%s is no row of commit_identities", hashed.IdentityID)
	}
}

package extract_test

import (
	"slices"
	"strings"
	"testing"

	"bucketlake/extract"
)

func TestMissingScopes(t *testing.T) {
	st := &extract.Stream{Name: "x", Scopes: []string{"repository", "pullrequest"}}
	for granted, want := range map[string]string{
		"":                                   "", // nobody knows: Bitbucket will say
		"account":                            "repository pullrequest",
		"repository":                         "pullrequest",
		"pullrequest":                        "", // means the repository
		"pullrequest:write":                  "",
		"repository:write":                   "pullrequest",
		"repository:admin account":           "repository pullrequest", // administration means no reading
		"account repository pullrequest":     "",
		"pullrequests repositorypullrequest": "repository pullrequest", // other words
	} {
		if got := strings.Join(st.Missing(strings.Fields(granted)), " "); got != want {
			t.Errorf("granted %q, missing is %q, want %q", granted, got, want)
		}
	}
}

func TestDisabledNamesTheBoxes(t *testing.T) {
	st := &extract.Stream{Name: "x", Scopes: []string{"repository", "webhook"}}
	if got := st.Disabled([]string{"repository", "webhook"}); got != "" {
		t.Errorf("with all scopes: %q", got)
	}
	if got := st.Disabled([]string{"account"}); !strings.Contains(got, "tick Repositories: Read and Webhooks: Read and write on the OAuth consumer, then connect again") {
		t.Errorf("without: %q", got)
	}
}

// Every scope that a stream needs has a box, so that nobody is told to tick a word of the API.
func TestScopesHaveBoxes(t *testing.T) {
	scopes := extract.Scopes()
	for _, st := range extract.Streams() {
		for _, s := range st.Scopes {
			if extract.Permission(s) == s {
				t.Errorf("scope %s of stream %s has no name", s, st.Name)
			}
			if slices.Contains(scopes, s) == st.AdminOnly {
				t.Errorf("Scopes has %s: %t, though stream %s is optional: %t", s, !st.AdminOnly, st.Name, st.AdminOnly)
			}
		}
	}
}

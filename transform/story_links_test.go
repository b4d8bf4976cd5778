package transform_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bucketlake/transform"
)

func TestStoryKeys(t *testing.T) {
	tests := []struct{ text, want string }{
		{"SHOP-123: short name", "SHOP-123"},
		{"feature/SHOP-123-short-name", "SHOP-123"},
		{"feature_ABC-12_fix", "ABC-12"},
		{"WEB-2, OPS-7 and WEB-2 again", "OPS-7 WEB-2"},
		{"[R2D2-9] droids", "R2D2-9"},
		{"MY_KEY-1", "MY_KEY-1"},
		{"nothing here", ""},
		{"", ""},
		{"shop-123 in lower case", ""},
		{"A-1 is too short for a key", ""},
		{"ABC-0 and ABC-012 count from 1", ""},
		{"decode as UTF-8, hash with SHA-256", ""},
		{"fix CVE-2026-1 and CVE-2026-12345", ""},
		{"range ABC-1-2", ""},
		{"xABC-1", ""},
		{"ABC-1x", ""},
		{"(ABC-1)", "ABC-1"},
		{"Übung ÄBC-1", ""}, // BC-1 follows a letter
		{"\xff\xfeABC-1", "ABC-1"},
	}
	for _, tt := range tests {
		if got := strings.Join(transform.Stories{}.Keys(tt.text), " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestStoryKeysOfProjects(t *testing.T) {
	only := transform.Stories{Projects: []string{"SHOP", "SHA"}}
	if got := strings.Join(only.Keys("SHOP-1, WEB-2 and SHA-3, and SHOP-1 again"), " "); got != "SHA-3 SHOP-1" {
		t.Errorf("got %q", got)
	}
}

func FuzzStoryKeys(f *testing.F) {
	f.Add("feature/SHOP-123-short UTF-8")
	f.Fuzz(func(t *testing.T, text string) {
		for _, key := range (transform.Stories{}).Keys(text) {
			if !strings.Contains(text, key) || len((transform.Stories{}).Keys(key)) != 1 {
				t.Errorf("%q in %q is no key", key, text)
			}
		}
	})
}

// TestNextKey finds what the expression does that says what a key is.
func TestNextKey(t *testing.T) {
	form := regexp.MustCompile(`[A-Z][A-Z0-9_]+-[1-9][0-9]*`)
	text := rapid.StringOf(rapid.SampledFrom([]rune("AZB_-019xÄ ")))
	rapid.Check(t, func(t *rapid.T) {
		text := text.Draw(t, "text")
		var got [][]int
		for from, end := transform.NextKey(text, 0); end > 0; from, end = transform.NextKey(text, end) {
			got = append(got, []int{from, end})
		}
		if diff := cmp.Diff(form.FindAllStringIndex(text, -1), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}

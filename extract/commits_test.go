package extract_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bucketlake/extract"
	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

// simulated is a source that reads a simulated Bitbucket. Its branches are those that landed last.
type simulated struct {
	extract.Source
	heads map[string][]string
}

func newSimulated(b *bitbuckettest.Bitbucket) *simulated {
	access, _ := b.Grant(bitbuckettest.DefaultConsumer.ID)
	s := &simulated{}
	s.Source = extract.Source{
		Workspace: "acme", Landed: func() int64 { return 0 },
		Heads: func(_ context.Context, repository string) ([]string, error) { return s.heads[repository], nil },
		Repositories: func(ctx context.Context) ([]extract.Repository, error) {
			var uuids []string
			for _, r := range b.Repositories() {
				uuids = append(uuids, r.UUID)
			}
			slices.Sort(uuids)
			return repositories(uuids...)(ctx)
		},
		Client: &bitbucket.Client{
			Base: "https://api.bitbucket.org/2.0", Transport: b.Transport(), Log: slog.New(slog.DiscardHandler), Backoff: time.Nanosecond,
			Token: func(context.Context, string) (string, error) { return access, nil },
			Spend: func(context.Context) error { return nil },
		},
	}
	return s
}

// land reads the branches anew.
func (s *simulated) land() (names map[string][]string, err error) {
	s.heads, names = map[string][]string{}, map[string][]string{}
	chunks, _, err := read(extract.Branches.Read(context.Background(), s.Source, nil))
	for _, c := range chunks {
		for _, o := range c.Objects {
			ref := o.(bitbucket.Ref)
			s.heads[c.Parent.Repository] = append(s.heads[c.Parent.Repository], ref.Target.Hash)
			names[c.Parent.Repository] = append(names[c.Parent.Repository], ref.Name)
		}
	}
	for repository, hashes := range s.heads {
		slices.Sort(hashes)
		s.heads[repository] = slices.Compact(hashes)
	}
	return names, err
}

// TestCommitsFollowTheBranches lets people work, push by force and delete branches, and cuts readings
// off, in any order. In the end every commit that the branches lead to has landed, and a reading asks
// nothing where nothing moved.
func TestCommitsFollowTheBranches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := bitbuckettest.New(bitbuckettest.Options{
			Seed: rapid.Uint64Range(1, 4).Draw(t, "seed"), RequestsPerHour: -1, End: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
			Scale:     bitbuckettest.Scale{Members: 6, Repositories: 2, PullRequests: rapid.IntRange(5, 120).Draw(t, "pull requests"), Months: 2},
			PageLimit: rapid.SampledFrom([]int{0, 7}).Draw(t, "page"),
		})
		src := newSimulated(b)
		landed := map[string]bool{} // repository and hash
		var cursor json.RawMessage
		run := func(chunks int) {
			var pending []string
			for chunk, err := range extract.Commits.Read(context.Background(), src.Source, cursor) {
				if err != nil || chunk.Err != nil {
					t.Fatal(err, chunk.Err)
				}
				for _, o := range chunk.Objects {
					pending = append(pending, chunk.Parent.Repository+o.(bitbucket.LoggedCommit).Hash)
				}
				if chunks--; chunks == 0 {
					return // killed before this landed
				}
				for _, c := range pending {
					landed[c] = true
				}
				pending = nil
				if cursor, err = json.Marshal(chunk.Cursor); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			b.Advance(rapid.IntRange(0, 60).Draw(t, "changes"))
			names, err := src.land()
			if err != nil {
				t.Fatal(err)
			}
			// What happens now, the landed heads don't know yet.
			for _, repository := range slices.Sorted(maps.Keys(names)) {
				name := rapid.SampledFrom(names[repository]).Draw(t, "branch")
				switch rapid.IntRange(0, 3).Draw(t, "to it") { // the main branch refuses both
				case 0:
					_ = b.ForcePush(repository, name)
				case 1:
					_ = b.DeleteBranch(repository, name)
				}
			}
			if rapid.Bool().Draw(t, "landed since") {
				if _, err := src.land(); err != nil {
					t.Fatal(err)
				}
			}
			src.Purpose = rapid.SampledFrom([]extract.Purpose{extract.Everything, extract.News, extract.Backfill}).Draw(t, "purpose")
			run(rapid.IntRange(-1, 4).Draw(t, "killed after"))
		}
		if _, err := src.land(); err != nil {
			t.Fatal(err)
		}
		src.Purpose = extract.Everything
		run(-1) // from the repository on at which the last one was cut off
		run(-1)
		for repository, heads := range src.heads {
			path := bitbucket.Path("/repositories/acme/%s/commits", repository)
			for page, err := range bitbucket.Pages[bitbucket.LoggedCommit](context.Background(), src.Client, path, 100, map[string][]string{"include": heads}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page.Values {
					if !landed[repository+c.Hash] {
						t.Fatalf("%s of %s has not landed; cursor %s", c.Hash, repository, cursor)
					}
				}
			}
		}
		b.ResetRequests()
		run(-1)
		if asked := b.Requests(); len(asked) > 0 {
			t.Fatalf("nothing moved, and yet %v was asked", asked)
		}
	})
}

// TestManyHeadsAreAskedInParts has more branches than one address can name.
func TestManyHeadsAreAskedInParts(t *testing.T) {
	longest, included := 0, map[string]bool{}
	src := source(func(w http.ResponseWriter, r *http.Request) {
		longest = max(longest, len(r.URL.String()))
		for _, hash := range r.URL.Query()["include"] {
			included[hash] = true
		}
		_, _ = w.Write([]byte(`{"values":[]}`))
	})
	src.Repositories = repositories("{a}")
	var heads []string
	src.Heads = func(context.Context, string) ([]string, error) { return heads, nil }
	hash := func(n int) string {
		return string(slices.Repeat([]byte{byte('a' + n%26)}, 39)) + string(rune('a'+n/26))
	}
	old := map[string][]string{"heads": {}}
	for n := range 300 {
		old["heads"] = append(old["heads"], hash(n))
		heads = append(heads, hash(n+300))
	}
	slices.Sort(heads)
	cursor, _ := json.Marshal(map[string]any{"repositories": map[string]any{"{a}": old}})
	_, cursor, err := read(extract.Commits.Read(t.Context(), src, cursor))
	if err != nil || longest > 8000 || !maps.Equal(included, setOf(heads)) {
		t.Errorf("%d heads were asked for of %d, in addresses of up to %d characters, %v", len(included), len(heads), longest, err)
	}
	included = map[string]bool{}
	if _, _, err := read(extract.Commits.Read(t.Context(), src, cursor)); err != nil || len(included) > 0 {
		t.Errorf("asked again for %d, %v", len(included), err)
	}
}

// TestAHeadThatWasNotMet has a branch deleted between the landing of the branches and the first walk, and pushed again behind it.
func TestAHeadThatWasNotMet(t *testing.T) {
	src := source(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"values":[{"hash":%q}]}`, cmp.Or(r.URL.Query().Get("include"), "main"))
	})
	src.Repositories = repositories("{a}")
	src.Heads = func(context.Context, string) ([]string, error) { return []string{"feature", "main"}, nil }
	chunks, cursor, err := read(extract.Commits.Read(t.Context(), src, nil))
	var landed []string
	for _, c := range chunks {
		for _, o := range c.Objects {
			landed = append(landed, o.(bitbucket.LoggedCommit).Hash)
		}
	}
	if err != nil || !slices.Equal(landed, []string{"main", "feature"}) {
		t.Errorf("%q landed, %v", landed, err)
	}
	if chunks, _, err := read(extract.Commits.Read(t.Context(), src, cursor)); err != nil || len(chunks) > 0 {
		t.Errorf("what was met is read again: %v, %v", chunks, err)
	}
}

func setOf(texts []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range texts {
		set[s] = true
	}
	return set
}

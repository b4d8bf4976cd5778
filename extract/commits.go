package extract

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// Commits reads the commits of each repository that its branches lead to and that those of the last
// run did not. A repository none of whose branches moved costs no request.
var Commits = Stream{
	Name: "commits", Scopes: []string{"repository"},
	Reader: perRepository[commitMark, *commitMark]{pace: following, look: lookAtCommits, back: firstCommits},
}

const (
	mostIncluded = 40 // heads in one request: an address may not be longer than some 8,000 characters
	mostExcluded = 60
)

// commitMark is how far one repository's commits have been read.
type commitMark struct {
	visit

	// Heads are those whose commits have all landed, in order. Nil: none yet.
	Heads []string `json:"heads,omitempty"`

	// Goal, Met and Next are there while a walk is cut off: the heads that it was to reach, those that
	// it has reached, and the page where it goes on. A branch may be gone, and with it its head, before
	// its commits are read. It may come back, or be merged: so only what was met counts as landed.
	Goal []string `json:"goal,omitempty"`
	Met  []string `json:"met,omitempty"`
	Next string   `json:"next,omitempty"`

	// Late is there while the first walk is cut off: heads that came since, and whose commits have landed down to Goal.
	Late []string `json:"late,omitempty"`
}

// begun reports whether the first walk is cut off.
func (m *commitMark) begun() bool { return m.Heads == nil && m.Next != "" }

// reach: a first walk that was cut off goes on where it was; it is no news.
func (m *commitMark) reach() (t time.Time, more bool) { return far, m.begun() }

// far is later than anything: what was begun is read to its end first.
var far = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// lookAtCommits reads what is new. The first time, that is only the newest page, and firstCommits goes on behind it.
func lookAtCommits(ctx context.Context, src Source, repo bitbucket.Parent, at *commitMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		c := commits{src, repo, at, yield}
		heads, err := src.Heads(ctx, repo.Repository)
		switch {
		case err != nil:
		case at.begun():
			err = c.late(ctx, heads)
		case at.Heads == nil:
			if len(heads) > 0 { // nothing is asked about an empty repository
				at.Goal = heads
				_, err = at.walk(once(c.list(ctx, nil)), yield)
			}
		default:
			err = c.since(ctx, heads)
		}
		c.failed(err)
	}
}

// firstCommits goes on with a first walk that was cut off.
func firstCommits(ctx context.Context, src Source, repo bitbucket.Parent, at *commitMark) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		c := commits{src, repo, at, yield}
		_, err := at.walk(bitbucket.PagesFrom[bitbucket.LoggedCommit](ctx, src.Client, at.Next), yield)
		if expired(err) { // or a commit is gone: from the front
			var heads []string
			if heads, err = src.Heads(ctx, repo.Repository); err == nil {
				at.Goal, at.Met, at.Next, at.Late = heads, nil, "", nil
				_, err = at.walk(c.list(ctx, nil), yield)
			}
		}
		c.failed(err)
	}
}

// commits are those of one repository.
type commits struct {
	src   Source
	repo  bitbucket.Parent
	at    *commitMark
	yield func(Chunk, error) bool
}

func (c *commits) failed(err error) {
	if err != nil {
		c.yield(Chunk{}, fmt.Errorf("listing commits of %s: %w", c.repo.Repository, err))
	}
}

func (c *commits) list(ctx context.Context, query url.Values) iter.Seq2[bitbucket.Page[bitbucket.LoggedCommit], error] {
	path := bitbucket.Path("/repositories/%s/%s/commits", c.repo.Workspace, c.repo.Repository)
	return bitbucket.Pages[bitbucket.LoggedCommit](ctx, c.src.Client, path, 100, query)
}

// since reads what the heads lead to that those of the last run did not.
func (c *commits) since(ctx context.Context, heads []string) error {
	at := c.at
	if at.Next != "" {
		goOn, err := at.walk(bitbucket.PagesFrom[bitbucket.LoggedCommit](ctx, c.src.Client, at.Next), c.yield)
		switch {
		case expired(err):
			at.Goal, at.Met, at.Next = nil, nil, "" // or a commit is gone: from the front
		case err != nil || !goOn:
			return err
		}
	}
	if slices.Equal(heads, at.Heads) {
		return nil
	}
	for fresh := without(heads, at.Heads); len(fresh) > 0; {
		n := min(mostIncluded, len(fresh))
		query := at.query(fresh[:n], heads)
		fresh = fresh[n:]
		at.Goal, at.Met = query["include"], query["include"] // or they are not found
		goOn, err := at.walk(c.list(ctx, query), c.yield)
		if bitbucket.IsStatus(err, http.StatusNotFound) && at.Next == "" {
			// A branch was deleted or moved by force, and its commits are nowhere any more.
			query, err = existing(ctx, c.src, c.repo, query, err)
			at.Goal, at.Met = query["include"], query["include"]
			if goOn = err == nil; goOn && len(at.Goal) > 0 {
				goOn, err = at.walk(c.list(ctx, query), c.yield)
			}
		}
		if err != nil || !goOn {
			return err
		}
	}
	at.Heads = without(heads, without(heads, at.Heads)) // what is there no more is forgotten
	c.yield(Chunk{}, nil)
	return nil
}

// late reads what came while the first walk is cut off: down to its heads. A walk like that which is cut off itself begins
// anew the next time.
func (c *commits) late(ctx context.Context, heads []string) error {
	known := slices.Concat(c.at.Late, c.at.Goal)
	fresh := without(heads, known)
	if len(fresh) == 0 || len(fresh) > mostIncluded { // the walk that is cut off meets them, or the one after it
		return nil
	}
	query := url.Values{"include": fresh, "exclude": known[:min(mostExcluded, len(known))]}
	for page, err := range c.list(ctx, query) {
		if bitbucket.IsStatus(err, http.StatusNotFound) { // one of them is gone
			return nil
		}
		if err != nil {
			return err
		}
		if page.Next == "" {
			c.at.Late = append(c.at.Late, fresh...)
		}
		if !c.yield(Chunk{Objects: anys(page.Values)}, nil) {
			return nil
		}
	}
	return nil
}

// once takes the first of several pages.
func once[T any](pages iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range pages {
			yield(page, err)
			return
		}
	}
}

// walk reads pages to their end: then all that the heads lead to that were met has landed.
func (m *commitMark) walk(pages iter.Seq2[bitbucket.Page[bitbucket.LoggedCommit], error], yield func(Chunk, error) bool) (goOn bool, err error) {
	for page, err := range pages {
		if err != nil {
			return false, err
		}
		for _, c := range page.Values {
			if _, sought := slices.BinarySearch(m.Goal, c.Hash); sought && !slices.Contains(m.Met, c.Hash) {
				m.Met = append(m.Met, c.Hash)
			}
		}
		if m.Next = page.Next; m.Next == "" {
			if len(m.Met) == len(m.Goal) { // down to what was met, and it all was
				m.Met = append(m.Met, m.Late...)
			}
			m.Heads = slices.Compact(slices.Sorted(slices.Values(slices.Concat(m.Heads, m.Met))))
			m.Goal, m.Met, m.Late = nil, nil, nil
		}
		if !yield(Chunk{Objects: anys(page.Values)}, nil) {
			return false, nil
		}
	}
	return true, nil
}

// query asks for what the heads of goal lead to, without what is known. Where more is known than fits,
// what comes twice is harmless. The heads that moved say most.
func (m *commitMark) query(goal, heads []string) url.Values {
	moved := without(m.Heads, heads)
	known := slices.Concat(moved, without(m.Heads, moved))
	return url.Values{"include": goal, "exclude": known[:min(mostExcluded, len(known))]}
}

// existing takes the commits that are nowhere any more out of a query. Where nothing is left, the
// refusal stands: then it is the repository that is gone.
func existing(ctx context.Context, src Source, repo bitbucket.Parent, query url.Values, refusal error) (url.Values, error) {
	left := url.Values{}
	for name, hashes := range query {
		for _, hash := range hashes {
			path := bitbucket.Path("/repositories/%s/%s/commit/%s", repo.Workspace, repo.Repository, hash)
			_, err := bitbucket.Get[bitbucket.Commit](ctx, src.Client, path)
			switch {
			case err == nil:
				left.Add(name, hash)
			case !bitbucket.IsStatus(err, http.StatusNotFound):
				return nil, err
			}
		}
	}
	if len(left) == 0 {
		return nil, refusal
	}
	return left, nil
}

// without returns the texts of a that are not in b.
func without(a, b []string) []string {
	gone := make(map[string]bool, len(b)) // a repository may have tens of thousands of branches
	for _, s := range b {
		gone[s] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return gone[s] })
}

package extract

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"bucketlake/extract/bitbucket"
)

// perRepository reads something below each repository that has landed, one repository after the other,
// each with a position P of its own.
//
// A repository that Bitbucket refuses is left behind where it was, one that is no more is reported
// gone, and the next one follows. So does one at which Bitbucket fails, unless it fails at three in a
// row: then it is down. Any other fault ends the stream.
//
// Repositories are asked for by uuid: a slug changes with a rename.
type perRepository[P any, M mark[P]] struct {
	pace pace

	// look reads what is new. The first time, that is only the newest where there is a back.
	look readOne[P]

	// back goes one step further into the past, as far as mark.reach says that there is more of it.
	back readOne[P]

	// of lists what somebody opened, the newest first, updated at a time or later: of lively streams.
	of func(ctx context.Context, src Source, author string, since time.Time) (rows[bitbucket.Authored], error)
}

type readOne[P any] func(context.Context, Source, bitbucket.Parent, *P) iter.Seq2[Chunk, error]

// mark is a position in one repository: a struct with a visit in it.
type mark[P any] interface {
	*P
	visited() *visit
	newest() time.Time
	reach() (t time.Time, more bool)
	pending(Source) bool
	ended() time.Time
}

// repositoryMarks is the position of a stream that reads below repositories.
type repositoryMarks[P any] struct {
	Repositories map[string]*P `json:"repositories"`
	Authors      authorsMark   `json:"authors,omitzero"`
}

// Read implements Reader.
func (r perRepository[P, M]) Read(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		w := repositoryWalk[P, M]{perRepository: r, src: src, yield: yield}
		err := position(cursor, &w.at)
		if err == nil {
			w.repositories, err = src.Repositories(ctx)
		}
		var rhythm Rhythm
		if err == nil && src.Rhythm != nil {
			rhythm, err = src.Rhythm(ctx)
		}
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		if w.at.Repositories == nil {
			w.at.Repositories = map[string]*P{}
		}
		w.src.patience, w.src.clock = patience(src, w.repositories, &w.at.Authors), rhythm.clock()
		for _, purpose := range src.Purpose.each() {
			if purpose != Backfill || w.pace == following { // of what the past brought
				w.again(ctx, purpose)
			}
			if purpose == Backfill && !w.over {
				w.pastAndNever(ctx)
			}
			if w.over {
				return
			}
		}
		if w.stamped { // since the last chunk
			yield(Chunk{Parent: bitbucket.Parent{Workspace: src.Workspace}, Cursor: &w.at, Done: len(w.repositories), Total: len(w.repositories)}, nil)
		}
	}
}

// Standing implements Reader.
func (r perRepository[P, M]) Standing(cursor json.RawMessage) ([]Standing, error) {
	var at repositoryMarks[P]
	if err := position(cursor, &at); err != nil {
		return nil, err
	}
	var all []Standing
	for uuid, p := range at.Repositories {
		if p == nil {
			continue
		}
		v := M(p).visited()
		s := Standing{Repository: uuid, Asked: v.Asked, Mark: M(p).newest(), Refused: v.Refused, Ended: M(p).ended()}
		if past, more := M(p).reach(); more {
			if s.More = true; past != far {
				s.Past = past
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Standing) int { return cmp.Compare(a.Repository, b.Repository) })
	return all, nil
}

// repositoryWalk is one reading of the repositories.
type repositoryWalk[P any, M mark[P]] struct {
	perRepository[P, M]
	src          Source
	at           repositoryMarks[P]
	repositories []Repository
	yield        func(Chunk, error) bool

	failed  int  // repositories in a row at which Bitbucket failed
	stamped bool // a position moved after the chunk that bears it
	over    bool // nothing more is wanted, or possible
}

// again asks those again that are due for a purpose, and, among the news, those that are new themselves.
func (w *repositoryWalk[P, M]) again(ctx context.Context, purpose Purpose) {
	if purpose == News && w.of != nil {
		if w.hear(ctx); w.over {
			return
		}
	}
	var due []Repository
	for _, r := range w.repositories {
		if w.due(r, purpose) {
			due = append(due, r)
		}
	}
	byAge(due, func(r Repository) time.Time {
		if p := w.at.Repositories[r.UUID]; p != nil {
			return M(p).visited().Asked
		}
		return time.Time{}
	})
	for i, r := range due {
		if w.visit(ctx, r, true, i, len(due)); w.over {
			return
		}
	}
}

func (w *repositoryWalk[P, M]) due(r Repository, purpose Purpose) bool {
	p := w.at.Repositories[r.UUID]
	// What follows, and has a past, looks at the newest first, too.
	news := purpose == News && w.pace == following && w.back != nil
	if p == nil {
		return r.fresh(w.src, w.pace, purpose) || news && w.src.Now.Sub(r.Moved) < recent
	}
	if _, more := M(p).reach(); more && w.pace == following { // its past comes first
		return news
	}
	return M(p).visited().due(w.src, r, w.pace, M(p).pending(w.src), purpose)
}

// pastAndNever reads what lies behind the first looks, and looks at the repositories that have never been asked:
// always where the newest is that is missing.
func (w *repositoryWalk[P, M]) pastAndNever(ctx context.Context) {
	var q backlog
	for _, r := range w.repositories {
		if b, more := w.missing(r); more {
			q = append(q, b)
		}
	}
	heap.Init(&q)
	for total := len(q); len(q) > 0; {
		b := heap.Pop(&q).(backlogEntry)
		look := w.at.Repositories[b.UUID] == nil
		ok := w.visit(ctx, b.Repository, look, total-len(q)-1, total)
		if w.over {
			return
		}
		if further, more := w.missing(b.Repository); ok && more {
			heap.Push(&q, further)
		}
	}
}

// missing tells what is missing of a repository's past.
func (w *repositoryWalk[P, M]) missing(r Repository) (backlogEntry, bool) {
	p := w.at.Repositories[r.UUID]
	if p == nil {
		return backlogEntry{r, r.Moved}, r.fresh(w.src, w.pace, Backfill)
	}
	reach, more := M(p).reach()
	return backlogEntry{r, reach}, more
}

// visit looks at one repository, or goes back in it, and reports whether it could be read.
func (w *repositoryWalk[P, M]) visit(ctx context.Context, r Repository, look bool, done, total int) bool {
	read := w.back
	if look {
		read = w.look
	}
	p := w.at.Repositories[r.UUID]
	if p == nil {
		p = new(P)
		w.at.Repositories[r.UUID] = p
	}
	v := M(p).visited()
	parent := bitbucket.Parent{Workspace: w.src.Workspace, Repository: r.UUID}
	ok := true
	for chunk, err := range read(ctx, w.src, parent, p) {
		if w.failed++; err == nil || leftBehind(err) {
			w.failed = 0
		}
		if w.failed == outage || w.failed > 0 && !oneAnswer(err) {
			w.over = true
			w.yield(Chunk{}, err)
			return false
		}
		if bitbucket.IsStatus(err, http.StatusNotFound, http.StatusGone) {
			chunk.Gone, err = gone(ctx, w.src, w.repositories, r.UUID, err)
			ok = false
		}
		if err != nil {
			ok = false
			v.Asked, v.Refused = w.src.Now, v.Refused+1
		}
		if chunk.Parent.Repository == "" { // or it is something below
			chunk.Parent = parent
		}
		chunk.Cursor, chunk.Err = &w.at, err
		chunk.Done, chunk.Total = done, total
		w.stamped = false
		if w.over = !w.yield(chunk, nil); w.over {
			return false
		}
	}
	switch {
	case !ok:
	case look && w.pace != following:
		v.Asked, v.Moved, v.Heard, v.Refused, w.stamped = w.src.Now, r.moved(w.pace), time.Time{}, 0, true
		if w.pace == lively { // what it has just brought is no sign of more
			v.Moved = later(v.Moved, M(p).newest())
		}
	case v.Refused > 0:
		v.Refused, w.stamped = 0, true
	}
	return ok
}

// backlogEntry is a repository whose past is missing from a time back.
type backlogEntry struct {
	Repository
	from time.Time
}

// backlog is a heap: where the newest is missing comes first.
type backlog []backlogEntry

func (q backlog) Len() int { return len(q) }
func (q backlog) Less(i, j int) bool {
	if !q[i].from.Equal(q[j].from) {
		return q[i].from.After(q[j].from)
	}
	return q[i].UUID < q[j].UUID
}
func (q backlog) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *backlog) Push(x any)   { *q = append(*q, x.(backlogEntry)) }
func (q *backlog) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// neighbours are how many other repositories are looked for beside one that may be gone: some of them may be gone, too.
const neighbours = 8

// gone finds out whether a repository that answers 404 is no more. Bitbucket's list of repositories
// decides, asked for it and for neighbours that have landed: only a list that has one of these and
// lacks the repository says so, and only if no page of it is empty, because a grant that has lost its
// reach finds nothing anywhere. It returns the refusal, or nil where the repository is gone.
func gone(ctx context.Context, src Source, repositories []Repository, uuid string, refusal error) (bool, error) {
	i := slices.IndexFunc(repositories, func(r Repository) bool { return r.UUID == uuid })
	var terms []string
	for n := range min(neighbours+1, len(repositories)) {
		terms = append(terms, fmt.Sprintf("uuid = %q", repositories[(i+n)%len(repositories)].UUID))
	}
	path := bitbucket.Path("/repositories/%s", src.Workspace)
	here, there := false, false
	for page, err := range bitbucket.Pages[bitbucket.Repository](ctx, src.Client, path, longest, url.Values{"q": {strings.Join(terms, " OR ")}}) {
		if err != nil {
			return false, errors.Join(refusal, err)
		}
		if len(page.Values) == 0 {
			return false, refusal
		}
		for _, r := range page.Values {
			here = here || r.UUID == uuid
			there = there || r.UUID != uuid && slices.ContainsFunc(repositories, func(known Repository) bool { return known.UUID == r.UUID })
		}
	}
	if here || !there {
		return false, refusal
	}
	return true, nil
}

// hidden asks for a repository by its name, behind the refusal of something that hangs on it. It returns nil where the
// repository is there: then that alone is gone. One that is hidden for a while refuses whatever is asked for.
func hidden(ctx context.Context, src Source, uuid string, refusal error) error {
	_, err := bitbucket.Get[bitbucket.Repository](ctx, src.Client, bitbucket.Path("/repositories/%s/%s", src.Workspace, uuid))
	if leftBehind(err) {
		return refusal
	}
	return err
}

package extract

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"bucketlake/extract/bitbucket"
)

// An Author has opened pull requests of a repository that are open, or have been closed lately.
type Author struct {
	UUID    string    // empty: of those whose accounts are no more
	Updated time.Time // the greatest updated_on of these
}

// errUnlikely is a list of what somebody wrote that lacks what is known: of a grant that has lost its reach, perhaps.
var errUnlikely = errors.New("the list lacks a pull request that has landed")

// authorsMark is who was asked in vain what changed of theirs.
type authorsMark struct {
	All  refusals            `json:"all,omitzero"` // several in a row: there is no such list, perhaps
	Each map[string]refusals `json:"each,omitempty"`
}

// refusals are some in a row.
type refusals struct {
	Last  time.Time `json:"last"` // the beginning of the run
	Times int       `json:"times"`
}

func (r refusals) once(src Source) refusals { return refusals{src.Now, r.Times + 1} }

func (r refusals) rests(src Source) bool {
	return r.Times > 0 && src.Now.Sub(r.Last) < min(src.Quiet, retryAfter(r.Times))
}

// answer reports whether the authors of a repository can be asked.
func (m *authorsMark) answer(src Source, r Repository) bool {
	return !m.All.rests(src) && r.authored(func(author string) bool { return !m.Each[author].rests(src) })
}

// authored reports whether a repository has authors who have an account, and something holds for each.
func (r Repository) authored(holds func(author string) bool) bool {
	some := false
	for _, a := range r.Authors {
		if a.UUID == "" {
			continue
		}
		if some = true; !holds(a.UUID) {
			return false
		}
	}
	return some
}

// orphaned is the greatest updated_on of the open pull requests for which no author can be asked; zero where there is none.
func (r Repository) orphaned() (t time.Time) {
	for _, a := range r.Authors {
		if a.UUID == "" {
			t = a.Updated
		}
	}
	return t
}

// cheapest chooses how to ask whether something happened to the open pull requests of repositories: each repository, or each
// of its authors, in the fewest requests. It returns the authors that are asked, and how many requests there are in all.
//
// That is a smallest vertex cover of a graph of two parts, which is as large as a largest matching (Kőnig). Of several it is
// the one with the fewest authors: what a repository answers lands.
func cheapest(repositories []Repository) (authors map[string]bool, requests int) {
	matched := map[string]*Repository{} // by author
	seen := map[string]bool{}
	var match func(r *Repository) bool
	match = func(r *Repository) bool {
		for _, a := range r.Authors {
			if a.UUID == "" || seen[a.UUID] {
				continue
			}
			seen[a.UUID] = true
			if other := matched[a.UUID]; other == nil || match(other) {
				matched[a.UUID] = r
				return true
			}
		}
		return false
	}
	var left []*Repository
	for i := range repositories {
		if clear(seen); !match(&repositories[i]) {
			left = append(left, &repositories[i])
		}
	}
	clear(seen)
	for _, r := range left {
		match(r) // there is nobody: it sees whoever lies on a way from those that are left
	}
	return seen, len(matched)
}

// hear asks people whether something of theirs changed, where that takes fewer requests than asking the repositories in
// which something may have happened unseen to open pull requests. It is a hint, and no row lands of it: where something is
// newer than what was read, the repository is asked, and where none of its authors has anything newer, it is not, until as
// much time has passed again. What that misses is read when the repository's bound is reached.
func (w *repositoryWalk[P, M]) hear(ctx context.Context) {
	var warm []Repository
	for _, r := range w.repositories {
		cold := r
		cold.Open = time.Time{}
		if w.due(r, News) && !w.due(cold, News) && w.at.Authors.answer(w.src, r) && !w.src.lapsed(M(w.at.Repositories[r.UUID]).visited().Asked, r.orphaned()) {
			warm = append(warm, r)
		}
	}
	ask, _ := cheapest(warm)
	if len(ask) == 0 {
		return
	}
	questions := w.questions(ask)
	heard := map[string]time.Time{} // from when on an author's list is known
	news := map[string]time.Time{}  // the newest of it, by repository
	inVain := 0
	for _, author := range slices.Sorted(maps.Keys(ask)) {
		q := questions[author]
		list, err := w.of(ctx, w.src, author, q.since)
		if err == nil && (len(list.values) == 0 || list.values[0].UpdatedOn.Before(q.landed)) {
			err = errUnlikely
		}
		if err != nil {
			if !ofAuthors(err) {
				w.over = true
				w.yield(Chunk{}, err)
				return
			}
			if inVain++; w.at.Authors.refuse(w.src, author, inVain == outage) {
				break
			}
			continue
		}
		inVain = 0
		w.at.Authors.answered(author)
		for _, pr := range list.values {
			if r := pr.Destination.Repository; r != nil {
				news[r.UUID] = later(news[r.UUID], pr.UpdatedOn)
			}
		}
		if heard[author] = q.since; list.more {
			heard[author] = list.mark.Add(time.Microsecond)
		}
	}
	w.believe(heard, news)
	w.stamped = true
}

// A question is what an author is asked for: what was updated at a time or later, which shows at least what has landed.
type question struct{ since, landed time.Time }

// questions returns what to ask authors: from the last look at any of their repositories on, and from the latest pull request
// of theirs that has landed.
func (w *repositoryWalk[P, M]) questions(authors map[string]bool) map[string]question {
	questions := map[string]question{}
	for _, r := range w.repositories {
		from, known := w.unheard(r)
		for _, a := range r.Authors {
			if !known || !authors[a.UUID] {
				continue
			}
			q, ok := questions[a.UUID]
			if !ok || from.Before(q.since) {
				q.since = from
			}
			q.landed = later(q.landed, a.Updated)
			questions[a.UUID] = q
		}
	}
	for author, q := range questions {
		if q.landed.Before(q.since) {
			questions[author] = question{q.landed, q.landed}
		}
	}
	return questions
}

// ofAuthors reports whether err says no more than that there is no such list, or that it is not to be believed.
func ofAuthors(err error) bool {
	var e *bitbucket.Error
	return errors.Is(err, errUnlikely) || errors.As(err, &e) && len(e.Scopes) > 0 || oneAnswer(err)
}

func (m *authorsMark) answered(author string) {
	m.All = refusals{}
	delete(m.Each, author)
}

// refuse notes that an author was asked in vain, or one too many, and reports that.
func (m *authorsMark) refuse(src Source, author string, all bool) bool {
	if m.Each == nil {
		m.Each = map[string]refusals{}
	}
	m.Each[author] = m.Each[author].once(src)
	if all {
		m.All = m.All.once(src)
	}
	return all
}

// unheard is the time from which on a repository's pull requests may have changed unseen, where it has been read.
func (w *repositoryWalk[P, M]) unheard(r Repository) (from time.Time, known bool) {
	p := w.at.Repositories[r.UUID]
	if p == nil || M(p).visited().Refused > 0 {
		return from, false
	}
	v := M(p).visited()
	return later(v.Asked, v.Heard).Add(-overlap), true
}

// believe has repositories asked that have news, and others not because they are warm.
func (w *repositoryWalk[P, M]) believe(heard, news map[string]time.Time) {
	w.repositories = slices.Clone(w.repositories) // others hold them, too
	authors := map[string]bool{}
	for i := range w.repositories {
		r := &w.repositories[i]
		for _, a := range r.Authors {
			authors[a.UUID] = true
		}
		from, known := w.unheard(*r)
		if !known {
			continue
		}
		p := M(w.at.Repositories[r.UUID])
		all := r.authored(func(author string) bool {
			since, ok := heard[author]
			return ok && !from.Before(since)
		})
		switch {
		case news[r.UUID].After(p.newest()):
			r.Hinted = w.src.Now
		case all:
			p.visited().Heard = w.src.Now
		}
	}
	if maps.DeleteFunc(w.at.Authors.Each, func(author string, _ refusals) bool { return !authors[author] }); len(w.at.Authors.Each) == 0 {
		w.at.Authors.Each = nil
	}
}

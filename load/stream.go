package load

import (
	"errors"
	"io"
)

// A stream yields rows in order, each key once, from several sources that are in order themselves. Of two sources that
// have the same key, the younger one counts.
type stream struct {
	compare func(a block, i int, b block, j int) int
	sources []*source // by their present rows
	err     error
}

// A source is one that a stream reads.
type source struct {
	block  block
	places []int32 // of the rows in the block, in order; nil: as they lie
	at, n  int     // the present row, and how many there are
	age    int     // the greater, the younger
	more   func() (block, error)
}

func (s *source) place() int {
	if s.places != nil {
		return int(s.places[s.at])
	}
	return s.at
}

// advance goes to the next row, and reports whether there is one.
func (s *source) advance() (bool, error) {
	if s.at++; s.at < s.n {
		return true, nil
	}
	return s.load()
}

// load goes to the next block.
func (s *source) load() (bool, error) {
	if s.more == nil {
		return false, nil
	}
	for {
		b, err := s.more()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if b.n > 0 {
			s.block, s.places, s.at, s.n = b, nil, 0, b.n
			return true, nil
		}
	}
}

// newStream reads sources, of which none has been read. Those that are in memory already are at their first row.
func newStream(compare func(block, int, block, int) int, sources []*source) *stream {
	s := &stream{compare: compare}
	for _, from := range sources {
		ok := from.at < from.n
		if !ok {
			var err error
			if ok, err = from.load(); err != nil {
				s.err = err
				return s
			}
		}
		if ok {
			s.insert(from, 0)
		}
	}
	return s
}

// done reports whether there is no row any more; after an error there is none.
func (s *stream) done() bool { return s.err != nil || len(s.sources) == 0 }

// row is the present row.
func (s *stream) row() (block, int) { return s.sources[0].block, s.sources[0].place() }

// next goes to the next row.
func (s *stream) next() { s.advance(0) }

// advance takes a source to its next row.
func (s *stream) advance(k int) {
	from := s.sources[k]
	ok, err := from.advance()
	if err != nil {
		s.err = err
		return
	}
	if ok && k == 0 && (len(s.sources) == 1 || s.order(from, s.sources[1]) < 0) { // as most of the time
		return
	}
	s.sources = append(s.sources[:k], s.sources[k+1:]...)
	if ok {
		s.insert(from, k)
	}
}

// insert puts a source where it belongs, behind the k first ones. A row of an older source that has the same key is passed over.
func (s *stream) insert(from *source, k int) {
	for ; k < len(s.sources); k++ {
		order := s.order(from, s.sources[k])
		if order < 0 {
			break
		}
		if order > 0 {
			continue
		}
		if older := s.sources[k]; older.age < from.age {
			s.sources[k], from = from, older
		}
		ok, err := from.advance()
		if err != nil {
			s.err = err
			return
		}
		if !ok {
			return
		}
	}
	s.sources = append(s.sources, nil)
	copy(s.sources[k+1:], s.sources[k:])
	s.sources[k] = from
}

func (s *stream) order(a, b *source) int { return s.compare(a.block, a.place(), b.block, b.place()) }

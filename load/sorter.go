package load

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/klauspost/compress/s2"

	"bucketlake/schemas"
)

const (
	sorterBytes = 8 << 20 // of rows in memory; what is more waits on disk
	mostRuns    = 32      // of one size on disk, before they are made one
)

// A sorter puts rows in the order of their partitions and keys: in memory, and where they are many, in sorted runs on disk.
type sorter struct {
	layout  *layout
	columns []int
	keys    int // columns of the key that rows are sorted by

	vectors []*vector // of the rows in memory, a vector for each column
	months  []int32   // of each of them, as its place in names
	names   []string
	ids     map[string]int32
	order   []sortKey // of the rows in memory, once they are sorted
	scratch []*vector

	runs []run
	rows int // on disk and in memory

	limit, mostRuns int
}

// A run is rows on disk: a segment for each of some partitions.
type run struct {
	level    int // how many times its rows were made one run
	file     *spill
	segments map[int32]segment
}

// sortKey is what rows are sorted by, as far as it fits.
type sortKey struct {
	month, place int32
	prefix       uint64
}

func newSorter(l *layout, columns []int, keys int) *sorter {
	s := &sorter{layout: l, columns: columns, keys: keys, ids: map[string]int32{}, limit: sorterBytes, mostRuns: mostRuns}
	for _, c := range columns {
		s.vectors = append(s.vectors, newVector(l, c))
	}
	return s
}

// add takes rows, and the partitions that they belong in. It keeps neither.
func (s *sorter) add(rows []unsafe.Pointer, months []string) error {
	for len(rows) > 0 {
		n := min(len(rows), stepRows)
		for i, month := range months[:n] {
			if i > 0 && month == months[i-1] {
				s.months = append(s.months, s.months[len(s.months)-1])
				continue
			}
			s.months = append(s.months, s.id(month))
		}
		for _, v := range s.vectors {
			v.appendRows(rows[:n])
		}
		s.rows += n
		s.order = nil
		if s.size() >= s.limit {
			if err := s.spill(); err != nil {
				return err
			}
		}
		rows, months = rows[n:], months[n:]
	}
	return nil
}

// take takes a row of a block.
func (s *sorter) take(b block, i int, month string) error {
	place := [1]int32{int32(i)}
	for k, c := range s.columns {
		s.vectors[k].gather(b.columns[c], place[:])
	}
	return s.added(month)
}

func (s *sorter) id(month string) int32 {
	id, ok := s.ids[month]
	if !ok {
		id = int32(len(s.names))
		s.ids[month], s.names = id, append(s.names, month)
	}
	return id
}

// has reports whether there are rows of a partition.
func (s *sorter) has(month string) bool {
	if s == nil {
		return false
	}
	_, ok := s.ids[month]
	return ok
}

func (s *sorter) size() int {
	size := 4 * len(s.months)
	for _, v := range s.vectors {
		size += v.size()
	}
	return size
}

// block is the rows in memory.
func (s *sorter) block() block {
	b := block{columns: make([]arrow.Array, len(s.layout.kinds)), n: len(s.months)}
	for i, c := range s.columns {
		b.columns[c] = s.vectors[i].array()
	}
	return b
}

// sort puts the rows in memory in order. Of two rows with one key, the later one counts.
func (s *sorter) sort() block {
	b := s.block()
	if s.order != nil {
		return b
	}
	s.order = make([]sortKey, b.n)
	prefix := s.prefixes(b)
	for i := range s.order {
		s.order[i] = sortKey{month: s.months[i], place: int32(i), prefix: prefix(i)}
	}
	slices.SortFunc(s.order, func(x, y sortKey) int {
		if x.month != y.month {
			return cmp.Compare(x.month, y.month)
		}
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		if order := s.layout.compareKeys(b, int(x.place), b, int(y.place), s.keys); order != 0 {
			return order
		}
		return cmp.Compare(y.place, x.place)
	})
	s.order = slices.CompactFunc(s.order, func(x, y sortKey) bool {
		return x.month == y.month && x.prefix == y.prefix && s.layout.compareKeys(b, int(x.place), b, int(y.place), s.keys) == 0
	})
	return b
}

// prefixes returns a function that tells, for a row of a block, a number that orders rows as the first column of the key does, as far as it
// goes.
func (s *sorter) prefixes(b block) func(i int) uint64 {
	if s.keys == 0 || b.n == 0 {
		return func(int) uint64 { return 0 }
	}
	column := b.columns[s.layout.table.Key[0]]
	var number func(i int) uint64
	if s.layout.table.Columns[s.layout.table.Key[0]].Type == schemas.String {
		number = func(i int) uint64 {
			var first [8]byte
			copy(first[:], textOf(column, i))
			return binary.BigEndian.Uint64(first[:])
		}
	} else {
		wide, narrow := numbers(column)
		number = func(i int) uint64 {
			if wide == nil {
				return uint64(int64(narrow[i])) ^ 1<<63
			}
			return uint64(wide[i]) ^ 1<<63
		}
	}
	return func(i int) uint64 {
		if column.IsNull(i) {
			return 0
		}
		return number(i)
	}
}

// month returns the places of the rows in memory that belong in a partition, in order.
func (s *sorter) month(id int32) (places []int32) {
	from, _ := slices.BinarySearchFunc(s.order, id, func(k sortKey, id int32) int { return cmp.Compare(k.month, id) })
	for _, k := range s.order[from:] {
		if k.month != id {
			break
		}
		places = append(places, k.place)
	}
	return places
}

// stream reads the rows of a partition, from the beginning. Nothing may be added meanwhile.
func (s *sorter) stream(month string) *stream {
	if s == nil {
		return newStream(nil, nil)
	}
	id, ok := s.ids[month]
	if !ok {
		return newStream(s.compare, nil)
	}
	sources := s.sources(s.runs, id)
	b := s.sort()
	if places := s.month(id); len(places) > 0 {
		sources = append(sources, &source{age: len(s.runs), block: b, places: places, n: len(places)})
	}
	return newStream(s.compare, sources)
}

func (s *sorter) compare(a block, i int, b block, j int) int {
	return s.layout.compareKeys(a, i, b, j, s.keys)
}

// sources reads the rows of a partition in some runs.
func (s *sorter) sources(runs []run, id int32) (sources []*source) {
	for age, r := range runs {
		if segment, ok := r.segments[id]; ok {
			reader := &segmentReader{layout: s.layout, columns: s.columns, file: r.file, at: segment.from, to: segment.to}
			sources = append(sources, &source{age: age, more: reader.next})
		}
	}
	return sources
}

// spill writes the rows in memory to disk, as a run.
func (s *sorter) spill() error {
	b := s.sort()
	err := s.write(0, func(w *runWriter) error {
		for id := range int32(len(s.names)) {
			for places := range slices.Chunk(s.month(id), segmentRows) {
				for i, c := range s.columns {
					w.vectors[i].gather(b.columns[c], places)
				}
				if err := w.block(id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.order, s.months = nil, s.months[:0]
	for _, v := range s.vectors {
		v.reset()
	}
	return s.compact()
}

// compact makes one run of the last ones, where there are many of one level: so there never are many, and each row is
// written again once for each level.
func (s *sorter) compact() error {
	n := 0
	for n < len(s.runs) && s.runs[len(s.runs)-1-n].level == s.runs[len(s.runs)-1].level {
		n++
	}
	if n < s.mostRuns {
		return nil
	}
	before, last := s.runs[:len(s.runs)-n:len(s.runs)-n], s.runs[len(s.runs)-n:]
	place := []int32{0}
	err := s.write(last[0].level+1, func(w *runWriter) error {
		for id := range int32(len(s.names)) {
			from := newStream(s.compare, s.sources(last, id))
			for !from.done() {
				b, i := from.row()
				place[0] = int32(i)
				for k, c := range s.columns {
					w.vectors[k].gather(b.columns[c], place)
				}
				if from.next(); w.vectors[0].n < segmentRows && !from.done() {
					continue
				}
				if err := w.block(id); err != nil {
					return err
				}
			}
			if from.err != nil {
				return from.err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.runs = append(before, s.runs[len(s.runs)-1])
	for _, r := range last {
		_ = r.file.Close() // it has been read
	}
	return s.compact()
}

// write makes a run.
func (s *sorter) write(level int, fill func(*runWriter) error) error {
	explain := func(err error) error {
		return fmt.Errorf("writing rows to disk that don't fit in memory: %w (TMPDIR names the folder: it must be writable and have room)", err)
	}
	file, err := newSpill()
	if err != nil {
		return explain(err)
	}
	w := &runWriter{out: bufio.NewWriterSize(file, 1<<18), run: run{level, file, map[int32]segment{}}}
	if s.scratch == nil {
		for _, c := range s.columns {
			s.scratch = append(s.scratch, newVector(s.layout, c))
		}
	}
	w.vectors = s.scratch
	if err := cmp.Or(fill(w), w.out.Flush()); err != nil {
		_ = file.Close()
		return explain(err)
	}
	s.runs = append(s.runs, w.run)
	return nil
}

// A runWriter writes a run, block by block.
type runWriter struct {
	run
	vectors      []*vector // of the next block
	out          *bufio.Writer
	at           int64
	raw, encoded []byte
}

// block writes the rows in the vectors behind those of a partition that were written last.
func (w *runWriter) block(id int32) error {
	w.raw = encodeBlock(w.raw[:0], w.vectors)
	w.encoded = s2.Encode(w.encoded[:cap(w.encoded)], w.raw)
	part, ok := w.segments[id]
	if !ok {
		part.from = w.at
	}
	part.rows += w.vectors[0].n
	if _, err := w.out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(w.encoded)))); err != nil {
		return err
	}
	if _, err := w.out.Write(w.encoded); err != nil {
		return err
	}
	w.at += 8 + int64(len(w.encoded))
	part.to = w.at
	w.segments[id] = part
	for _, v := range w.vectors {
		v.reset()
	}
	return nil
}

// close gives back what the rows on disk take.
func (s *sorter) close() (err error) {
	if s == nil {
		return nil
	}
	for _, r := range s.runs {
		err = cmp.Or(err, r.file.Close())
	}
	s.runs = nil
	return err
}

func pointers(rows []any) []unsafe.Pointer {
	list := make([]unsafe.Pointer, len(rows))
	for i, row := range rows {
		list[i] = reflect.ValueOf(row).UnsafePointer()
	}
	return list
}

package load

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/s2"
)

// segmentRows is how many rows of a segment are in memory at a time.
const segmentRows = 256

// A segment is rows of one partition on disk, in order: blocks, each behind its length.
type segment struct {
	from, to int64 // in the file
	rows     int
}

// encodeBlock appends a block as it is stored: the number of its rows, and of each column how many are null, and its
// buffers, each behind its length.
func encodeBlock(to []byte, vectors []*vector) []byte {
	to = binary.AppendUvarint(to, uint64(vectors[0].n))
	for _, v := range vectors {
		to = binary.AppendUvarint(to, uint64(v.nulls))
		for _, buffer := range v.buffers() {
			to = binary.AppendUvarint(to, uint64(len(buffer)))
			for len(to)%8 != 0 { // numbers are read where they lie
				to = append(to, 0)
			}
			to = append(to, buffer...)
		}
	}
	return to
}

// buffers are those of an array: which are valid, where there may be nulls, and one or two of values.
func (v *vector) buffers() [][]byte {
	valid := v.valid
	if v.nulls == 0 {
		valid = nil
	}
	switch {
	case len(v.offsets) > 1:
		return [][]byte{valid, arrow.Int32Traits.CastToBytes(v.offsets), v.text}
	case len(v.bits) > 0:
		return [][]byte{valid, v.bits}
	case len(v.narrow) > 0:
		return [][]byte{valid, arrow.Int32Traits.CastToBytes(v.narrow)}
	}
	return [][]byte{valid, arrow.Int64Traits.CastToBytes(v.wide)}
}

// decodeBlock reads a block of some columns. It is part of the data.
func decodeBlock(l *layout, columns []int, data []byte) (b block, err error) {
	at := 0
	number := func() int {
		n, size := binary.Uvarint(data[at:])
		if size <= 0 || n > uint64(len(data)) {
			err = io.ErrUnexpectedEOF
			return 0
		}
		at += size
		return int(n)
	}
	b = block{columns: make([]arrow.Array, len(l.kinds)), n: number()}
	for _, c := range columns {
		nulls := number()
		buffers := make([]*memory.Buffer, 2, 3)
		if l.schema.Field(c).Type.ID() == arrow.STRING {
			buffers = buffers[:3]
		}
		for i := range buffers {
			n := number()
			at = (at + 7) &^ 7
			if err != nil || at+n > len(data) {
				return b, io.ErrUnexpectedEOF
			}
			if n > 0 || i > 0 {
				buffers[i] = memory.NewBufferBytes(data[at : at+n])
			}
			at += n
		}
		b.columns[c] = array.MakeFromData(array.NewData(l.schema.Field(c).Type, b.n, buffers, nil, nulls, 0))
	}
	return b, err
}

// A segmentReader reads the blocks of a segment.
type segmentReader struct {
	layout  *layout
	columns []int
	file    io.ReaderAt
	at, to  int64
	packed  []byte
}

// next returns the next block; io.EOF behind the last.
func (r *segmentReader) next() (block, error) {
	if r.at == r.to {
		return block{}, io.EOF
	}
	var length [8]byte
	if _, err := r.file.ReadAt(length[:], r.at); err != nil {
		return block{}, fmt.Errorf("reading rows that wait on disk: %w", err)
	}
	n := int(binary.LittleEndian.Uint64(length[:]))
	r.packed = slices.Grow(r.packed[:0], n)[:n]
	if _, err := r.file.ReadAt(r.packed, r.at+int64(len(length))); err != nil {
		return block{}, fmt.Errorf("reading rows that wait on disk: %w", err)
	}
	r.at += int64(len(length) + n)
	data, err := s2.Decode(nil, r.packed) // memory of its own: rows of a block wait to be written while the next one is read
	if err != nil {
		return block{}, fmt.Errorf("reading rows that wait on disk: %w", err)
	}
	b, err := decodeBlock(r.layout, r.columns, data)
	if err != nil {
		return block{}, fmt.Errorf("reading rows that wait on disk: %w", err)
	}
	return b, nil
}

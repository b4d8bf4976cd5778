package load

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"

	"bucketlake/schemas"
)

// A vector is values of a column, to which values are appended: many at a time, from the fields of rows or from arrays.
// It lies in memory as Arrow's arrays do, and keeps its memory when it is emptied.
type vector struct {
	column *schemas.Column
	typ    arrow.DataType

	n, nulls int
	valid    []byte  // a bit each, where the column may be null
	wide     []int64 // values of eight bytes: Int64, Double, Timestamp
	narrow   []int32 // of four: Int32, DateType
	bits     []byte  // Boolean: a bit each
	offsets  []int32 // String: where each begins in text, and where the last one ends
	text     []byte

	// codes, where they are there, are the values' places: the texts are a dictionary, in which each stands once, and narrow
	// has the place of each row's.
	codes map[string]int32
	code  int32 // of the last row
}

// newDictionary returns a vector for texts of which the same come again and again.
func newDictionary(l *layout, c int) *vector {
	v := newVector(l, c)
	v.codes = map[string]int32{}
	return v
}

func newVector(l *layout, c int) *vector {
	v := &vector{column: &l.table.Columns[c], typ: l.schema.Field(c).Type}
	v.reset()
	return v
}

// reset empties the vector. Its arrays must not be used any more.
func (v *vector) reset() {
	v.n, v.nulls = 0, 0
	v.valid, v.wide, v.narrow, v.bits, v.text = v.valid[:0], v.wide[:0], v.narrow[:0], v.bits[:0], v.text[:0]
	v.offsets = append(v.offsets[:0], 0)
	clear(v.codes)
}

// put appends a text.
func (v *vector) put(text []byte) {
	if v.codes == nil {
		v.text = append(v.text, text...)
		v.offsets = append(v.offsets, int32(len(v.text)))
		return
	}
	if n := int(v.code) + 1; n < len(v.offsets) && string(v.text[v.offsets[n-1]:v.offsets[n]]) == string(text) {
		v.narrow = append(v.narrow, v.code)
		return
	}
	code, ok := v.codes[string(text)]
	if !ok {
		code = int32(len(v.offsets) - 1)
		v.text = append(v.text, text...)
		v.offsets = append(v.offsets, int32(len(v.text)))
		v.codes[string(text)] = code
	}
	v.code = code
	v.narrow = append(v.narrow, code)
}

// size is how many bytes the values take.
func (v *vector) size() int {
	return len(v.valid) + 8*len(v.wide) + 4*len(v.narrow) + len(v.bits) + 4*len(v.offsets) + len(v.text)
}

// dictionaryType is the type of the arrays of dictionaries.
var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// distinct is how many different values there are; at most, where they are no texts.
func (v *vector) distinct() int {
	switch {
	case v.codes != nil:
		return max(1, len(v.codes))
	case v.column.Type != schemas.String:
		return max(1, v.n-v.nulls)
	}
	seen := make(map[uint64]struct{}, v.n/8)
	for i := range v.n {
		seen[xxh3.Hash(v.text[v.offsets[i]:v.offsets[i+1]])] = struct{}{}
	}
	return max(1, len(seen))
}

// array returns the values as an array, which is good until the vector is emptied.
func (v *vector) array() arrow.Array {
	var valid *memory.Buffer
	if v.nulls > 0 {
		valid = memory.NewBufferBytes(v.valid)
	}
	buffers := []*memory.Buffer{valid, nil}
	if v.codes != nil {
		texts := array.NewData(v.typ, len(v.offsets)-1, []*memory.Buffer{
			nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.offsets)), memory.NewBufferBytes(v.text),
		}, nil, 0, 0)
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.narrow))
		return array.MakeFromData(array.NewDataWithDictionary(dictionaryType, v.n, buffers, v.nulls, 0, texts))
	}
	switch v.column.Type {
	case schemas.String:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.offsets))
		buffers = append(buffers, memory.NewBufferBytes(v.text))
	case schemas.Boolean:
		buffers[1] = memory.NewBufferBytes(v.bits)
	case schemas.Int32, schemas.DateType:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.narrow))
	default:
		buffers[1] = memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(v.wide))
	}
	return array.MakeFromData(array.NewData(v.typ, v.n, buffers, nil, v.nulls, 0))
}

// appendBit appends a bit to those of n values.
func appendBit(bits []byte, n int, set bool) []byte {
	if n%8 == 0 {
		bits = append(bits, 0)
	}
	if set {
		bits[n/8] |= 1 << (n % 8)
	}
	return bits
}

// appendBits appends the bits [from, from+count) of src to n bits.
func appendBits(bits []byte, n int, src []byte, from, count int) []byte {
	size := int(bitutil.BytesForBits(int64(n + count)))
	bits = append(bits, make([]byte, size-len(bits))...)
	bitutil.CopyBitmap(src, from, count, bits, n)
	return bits
}

// appendOnes appends count bits that are set to n bits.
func appendOnes(bits []byte, n, count int) []byte {
	size := int(bitutil.BytesForBits(int64(n + count)))
	bits = append(bits, make([]byte, size-len(bits))...)
	bitutil.SetBitsTo(bits, int64(n), int64(count), true)
	return bits
}

// null appends nothing.
func (v *vector) null() {
	v.valid = appendBit(v.valid, v.n, false)
	v.nulls++
	switch v.column.Type {
	case schemas.String:
		if v.codes != nil {
			v.narrow = append(v.narrow, 0)
			break
		}
		v.offsets = append(v.offsets, int32(len(v.text)))
	case schemas.Boolean:
		v.bits = appendBit(v.bits, v.n, false)
	case schemas.Int32, schemas.DateType:
		v.narrow = append(v.narrow, 0)
	default:
		v.wide = append(v.wide, 0)
	}
	v.n++
}

// counted notes a value that was appended.
func (v *vector) counted() {
	if v.column.Nullable {
		v.valid = appendBit(v.valid, v.n, true)
	}
	v.n++
}

// appendTime appends a time that is none of a row's.
func (v *vector) appendTime(t time.Time) {
	if t.IsZero() {
		v.null()
		return
	}
	v.wide = append(v.wide, int64(stamp(t)))
	v.counted()
}

// appendRows appends the fields of rows, which are pointers to the table's struct. In a column that may be null, a nil
// pointer, the empty string and the zero time are null.
func (v *vector) appendRows(rows []unsafe.Pointer) {
	for _, row := range rows {
		field := unsafe.Add(row, v.column.Offset)
		if v.column.Pointer {
			if field = *(*unsafe.Pointer)(field); field == nil {
				v.null()
				continue
			}
		}
		v.appendField(field, v.column.Nullable && !v.column.Pointer)
	}
}

// appendField appends the value that field points to, or null where it is empty and that stands for null.
func (v *vector) appendField(field unsafe.Pointer, optional bool) {
	switch v.column.Type {
	case schemas.String:
		s := *(*string)(field)
		if optional && s == "" {
			v.null()
			return
		}
		if !utf8.ValidString(s) { // engines refuse the file where one isn't
			s = strings.ToValidUTF8(s, "\uFFFD")
		}
		v.put(unsafe.Slice(unsafe.StringData(s), len(s)))
	case schemas.Timestamp:
		t := *(*time.Time)(field)
		if optional && t.IsZero() {
			v.null()
			return
		}
		v.wide = append(v.wide, int64(stamp(t)))
	case schemas.Int64:
		v.wide = append(v.wide, *(*int64)(field))
	case schemas.Double:
		v.wide = append(v.wide, int64(math.Float64bits(*(*float64)(field))))
	case schemas.Int32, schemas.DateType:
		v.narrow = append(v.narrow, *(*int32)(field))
	case schemas.Boolean:
		v.bits = appendBit(v.bits, v.n, *(*bool)(field))
	}
	v.counted()
}

// appendRange appends the values [from, to) of an array.
func (v *vector) appendRange(src arrow.Array, from, to int) {
	count := to - from
	if count == 0 {
		return
	}
	switch a := src.(type) {
	case *array.String:
		if v.codes != nil {
			v.encode(a, from, to)
			break
		}
		offsets := a.ValueOffsets()[from : to+1]
		first, last := offsets[0], offsets[count]
		move := int32(len(v.text)) - first
		for _, offset := range offsets[1:] {
			v.offsets = append(v.offsets, offset+move)
		}
		if last > first {
			v.text = append(v.text, a.Data().Buffers()[2].Bytes()[first:last]...)
		}
	case *array.Boolean:
		v.bits = appendBits(v.bits, v.n, a.Data().Buffers()[1].Bytes(), a.Offset()+from, count)
	default:
		wide, narrow := numbers(src)
		if wide != nil {
			v.wide = append(v.wide, wide[from:to]...)
		} else {
			v.narrow = append(v.narrow, narrow[from:to]...)
		}
	}
	switch {
	case !v.column.Nullable:
	case src.NullN() == 0:
		v.valid = appendOnes(v.valid, v.n, count)
	default:
		v.valid = appendBits(v.valid, v.n, src.NullBitmapBytes(), src.Data().Offset()+from, count)
		v.nulls += count - bitutil.CountSetBits(v.valid, v.n, count)
	}
	v.n += count
}

// gather appends the values of an array at some places.
func (v *vector) gather(src arrow.Array, places []int32) {
	switch a := src.(type) {
	case *array.String:
		if v.codes != nil {
			for _, i := range places {
				v.encode(a, int(i), int(i)+1)
			}
			break
		}
		offsets := a.ValueOffsets()
		if len(a.ValueBytes()) == 0 {
			for range places {
				v.offsets = append(v.offsets, int32(len(v.text)))
			}
			break
		}
		text := a.Data().Buffers()[2].Bytes()
		for _, i := range places {
			v.text = append(v.text, text[offsets[i]:offsets[i+1]]...)
			v.offsets = append(v.offsets, int32(len(v.text)))
		}
	case *array.Boolean:
		for k, i := range places {
			v.bits = appendBit(v.bits, v.n+k, a.Value(int(i)))
		}
	default:
		wide, narrow := numbers(src)
		if wide != nil {
			for _, i := range places {
				v.wide = append(v.wide, wide[i])
			}
			break
		}
		for _, i := range places {
			v.narrow = append(v.narrow, narrow[i])
		}
	}
	switch {
	case !v.column.Nullable:
	case src.NullN() == 0:
		v.valid = appendOnes(v.valid, v.n, len(places))
	default:
		for k, i := range places {
			ok := src.IsValid(int(i))
			v.valid = appendBit(v.valid, v.n+k, ok)
			if !ok {
				v.nulls++
			}
		}
	}
	v.n += len(places)
}

// encode appends the texts [from, to) of an array to those of a dictionary.
func (v *vector) encode(a *array.String, from, to int) {
	for i := from; i < to; i++ {
		if a.IsNull(i) {
			v.narrow = append(v.narrow, 0)
			continue
		}
		s := a.Value(i)
		v.put(unsafe.Slice(unsafe.StringData(s), len(s)))
	}
}

// numbers returns the values of an array of numbers, of eight bytes each or of four. What eight bytes mean does not matter
// to whoever copies them.
func numbers(src arrow.Array) (wide []int64, narrow []int32) {
	data := src.Data()
	if src.Len() == 0 || data.Buffers()[1] == nil {
		return make([]int64, 0), make([]int32, 0)
	}
	bytes := data.Buffers()[1].Bytes()
	from, to := data.Offset(), data.Offset()+src.Len()
	switch src.DataType().(arrow.FixedWidthDataType).BitWidth() {
	case 64:
		return arrow.Int64Traits.CastFromBytes(bytes)[from:to], nil
	default:
		return nil, arrow.Int32Traits.CastFromBytes(bytes)[from:to]
	}
}

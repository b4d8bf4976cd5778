package bitbucket

import (
	"encoding/binary"
	"math/bits"
	"reflect"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"
)

// A scanner reads JSON. What it can't read it leaves to encoding/json: see decode.
type scanner struct {
	data  []byte
	at    int
	texts []byte      // memory for strings; what is used is never written again
	slabs []slabState // by slab
}

const (
	deepest    = 1000    // nesting
	textsChunk = 1 << 14 // bytes of memory for strings
)

// space passes over white space.
func (s *scanner) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\n' || s.data[s.at] == '\t' || s.data[s.at] == '\r') {
		s.at++
	}
}

// eat passes over a character, and white space around it.
func (s *scanner) eat(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		if s.at < len(s.data) && s.data[s.at] > ' ' {
			return true
		}
		s.space()
		return true
	}
	if s.at >= len(s.data) || s.data[s.at] > ' ' {
		return false
	}
	s.space()
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		s.space()
		return true
	}
	return false
}

func (s *scanner) literal(text string) bool {
	if s.at+len(text) > len(s.data) || string(s.data[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

func (s *scanner) null() bool { return s.at < len(s.data) && s.data[s.at] == 'n' && s.literal("null") }

func (s *scanner) boolean(to *bool) bool {
	switch {
	case s.literal("true"):
		*to = true
	case s.literal("false"):
		*to = false
	default:
		return false
	}
	return true
}

// integer reads an integer of up to 18 digits.
func (s *scanner) integer(to *int64) bool {
	negative := s.at < len(s.data) && s.data[s.at] == '-'
	if negative {
		s.at++
	}
	from, n := s.at, int64(0)
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' && s.at-from < 19 {
		n = 10*n + int64(s.data[s.at]-'0')
		s.at++
	}
	if digits := s.at - from; digits == 0 || digits > 18 || digits > 1 && s.data[from] == '0' {
		return false
	}
	if s.at < len(s.data) && (s.data[s.at] == '.' || s.data[s.at]|0x20 == 'e') {
		return false
	}
	if negative {
		n = -n
	}
	*to = n
	return true
}

// quoted passes over a string and returns what stands between its quotes, and whether there are escapes in it.
func (s *scanner) quoted() (inner []byte, escaped, ok bool) {
	if s.at >= len(s.data) || s.data[s.at] != '"' {
		return nil, false, false
	}
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	from, i, all := s.at+1, s.at+1, uint64(0)
	for {
		for i+8 <= len(s.data) {
			word := binary.LittleEndian.Uint64(s.data[i:])
			// The high bit of each byte that is a quote, a backslash or a control character.
			quote, slash := word^('"'*ones), word^('\\'*ones)
			found := ((quote-ones)&^quote | (slash-ones)&^slash | (word-' '*ones)&^word) & highs
			if found != 0 {
				n := bits.TrailingZeros64(found)
				all |= word & (1<<n - 1) // bits of the bytes before it, and it has no high one itself
				i += n / 8
				break
			}
			all |= word
			i += 8
		}
		if i >= len(s.data) {
			return nil, false, false
		}
		switch c := s.data[i]; {
		case c == '"':
			s.at = i + 1
			inner = s.data[from:i]
			return inner, escaped, all&highs == 0 || utf8.Valid(inner)
		case c == '\\':
			escaped = true
			i += 2
		case c < ' ':
			return nil, false, false
		default:
			all |= uint64(c)
			i++
		}
	}
}

// name reads the name of a field. It is valid as long as the data.
func (s *scanner) name() (string, bool) {
	inner, escaped, ok := s.quoted()
	return unsafe.String(unsafe.SliceData(inner), len(inner)), ok && !escaped
}

// text reads a string into memory of its own: the data is of a page, and goes with it.
func (s *scanner) text(to *string) bool {
	inner, escaped, ok := s.quoted()
	if !ok {
		return false
	}
	if len(inner) == 0 {
		*to = ""
		return true
	}
	if cap(s.texts)-len(s.texts) < len(inner) {
		s.texts = make([]byte, 0, max(len(inner), min(textsChunk, len(s.data))))
	}
	from := len(s.texts)
	if !escaped {
		s.texts = append(s.texts, inner...)
	} else if s.texts, ok = unescape(s.texts, inner); !ok {
		return false
	}
	*to = unsafe.String(unsafe.SliceData(s.texts[from:]), len(s.texts)-from)
	return true
}

// unescape appends a string without its escapes; it never gets longer.
func unescape(to, inner []byte) (text []byte, ok bool) {
	const plain, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			to = append(to, inner[i])
			continue
		}
		i++
		if inner[i] != 'u' {
			k := 0
			for k < len(plain) && plain[k] != inner[i] {
				k++
			}
			if k == len(plain) {
				return to, false
			}
			to = append(to, means[k])
			continue
		}
		if i+4 >= len(inner) {
			return to, false
		}
		r := rune(0)
		for _, c := range inner[i+1 : i+5] {
			switch {
			case '0' <= c && c <= '9':
				r = r<<4 | rune(c-'0')
			case 'a' <= c|0x20 && c|0x20 <= 'f':
				r = r<<4 | rune(c|0x20-'a'+10)
			default:
				return to, false
			}
		}
		if 0xD800 <= r && r < 0xE000 { // half of a character: of two halves, too
			return to, false
		}
		to = utf8.AppendRune(to, r)
		i += 4
	}
	return to, true
}

// time reads a time as Bitbucket writes it, in UTC.
func (s *scanner) time(to *time.Time) bool {
	from := s.at
	inner, escaped, ok := s.quoted()
	if !ok || escaped {
		return false
	}
	if t, ok := parseTime(inner); ok {
		*to = t
		return true
	}
	return to.UnmarshalJSON(s.data[from:s.at]) == nil
}

// parseTime reads a time such as 2026-10-28T11:23:00.829594+00:00, or with Z, or without a fraction.
func parseTime(b []byte) (t time.Time, ok bool) {
	const shortest = len("2026-10-28T11:23:00Z")
	if len(b) < shortest || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return t, false
	}
	valid := true
	number := func(from, to int) (n int) {
		for _, c := range b[from:to] {
			valid = valid && '0' <= c && c <= '9'
			n = 10*n + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second := number(11, 13), number(14, 16), number(17, 19)
	rest, nanos := b[19:], 0
	if rest[0] == '.' {
		end := 1
		for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
			end++
		}
		if end == 1 || end > 10 {
			return t, false
		}
		nanos = number(20, 19+end)
		for range 10 - end {
			nanos *= 10
		}
		rest = rest[end:]
	}
	if !valid || string(rest) != "+00:00" && string(rest) != "Z" || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day && t.Month() == time.Month(month) && day > 0 && month > 0
}

// skip passes over a value.
func (s *scanner) skip(depth int) bool {
	s.space()
	if s.at >= len(s.data) || depth > deepest {
		return false
	}
	switch s.data[s.at] {
	case '"':
		from := s.at
		inner, escaped, ok := s.quoted()
		if ok && escaped {
			var memory [64]byte
			_, ok = unescape(memory[:0], inner)
		}
		return ok && s.at > from
	case '{':
		s.at++
		if s.space(); s.eat('}') {
			return true
		}
		for {
			s.space()
			if _, ok := s.name(); !ok || !s.eat(':') || !s.skip(depth+1) {
				return false
			}
			if !s.eat(',') {
				return s.eat('}')
			}
		}
	case '[':
		s.at++
		if s.space(); s.eat(']') {
			return true
		}
		for {
			if !s.skip(depth + 1) {
				return false
			}
			if !s.eat(',') {
				return s.eat(']')
			}
		}
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	var n int64
	return s.integer(&n)
}

// A slab is memory for values of one type that pointers point to, many at a time.
type slab struct {
	id      int
	element reflect.Type
}

type slabState struct {
	next       unsafe.Pointer
	left, last int
}

var slabs atomic.Int64

func newSlab(t reflect.Type) slab { return slab{int(slabs.Add(1)), t} }

// allocate returns memory for one value, zeroed.
func (s *scanner) allocate(of slab) unsafe.Pointer {
	if of.id >= len(s.slabs) {
		s.slabs = append(s.slabs, make([]slabState, of.id+1-len(s.slabs))...)
	}
	state := &s.slabs[of.id]
	if state.left == 0 {
		state.last = min(max(1, 4*state.last), 64)
		state.left = state.last
		state.next = reflect.MakeSlice(reflect.SliceOf(of.element), state.left, state.left).UnsafePointer()
	}
	p := state.next
	state.left--
	if state.left > 0 { // a pointer behind the last one would point into something else
		state.next = unsafe.Add(p, of.element.Size())
	} else {
		state.next = nil
	}
	return p
}

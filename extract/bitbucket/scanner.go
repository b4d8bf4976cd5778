package bitbucket

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A scanner reads answers as Bitbucket writes them, in one pass. It knows nothing but what these look like, and gives up
// at the first byte of which it is not sure: what it reads is what the library reads (FuzzScanner), or nothing. See
// deploy/adr/0009-one-pass-over-answers.md.
type scanner struct {
	text     []byte
	at       int
	accounts map[string]knownAccount // by their text up to the first brace that closes: no less than what tells most of them apart
	texts    [256]string             // that came lately: most are states, roles and names of branches
	skipped  *jsontext.Decoder
}

// A knownAccount is an account that was read before. The same few people stand in all objects.
type knownAccount struct {
	text string
	*Account
}

const (
	mostAccounts = 4096
	longAccount  = 1024 // bytes; a longer one is not kept
	longText     = 64
)

var scanners = sync.Pool{New: func() any {
	return &scanner{accounts: map[string]knownAccount{}, skipped: jsontext.NewDecoder(bytes.NewReader(nil), asBefore)}
}}

// scan reads an answer into a value that is zero. It reports whether it could; if not, the value is worth nothing.
func scan(answer []byte, to reflect.Value) bool {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.text, s.at = answer, 0
	ok := readingOf(to.Type())(s, to)
	ok = ok && s.peek() == 0 && s.at == len(s.text)
	s.text = nil
	return ok
}

// peek returns the next byte that is no space; 0 where there is none.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take goes past the next byte that is no space, if it is c.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) word(w string) bool {
	if rest := s.text[s.at:]; len(rest) < len(w) || string(rest[:len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) null() bool { return s.peek() == 'n' && s.word("null") }

// quoted goes past a text, and returns it without its quotes; plain says that nothing in it stands for something else.
func (s *scanner) quoted() (text []byte, plain, ok bool) {
	if !s.take('"') {
		return nil, false, false
	}
	const each, high = 0x0101010101010101, 0x8080808080808080
	from, ascii := s.at, true
	plain = true
	for i := from; ; {
		for ; i+8 <= len(s.text); i += 8 { // eight bytes at a time, up to one that is a quote, a backslash, a control or no ASCII
			x := binary.LittleEndian.Uint64(s.text[i:])
			special := ((x - each*' ') | (x ^ each*'"' - each) | (x ^ each*'\\' - each) | x) & high
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
		}
		if i >= len(s.text) {
			return nil, false, false
		}
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			text = s.text[from:i]
			return text, plain, ascii || utf8.Valid(text)
		case c == '\\':
			plain = false
			i += 2
			continue
		case c < ' ':
			return nil, false, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
		i++
	}
}

func (s *scanner) string(to reflect.Value) bool {
	if s.null() {
		return true
	}
	text, plain, ok := s.quoted()
	if !ok {
		return false
	}
	if plain {
		to.SetString(s.keep(text))
		return true
	}
	whole := s.text[s.at-len(text)-2 : s.at]
	unquoted, err := jsontext.AppendUnquote(nil, whole)
	if err != nil {
		return false
	}
	to.SetString(string(unquoted))
	return true
}

// keep makes a string of a text, or takes one that was made before.
func (s *scanner) keep(text []byte) string {
	n := len(text)
	if n == 0 || n > longText {
		return string(text)
	}
	known := &s.texts[byte(n*7)^text[0]^text[n-1]<<3^text[n/2]<<1]
	if *known != string(text) {
		*known = string(text)
	}
	return *known
}

func (s *scanner) bool(to reflect.Value) bool {
	switch s.peek() {
	case 't':
		to.SetBool(true)
		return s.word("true")
	case 'f':
		return s.word("false")
	}
	return s.null()
}

func (s *scanner) int(to reflect.Value) bool {
	if s.null() {
		return true
	}
	negative := s.take('-')
	from, n := s.at, int64(0)
	for ; s.at < len(s.text); s.at++ {
		digit := s.text[s.at] - '0'
		if digit > 9 {
			break
		}
		n = 10*n + int64(digit)
	}
	digits := s.at - from
	if digits == 0 || digits > 18 || digits > 1 && s.text[from] == '0' {
		return false
	}
	if s.at < len(s.text) && strings.IndexByte(".eE", s.text[s.at]) >= 0 {
		return false
	}
	if negative {
		n = -n
	}
	to.SetInt(n)
	return true
}

func (s *scanner) time(to reflect.Value) bool {
	if s.null() {
		return true
	}
	text, plain, ok := s.quoted()
	return ok && plain && ofBitbucket(text) && to.Addr().Interface().(*time.Time).UnmarshalText(text) == nil
}

// ofBitbucket reports whether a time has one of the forms of Bitbucket's. Of other forms, UnmarshalText takes some that are none.
func ofBitbucket(text []byte) bool {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) < seconds || text[len("2006-01-02T15")] != ':' {
		return false
	}
	rest, ok := bytes.CutSuffix(text[seconds:], []byte("+00:00"))
	if !ok {
		rest, ok = bytes.CutSuffix(rest, []byte("Z"))
	}
	return ok && (len(rest) == 0 || rest[0] == '.')
}

// own reads a value whose type has a way of its own to read it.
func (s *scanner) own(to reflect.Value) bool {
	s.peek()
	from := s.at
	return s.skip() && to.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(s.text[from:s.at]) == nil
}

// skip goes past a value of any kind.
func (s *scanner) skip() bool {
	s.skipped.Reset(bytes.NewBuffer(s.text[s.at:]), asBefore) // a Buffer is read where it lies
	err := s.skipped.SkipValue()
	s.at += int(s.skipped.InputOffset())
	return err == nil
}

package bitbucket

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A reading reads the value that comes next into one that is zero, of its type, and reports whether it could.
type reading func(s *scanner, to reflect.Value) bool

var readings sync.Map // of types

func readingOf(t reflect.Type) reading {
	known, ok := readings.Load(t)
	if !ok {
		known, _ = readings.LoadOrStore(t, newReading(t))
	}
	return known.(reading)
}

func newReading(t reflect.Type) reading {
	switch {
	case t == reflect.TypeFor[*Account]():
		return newAccountReading()
	case t == reflect.TypeFor[time.Time]():
		return (*scanner).time
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return (*scanner).own
	}
	switch t.Kind() {
	case reflect.String:
		return (*scanner).string
	case reflect.Bool:
		return (*scanner).bool
	case reflect.Int, reflect.Int64:
		return (*scanner).int
	case reflect.Pointer:
		return newPointerReading(t)
	case reflect.Slice:
		return newSliceReading(t)
	case reflect.Struct:
		return newStructReading(t)
	}
	return func(*scanner, reflect.Value) bool { return false }
}

func newPointerReading(t reflect.Type) reading {
	read := readingOf(t.Elem())
	return func(s *scanner, to reflect.Value) bool {
		if s.null() {
			return true
		}
		value := reflect.New(t.Elem())
		to.Set(value)
		return read(s, value.Elem())
	}
}

func newSliceReading(t reflect.Type) reading {
	read := readingOf(t.Elem())
	var last atomic.Int32 // how many there were the last time
	return func(s *scanner, to reflect.Value) bool {
		if s.null() {
			return true
		}
		if !s.take('[') {
			return false
		}
		if s.take(']') {
			to.Set(reflect.MakeSlice(t, 0, 0))
			return true
		}
		to.Grow(max(1, int(last.Load())))
		for n := 0; ; n++ {
			if n == to.Cap() {
				to.Grow(1)
			}
			to.SetLen(n + 1)
			if !read(s, to.Index(n)) {
				return false
			}
			if s.take(',') {
				continue
			}
			last.Store(int32(n + 1))
			return s.take(']')
		}
	}
}

// A member is a field of a struct.
type member struct {
	name  string
	field int
	read  reading
}

func newStructReading(t reflect.Type) reading {
	var byLength [32][]member
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("json")
		switch {
		case tag == "-":
		case !ok || tag == "" || len(tag) >= len(byLength) || strings.Contains(tag, ",") || i >= 64:
			return func(*scanner, reflect.Value) bool { return false }
		default:
			byLength[len(tag)] = append(byLength[len(tag)], member{tag, i, readingOf(t.Field(i).Type)})
		}
	}
	return func(s *scanner, to reflect.Value) bool {
		if s.null() {
			return true
		}
		if !s.take('{') {
			return false
		}
		if s.take('}') {
			return true
		}
		for seen := uint64(0); ; {
			name, plain, ok := s.quoted()
			if !ok || !plain || !s.take(':') {
				return false
			}
			known := false
			if len(name) < len(byLength) {
				for i := range byLength[len(name)] {
					m := &byLength[len(name)][i]
					if m.name != string(name) {
						continue
					}
					if seen&(1<<m.field) != 0 || !m.read(s, to.Field(m.field)) { // a second one would be read into the first
						return false
					}
					seen |= 1 << m.field
					known = true
					break
				}
			}
			if !known && !s.skip() {
				return false
			}
			if s.take(',') {
				continue
			}
			return s.take('}')
		}
	}
}

func newAccountReading() reading {
	read := readingOf(reflect.TypeFor[Account]())
	return func(s *scanner, to reflect.Value) bool {
		if s.null() {
			return true
		}
		from := s.at
		start := s.text[from : from+bytes.IndexByte(s.text[from:], '}')+1]
		known, ok := s.accounts[string(start)]
		if ok && s.word(known.text) {
			*to.Addr().Interface().(**Account) = known.Account
			return true
		}
		known = knownAccount{Account: new(Account)}
		if !read(s, reflect.ValueOf(known.Account).Elem()) {
			return false
		}
		*to.Addr().Interface().(**Account) = known.Account
		if n := s.at - from; n <= longAccount {
			if len(s.accounts) >= mostAccounts {
				clear(s.accounts)
			}
			known.text = string(s.text[from:s.at])
			s.accounts[known.text[:len(start)]] = known
		}
		return true
	}
}

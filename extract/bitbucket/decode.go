package bitbucket

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// decode reads an answer into the value that v points to, as encoding/json does. What is as answers are is read by plans,
// which are made once for each type: three to eight times as fast, nearly without allocations. Wherever something is not, a
// type, a number, a character, encoding/json reads the whole answer anew, and has the last word on what it is or what is
// wrong with it.
func decode(answer []byte, v any) error {
	target := reflect.ValueOf(v).Elem()
	s := scanner{data: answer}
	if planOf(target.Type())(&s, target.Addr().UnsafePointer()) {
		return nil
	}
	target.SetZero()
	return json.NewDecoder(bytes.NewReader(answer)).Decode(v)
}

// A plan reads the value at the scanner's position into memory that holds a value of the plan's type. It reports false
// where it is not sure what encoding/json would make of it.
type plan func(s *scanner, to unsafe.Pointer) bool

var plans sync.Map // by reflect.Type

func planOf(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(plan)
}

func newPlan(t reflect.Type) plan {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return func(s *scanner, to unsafe.Pointer) bool { return s.null() || s.time((*time.Time)(to)) }
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return func(s *scanner, to unsafe.Pointer) bool {
			from := s.at
			return s.skip(0) && reflect.NewAt(t, to).Interface().(json.Unmarshaler).UnmarshalJSON(s.data[from:s.at]) == nil
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(s *scanner, to unsafe.Pointer) bool { return s.null() || s.text((*string)(to)) }
	case reflect.Int64, reflect.Int:
		if t.Size() == 8 {
			return func(s *scanner, to unsafe.Pointer) bool { return s.null() || s.integer((*int64)(to)) }
		}
	case reflect.Bool:
		return func(s *scanner, to unsafe.Pointer) bool { return s.null() || s.boolean((*bool)(to)) }
	case reflect.Pointer:
		return pointerPlan(t.Elem())
	case reflect.Slice:
		return slicePlan(t)
	case reflect.Struct:
		return structPlan(t)
	}
	return func(s *scanner, to unsafe.Pointer) bool { // whatever it is, encoding/json knows it
		from := s.at
		return s.skip(0) && json.Unmarshal(s.data[from:s.at], reflect.NewAt(t, to).Interface()) == nil
	}
}

func pointerPlan(t reflect.Type) plan {
	pointee, slab := planOf(t), newSlab(t)
	return func(s *scanner, to unsafe.Pointer) bool {
		p := (*unsafe.Pointer)(to)
		if s.null() {
			*p = nil
			return true
		}
		if *p == nil {
			*p = s.allocate(slab)
		}
		return pointee(s, *p)
	}
}

// sliceHeader is how a slice lies in memory.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func slicePlan(t reflect.Type) plan {
	element, size := planOf(t.Elem()), t.Elem().Size()
	empty := reflect.MakeSlice(t, 0, 0).UnsafePointer()
	return func(s *scanner, to unsafe.Pointer) bool {
		h := (*sliceHeader)(to)
		if h.data != nil { // a field that comes twice
			return false
		}
		if s.null() {
			return true
		}
		if !s.eat('[') {
			return false
		}
		if s.eat(']') {
			h.data = empty
			return true
		}
		for {
			if h.len == h.cap {
				grown := reflect.MakeSlice(t, h.len, max(4, 2*h.cap))
				reflect.Copy(grown, reflect.NewAt(t, to).Elem())
				h.data, h.cap = grown.UnsafePointer(), grown.Cap()
			}
			h.len++
			if !element(s, unsafe.Add(h.data, uintptr(h.len-1)*size)) {
				return false
			}
			if !s.eat(',') {
				return s.eat(']')
			}
		}
	}
}

type field struct {
	name   string
	offset uintptr
	plan   plan
}

func structPlan(t reflect.Type) plan {
	var fields []field
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || name != strings.ToLower(name) {
			return func(s *scanner, to unsafe.Pointer) bool { return false }
		}
		if name != "-" {
			fields = append(fields, field{name, f.Offset, planOf(f.Type)})
		}
	}
	find := newFinder(fields)
	return func(s *scanner, to unsafe.Pointer) bool {
		if s.null() {
			return true
		}
		if !s.eat('{') {
			return false
		}
		if s.eat('}') {
			return true
		}
		for {
			name, ok := s.name()
			if !ok || !s.eat(':') {
				return false
			}
			if f := find.field(name); f != nil {
				s.space()
				ok = f.plan(s, unsafe.Add(to, f.offset))
			} else { // encoding/json takes ID for id
				ok = plain(name) && s.skip(0)
			}
			if !ok {
				return false
			}
			if !s.eat(',') {
				return s.eat('}')
			}
		}
	}
}

// A finder finds fields by name: in a table in which each has a place of its own.
type finder struct {
	places []*field
	seed   uint32
}

func newFinder(fields []field) finder {
	for size := 8; ; size *= 2 {
		for seed := range uint32(64) {
			f := finder{make([]*field, size), 2*seed + 1}
			fits := true
			for i := range fields {
				place := &f.places[f.place(fields[i].name)]
				fits = fits && *place == nil
				*place = &fields[i]
			}
			if fits {
				return f
			}
		}
	}
}

func (f *finder) place(name string) uint32 {
	n := uint32(len(name))
	h := n
	if n > 0 {
		h += uint32(name[0])<<8 ^ uint32(name[n-1])<<16 ^ uint32(name[n/2])<<24 ^ uint32(name[n/3])<<4
	}
	return h * (f.seed * 0x9E3779B1) >> 16 & uint32(len(f.places)-1)
}

func (f *finder) field(name string) *field {
	if found := f.places[f.place(name)]; found != nil && found.name == name {
		return found
	}
	return nil
}

// plain reports whether no name of a field can be another spelling of this one.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c >= 0x80 {
			return false
		}
	}
	return true
}

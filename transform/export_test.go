package transform

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
)

// Objects lists the types of objects that rows are made of.
func Objects() []reflect.Type {
	return slices.SortedFunc(maps.Keys(makers), func(a, b reflect.Type) int { return cmp.Compare(a.String(), b.String()) })
}

var NextKey = nextKey

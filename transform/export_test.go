package transform

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Objects lists the types of the objects of the API that rows are made of.
func Objects() []reflect.Type {
	return slices.SortedFunc(maps.Keys(makers), func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
}

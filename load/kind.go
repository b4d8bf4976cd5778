package load

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"bucketlake/schemas"
)

// A kind is what the package can do with the values of one column type. The arrays that it is
// given are those of that type.
type kind interface {
	// compare orders value i of a and value j of b. Null sorts first.
	compare(a arrow.Array, i int, b arrow.Array, j int) int
	// fill sets a struct field to value i of src; null leaves it alone.
	fill(field reflect.Value, src arrow.Array, i int)
}

// kinds holds the kind of each column type.
var kinds = [...]kind{
	schemas.String: values[string, *array.String]{
		order: strings.Compare,
		set:   func(v reflect.Value, s string) { v.SetString(strings.Clone(s)) }, // s is part of a buffer of many
	},
	schemas.Int64: values[int64, *array.Int64]{
		order: cmp.Compare[int64],
		set:   reflect.Value.SetInt,
	},
	schemas.Int32: values[int32, *array.Int32]{
		order: cmp.Compare[int32],
		set:   func(v reflect.Value, n int32) { v.SetInt(int64(n)) },
	},
	schemas.Double: values[float64, *array.Float64]{
		order: cmp.Compare[float64], // NaN equals NaN, so that it is no change
		set:   reflect.Value.SetFloat,
	},
	schemas.Boolean: values[bool, *array.Boolean]{
		order: compareBool,
		set:   reflect.Value.SetBool,
	},
	schemas.DateType: values[arrow.Date32, *array.Date32]{
		order: cmp.Compare[arrow.Date32],
		set:   func(v reflect.Value, d arrow.Date32) { v.SetInt(int64(d)) },
	},
	schemas.Timestamp: values[arrow.Timestamp, *array.Timestamp]{
		order: cmp.Compare[arrow.Timestamp],
		set:   func(v reflect.Value, t arrow.Timestamp) { *v.Addr().Interface().(*time.Time) = moment(t) },
	},
}

// stamp returns a time as columns hold it, in milliseconds.
func stamp(t time.Time) arrow.Timestamp { return arrow.Timestamp(t.UnixMilli()) }

// moment is stamp turned round.
func moment(t arrow.Timestamp) time.Time { return time.UnixMilli(int64(t)).UTC() }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// values is the kind of columns with values of type T, in arrays of type A.
type values[T any, A valueArray[T]] struct {
	order func(a, b T) int
	set   func(reflect.Value, T)
}

type valueArray[T any] interface {
	arrow.Array
	Value(i int) T
}

func (k values[T, A]) compare(a arrow.Array, i int, b arrow.Array, j int) int {
	switch x, y := a.IsNull(i), b.IsNull(j); {
	case x && y:
		return 0
	case x:
		return -1
	case y:
		return 1
	}
	return k.order(a.(A).Value(i), b.(A).Value(j))
}

func (k values[T, A]) fill(field reflect.Value, src arrow.Array, i int) {
	if src.IsNull(i) {
		return
	}
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	k.set(field, src.(A).Value(i))
}

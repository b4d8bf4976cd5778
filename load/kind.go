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

// A kind is what the package can do with the values of one column type. The arrays and builders
// that it is given are those of that type.
type kind interface {
	// compare orders value i of a and value j of b. Null sorts first.
	compare(a arrow.Array, i int, b arrow.Array, j int) int
	// copy appends the values [from, to) of src.
	copy(dst array.Builder, src arrow.Array, from, to int)
	// append appends the value of a struct field. In a column that may be null, a nil pointer, the
	// empty string and the zero time are null.
	append(dst array.Builder, field reflect.Value, nullable bool)
	// fill sets a struct field to value i of src; null leaves it alone.
	fill(field reflect.Value, src arrow.Array, i int)
}

// kinds holds the kind of each column type.
var kinds = [...]kind{
	schemas.String: values[string, *array.String, *array.StringBuilder]{
		order: strings.Compare,
		// Parquet strings are UTF-8, and engines refuse the file where one isn't.
		get:  func(v reflect.Value) string { return strings.ToValidUTF8(v.String(), "\uFFFD") },
		set:  func(v reflect.Value, s string) { v.SetString(strings.Clone(s)) }, // s is part of a buffer of many
		null: func(s string) bool { return s == "" },
	},
	schemas.Int64: values[int64, *array.Int64, *array.Int64Builder]{
		order: cmp.Compare[int64],
		get:   reflect.Value.Int,
		set:   reflect.Value.SetInt,
		null:  never[int64],
	},
	schemas.Int32: values[int32, *array.Int32, *array.Int32Builder]{
		order: cmp.Compare[int32],
		get:   func(v reflect.Value) int32 { return int32(v.Int()) },
		set:   func(v reflect.Value, n int32) { v.SetInt(int64(n)) },
		null:  never[int32],
	},
	schemas.Double: values[float64, *array.Float64, *array.Float64Builder]{
		order: cmp.Compare[float64], // NaN equals NaN, so that it is no change
		get:   reflect.Value.Float,
		set:   reflect.Value.SetFloat,
		null:  never[float64],
	},
	schemas.Boolean: values[bool, *array.Boolean, *array.BooleanBuilder]{
		order: compareBool,
		get:   reflect.Value.Bool,
		set:   reflect.Value.SetBool,
		null:  never[bool],
	},
	schemas.DateType: values[arrow.Date32, *array.Date32, *array.Date32Builder]{
		order: cmp.Compare[arrow.Date32],
		get:   func(v reflect.Value) arrow.Date32 { return arrow.Date32(v.Int()) },
		set:   func(v reflect.Value, d arrow.Date32) { v.SetInt(int64(d)) },
		null:  never[arrow.Date32],
	},
	schemas.Timestamp: values[arrow.Timestamp, *array.Timestamp, *array.TimestampBuilder]{
		order: cmp.Compare[arrow.Timestamp],
		get:   func(v reflect.Value) arrow.Timestamp { return stamp(*v.Addr().Interface().(*time.Time)) },
		set:   func(v reflect.Value, t arrow.Timestamp) { *v.Addr().Interface().(*time.Time) = moment(t) },
		null:  func(t arrow.Timestamp) bool { return t == stamp(time.Time{}) },
	},
}

// stamp returns a time as columns hold it, in milliseconds.
func stamp(t time.Time) arrow.Timestamp { return arrow.Timestamp(t.UnixMilli()) }

// moment is stamp turned round.
func moment(t arrow.Timestamp) time.Time { return time.UnixMilli(int64(t)).UTC() }

func never[T any](T) bool { return false }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// values is the kind of columns with values of type T, in arrays of type A, built by a B.
type values[T any, A valueArray[T], B valueBuilder[T]] struct {
	order func(a, b T) int
	get   func(reflect.Value) T
	set   func(reflect.Value, T)
	null  func(T) bool // whether the value stands for null in a column that may be null
}

type valueArray[T any] interface {
	arrow.Array
	Value(i int) T
}

type valueBuilder[T any] interface {
	array.Builder
	Append(T)
}

func (k values[T, A, B]) compare(a arrow.Array, i int, b arrow.Array, j int) int {
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

func (k values[T, A, B]) copy(dst array.Builder, src arrow.Array, from, to int) {
	d, s := dst.(B), src.(A)
	if s.NullN() == 0 {
		for i := from; i < to; i++ {
			d.Append(s.Value(i))
		}
		return
	}
	for i := from; i < to; i++ {
		if s.IsNull(i) {
			d.AppendNull()
		} else {
			d.Append(s.Value(i))
		}
	}
}

func (k values[T, A, B]) append(dst array.Builder, field reflect.Value, nullable bool) {
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			dst.AppendNull()
			return
		}
		dst.(B).Append(k.get(field.Elem()))
		return
	}
	v := k.get(field)
	if nullable && k.null(v) {
		dst.AppendNull()
		return
	}
	dst.(B).Append(v)
}

func (k values[T, A, B]) fill(field reflect.Value, src arrow.Array, i int) {
	if src.IsNull(i) {
		return
	}
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	k.set(field, src.(A).Value(i))
}

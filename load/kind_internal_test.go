package load

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bucketlake/schemas"
)

// kindRow has a field of every type, and a pointer to each.
type kindRow struct {
	S  string
	I  int64
	N  int32
	F  float64
	B  bool
	D  schemas.Date
	T  time.Time
	PS *string
	PI *int64
	PN *int32
	PF *float64
	PB *bool
	PD *schemas.Date
	PT *time.Time
}

var kindTypes = []struct {
	typ   schemas.Type
	arrow arrow.DataType
}{
	{schemas.String, arrow.BinaryTypes.String},
	{schemas.Int64, arrow.PrimitiveTypes.Int64},
	{schemas.Int32, arrow.PrimitiveTypes.Int32},
	{schemas.Double, arrow.PrimitiveTypes.Float64},
	{schemas.Boolean, arrow.FixedWidthTypes.Boolean},
	{schemas.DateType, arrow.FixedWidthTypes.Date32},
	{schemas.Timestamp, arrow.FixedWidthTypes.Timestamp_ms},
}

// Some types no table has yet; they work before one does.
func TestKinds(t *testing.T) {
	now := time.Date(2026, 10, 15, 12, 0, 0, 123e6, time.UTC)
	early := time.Date(1900, 1, 1, 0, 0, 0, 999e6, time.UTC)
	// In ascending order by every column.
	list := []kindRow{
		{},
		{"a", -5, -5, math.Inf(-1), false, -1, early, new(""), new(int64(-1)), new(int32(-1)), new(-0.5), new(false), new(schemas.Date(-9)), new(early)},
		{"b", math.MaxInt64, math.MaxInt32, math.MaxFloat64, true, 20_000, now, new("ü"), new(int64(0)), new(int32(0)), new(0.5), new(true), new(schemas.Date(0)), new(now)},
	}
	list[0].I, list[0].N, list[0].F, list[0].D = math.MinInt64, math.MinInt32, math.NaN(), -100_000
	got := make([]kindRow, len(list))
	for c := range reflect.TypeFor[kindRow]().NumField() {
		typ, k := kindTypes[c%len(kindTypes)], kinds[kindTypes[c%len(kindTypes)].typ]
		first, second := array.NewBuilder(memory.DefaultAllocator, typ.arrow), array.NewBuilder(memory.DefaultAllocator, typ.arrow)
		for i := range list {
			k.append(first, reflect.ValueOf(&list[i]).Elem().Field(c), true)
		}
		source := first.NewArray()
		k.copy(second, source, 0, 1)
		k.copy(second, source, 1, len(list))
		column := second.NewArray()
		for i := range list {
			k.fill(reflect.ValueOf(&got[i]).Elem().Field(c), column, i)
			for j := range list {
				order := k.compare(source, i, column, j)
				// The one column that cannot hold three values in order.
				if same := typ.typ == schemas.Boolean && c < len(kindTypes) && i < 2 && j < 2; !same && sign(order) != sign(i-j) || same && order != 0 {
					t.Errorf("column %d: row %d compares with row %d as %d", c, i, j, order)
				}
			}
		}
	}
	if diff := cmp.Diff(list, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func sign(n int) int { return min(1, max(-1, n)) }

func TestStringsAreUTF8(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	row := kindRow{S: "a\xff\xfeb"}
	kinds[schemas.String].append(b, reflect.ValueOf(&row).Elem().Field(0), false)
	if got := b.NewStringArray().Value(0); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
}

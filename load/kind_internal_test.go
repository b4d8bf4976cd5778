package load

import (
	"math"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
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
	pointers := []unsafe.Pointer{unsafe.Pointer(&list[0]), unsafe.Pointer(&list[1]), unsafe.Pointer(&list[2])}
	for c := range reflect.TypeFor[kindRow]().NumField() {
		l, k := kindLayout(c, true), kinds[kindTypes[c%len(kindTypes)].typ]
		typ := kindTypes[c%len(kindTypes)]
		first := newVector(l, 0)
		first.appendRows(pointers)
		source := first.array()
		// Copied in portions, in another order, to disk and back, and behind other rows.
		second := newVector(l, 0)
		second.gather(source, []int32{2, 0, 1})
		second.appendRange(source, 0, 1)
		second.appendRange(source, 1, len(list))
		if second.size() < first.size() {
			t.Errorf("column %d: %d bytes, and a part of them %d", c, second.size(), first.size())
		}
		disk, err := decodeBlock(l, []int{0}, encodeBlock(nil, []*vector{second}))
		if err != nil {
			t.Fatal(err)
		}
		third := newVector(l, 0)
		third.gather(disk.columns[0], []int32{1, 2})
		third.appendRange(array.NewSlice(disk.columns[0], 2, 6), 3, 4)
		third.gather(array.NewSlice(disk.columns[0], 2, 6), []int32{0, 2})
		third.appendRange(disk.columns[0], 0, 0)
		column := array.NewSlice(third.array(), 0, 3)
		for i := range list {
			if i == 1 && k.compare(column, 1, disk.columns[0], 2) != 0 || k.compare(third.array(), 3, source, 1) != 0 || k.compare(third.array(), 4, source, 1) != 0 {
				t.Errorf("column %d: %v of %v", c, third.array(), disk.columns[0])
			}
		}
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

// kindLayout is a table of one column, which holds the c-th field of kindRow.
func kindLayout(c int, nullable bool) *layout {
	field := reflect.TypeFor[kindRow]().Field(c)
	table := &schemas.Table{Columns: []schemas.Column{{
		Type: kindTypes[c%len(kindTypes)].typ, Nullable: nullable, Offset: field.Offset, Pointer: field.Type.Kind() == reflect.Pointer, Field: field.Index,
	}}}
	return &layout{table: table, schema: table.Arrow(), kinds: []kind{kinds[table.Columns[0].Type]}}
}

func TestStringsAreUTF8(t *testing.T) {
	row := kindRow{S: "a\xff\xfeb"}
	v := newVector(kindLayout(0, false), 0)
	v.appendRows([]unsafe.Pointer{unsafe.Pointer(&row)})
	if got := v.array().(*array.String).Value(0); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
}

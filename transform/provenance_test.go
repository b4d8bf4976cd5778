package transform_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// TestColumnsComeFromWhereTheySay changes each field of each object of the API and looks which
// columns change with it: those are what the tags say that they come from.
func TestColumnsComeFromWhereTheySay(t *testing.T) {
	seen := map[string][]string{} // fields by column
	for _, object := range transform.Objects() {
		for hidden := range object.NumField() + 1 {
			for column, fields := range influences(t, object, hidden) {
				seen[column] = append(seen[column], fields...)
			}
		}
	}
	for _, table := range schemas.Tables() {
		if table.Derived {
			continue
		}
		for _, c := range table.Columns {
			got := seen[table.Name+"."+c.Name]
			slices.Sort(got)
			got = slices.Compact(got)
			if strings.HasPrefix(c.From, "(") {
				continue // in words
			}
			for field := range strings.SplitSeq(c.From, ", ") {
				if !slices.Contains(got, field) {
					t.Errorf("%s.%s says that it comes from %q, and changes with %q", table.Name, c.Name, field, got)
				}
			}
		}
	}
}

// influences returns the fields of an object that change a column. The first pointers of the object,
// as many as hidden says, are nil: some fields count only where others are not there.
func influences(t *testing.T, object reflect.Type, hidden int) map[string][]string {
	t.Helper()
	base := filled(object, hidden)
	before := columns(t, base)
	found := map[string][]string{}
	for path := range leaves(base.Elem(), "") {
		other := filled(object, hidden)
		change(path, leaves(other.Elem(), "")[path], 2)
		for column, value := range columns(t, other) {
			if before[column] != value {
				found[column] = append(found[column], path)
			}
		}
	}
	return found
}

// columns returns what stands in the first row of each table that is made of an object.
func columns(t *testing.T, object reflect.Value) map[string]string {
	t.Helper()
	var b transform.Batch
	created := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	if err := b.Add("", bitbucket.Parent{Repository: "{r}", PullRequest: 7, CreatedOn: created}, []any{object.Elem().Interface()}, false); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, table := range b.Tables() {
		rows := b.Take(table)
		if len(rows.Rows) == 0 {
			continue
		}
		for _, c := range table.Columns {
			text, err := json.Marshal(reflect.ValueOf(rows.Rows[0]).Elem().FieldByIndex(c.Field).Interface())
			if err != nil {
				t.Fatal(err)
			}
			values[table.Name+"."+c.Name] = string(text)
		}
	}
	return values
}

// filled returns a pointer to an object with something in each of its fields.
func filled(object reflect.Type, hidden int) reflect.Value {
	v := reflect.New(object)
	fill(v.Elem())
	for i := range object.NumField() {
		if f := v.Elem().Field(i); f.Kind() == reflect.Pointer && hidden > 0 {
			hidden--
			f.SetZero()
		}
	}
	for path, leaf := range leaves(v.Elem(), "") {
		change(path, leaf, 1)
	}
	return v
}

// fill makes what pointers point to, and slices of one.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type() != reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		}
	}
}

// leaves returns the fields of an object that hold values, by their path in JSON.
func leaves(v reflect.Value, path string) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil(), v.Kind() == reflect.Slice && v.Len() == 0 && v.Type() != reflect.TypeFor[json.RawMessage]():
	case v.Kind() == reflect.Pointer:
		return leaves(v.Elem(), path)
	case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[json.RawMessage]():
		return leaves(v.Index(0), path)
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "-" || name == "" { // the stream fills it in
				continue
			}
			for below, leaf := range leaves(v.Field(i), strings.TrimPrefix(path+"."+name, ".")) {
				all[below] = leaf
			}
		}
	default:
		all[path] = v
	}
	return all
}

// change gives a field its n-th value, which is one that reaches the row. The first state is one in
// which what comes at the end is there.
func change(path string, v reflect.Value, n int) {
	if path == "state" && v.Kind() == reflect.String && n == 1 {
		v.SetString("RESOLVED")
		return
	}
	switch value := v.Addr().Interface().(type) {
	case *time.Time:
		*value = time.Date(2026, 10, n, 12, 0, 0, 0, time.UTC)
	case *json.RawMessage:
		*value = fmt.Appendf(nil, `{"n":%d}`, n)
	case *bool:
		*value = n == 2
	case *int64:
		*value = int64(n)
	default: // a host, a story's key, and a name and address: whatever a text is read for
		v.SetString(fmt.Sprintf("https://h%d.test/ ABC-%[1]d <A%[1]d@b.test>", n))
	}
}

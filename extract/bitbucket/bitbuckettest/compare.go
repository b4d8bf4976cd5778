package bitbuckettest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison builds one comparison of a query.
func comparison[T any](name string, f field[T], op string, value token) (predicate[T], error) {
	get := f.get
	if value.kind == tokenWord && value.text == "null" {
		switch op {
		case "=":
			return func(x T) bool { return get(x) == nil }, nil
		case "!=":
			return func(x T) bool { return get(x) != nil }, nil
		}
		return nil, badRequest("Invalid query: null can only be compared with = and !=")
	}
	want, err := convert(name, f.like, value)
	if err != nil {
		return nil, err
	}
	if op == "~" || op == "!~" {
		text, ok := want.(string)
		if !ok {
			return nil, badRequest("Invalid query: ~ needs a text, which " + name + " is not")
		}
		text = strings.ToLower(text)
		return func(x T) bool {
			have, ok := get(x).(string)
			return ok && strings.Contains(strings.ToLower(have), text) == (op == "~")
		}, nil
	}
	return func(x T) bool {
		have := get(x)
		if have == nil {
			return false
		}
		c := compare(have, want)
		switch op {
		case "=":
			return c == 0
		case "!=":
			return c != 0
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		case "<":
			return c < 0
		}
		return c <= 0
	}, nil
}

// convert reads a literal as the type of the field.
func convert(name string, like any, value token) (any, error) {
	bad := badRequest("Invalid query: " + strconv.Quote(value.text) + " is no value for " + name)
	switch like.(type) {
	case time.Time:
		if t, ok := parseTime(value.text); ok {
			return t, nil
		}
		return nil, bad
	case int64:
		n, err := strconv.ParseInt(value.text, 10, 64)
		if err != nil || value.kind != tokenWord {
			return nil, bad
		}
		return n, nil
	case bool:
		if value.kind != tokenWord || value.text != "true" && value.text != "false" {
			return nil, bad
		}
		return value.text == "true", nil
	}
	if value.kind != tokenString {
		return nil, bad
	}
	return value.text, nil
}

// compare orders two values of one type; nil comes first.
func compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	switch a := a.(type) {
	case time.Time:
		return a.Compare(b.(time.Time))
	case int64:
		return cmp.Compare(a, b.(int64))
	case bool:
		return cmp.Compare(btoi(a), btoi(b.(bool)))
	}
	return strings.Compare(a.(string), b.(string))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sortBy sorts rows by the field, with - before it descending. Equal rows stay in the order that they came in, which is that of their ids.
func sortBy[T any](rows []T, sort string, fields fieldSet[T]) error {
	name, descending := strings.CutPrefix(sort, "-")
	f, ok := fields[strings.TrimPrefix(name, "+")]
	switch {
	case !ok:
		return badRequest("Invalid sort attribute")
	case f.get == nil:
		return somethingWrong()
	}
	type keyed struct {
		key any
		row T
	}
	byKey := make([]keyed, len(rows))
	for i, row := range rows {
		byKey[i] = keyed{f.get(row), row}
	}
	slices.SortStableFunc(byKey, func(a, b keyed) int {
		if descending {
			a, b = b, a
		}
		return compare(a.key, b.key)
	})
	for i, k := range byKey {
		rows[i] = k.row
	}
	return nil
}

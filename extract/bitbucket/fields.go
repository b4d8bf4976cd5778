package bitbucket

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Fields returns the fields= parameter that asks for exactly what T decodes, each name behind
// prefix. Bitbucket drops names that it does not know without a word, so a misspelt tag shows as
// a column that is always empty; the tests against the simulated and the recorded answers find it.
func Fields[T any](prefix string) string {
	var names []string
	collect(reflect.TypeFor[T](), prefix, &names)
	return strings.Join(names, ",")
}

func collect(t reflect.Type, prefix string, names *[]string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		*names = append(*names, strings.TrimSuffix(prefix, "."))
		return
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		collect(f.Type, prefix+name+".", names)
	}
}

package bitbucket

import "reflect"

// Scan is scan: whether v can be read in one pass.
func Scan(answer []byte, v any) bool { return scan(answer, reflect.ValueOf(v).Elem()) }

// Decode is decode.
func Decode(answer []byte, v any) error { return decode(answer, v) }

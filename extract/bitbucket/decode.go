package bitbucket

import (
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// asBefore reads what encoding/json reads, where a stricter reader would refuse a whole page: names that come twice, and
// text that is no UTF-8. Names are those of the API, to the letter.
var asBefore = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// ErrNonsense is an answer that is not JSON, or not of the shape that Bitbucket describes.
var ErrNonsense = errors.New("the answer makes no sense")

// decode reads an answer into the value that v points to. What it held, an attempt before may have left there.
func decode(answer []byte, v any) error {
	to := reflect.ValueOf(v).Elem()
	to.SetZero()
	if scan(answer, to) {
		return nil
	}
	to.SetZero()
	return json.Unmarshal(answer, v, asBefore)
}

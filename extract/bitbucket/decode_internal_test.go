package bitbucket

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// everything has a field of each type that objects of the API have.
type everything struct {
	Text    string          `json:"text"`
	ID      ID              `json:"id"`
	Number  int64           `json:"number"`
	Size    *int            `json:"size"`
	Yes     bool            `json:"yes"`
	Maybe   *bool           `json:"maybe"`
	At      time.Time       `json:"at"`
	Raw     json.RawMessage `json:"raw"`
	Names   []string        `json:"names"`
	Float   float64         `json:"float"`
	Account *Account        `json:"account"`
	Nested  struct {
		Commits []Commit `json:"commits"`
	} `json:"nested"`
	Pulls []PullRequest `json:"pulls"`
	Step  []Activity    `json:"step"`
}

// planned reports whether the plan of a type alone can read an answer.
func planned(answer []byte, v any) bool {
	target := reflect.ValueOf(v).Elem()
	return planOf(target.Type())(&scanner{data: answer}, target.Addr().UnsafePointer())
}

// sameTime compares times; encoding/json may keep UTC under another name.
var sameTime = cmp.Comparer(func(a, b time.Time) bool {
	return a.Equal(b) && a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano)
})

func checkDecode[T any](t *testing.T, answer []byte) (fast bool) {
	t.Helper()
	var got, want T
	given := bytes.Clone(answer)
	err, wantErr := decode(answer, &got), json.NewDecoder(bytes.NewReader(given)).Decode(&want)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Errorf("%s: error %v instead of %v", given, err, wantErr)
	}
	for i := range answer { // nothing that was read is part of it
		answer[i] = 'X'
	}
	if diff := cmp.Diff(want, got, sameTime); diff != "" {
		t.Errorf("%s (-want +got):\n%s", given, diff)
	}
	var alone T
	return planned(given, &alone)
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		answer string
		fast   bool
	}{
		{`{"text":"plain","number":-42,"yes":true,"maybe":false,"size":7,"float":1.5e3,"id":12}`, false},
		{`{"text":"plain","number":-42,"yes":true,"maybe":false,"size":7,"id":12}`, true},
		{" {\n\t\"text\" : \"Zoë \\u00e9 \\n\\\"\\\\\\/\" , \"names\" : [ \"a\" , \"\" ] }\r\n", true},
		{`{"text":null,"number":null,"size":null,"maybe":null,"at":null,"raw":null,"names":null,"account":null,"nested":null,"pulls":null,"id":null}`, true},
		{`{"names":[],"pulls":[],"nested":{"commits":[{},{"hash":"a"}]},"account":{}}`, true},
		{`{"raw":{"a":[1,2,{"b":"\u003c"}]},"more":{"text":[true,false,null,"x",12]},"text":"after"}`, true},
		{`{"at":"2026-10-28T11:23:00.829594+00:00"}`, true},
		{`{"at":"2026-10-28T11:23:00Z"}`, true},
		{`{"at":"2024-02-29T00:00:00.1Z"}`, true},
		{`{"at":"2026-10-28T11:23:00.123456789+02:00"}`, true}, // by UnmarshalJSON
		{`{"at":"2026-02-30T00:00:00Z"}`, false},
		{`{"at":"0000-00-00T00:00:00Z"}`, false},
		{`{"at":"2026-10-28T24:00:00Z"}`, false},
		{`{"at":"yesterday"}`, false},
		{`{"at":12}`, false},
		{`{"TEXT":"other spelling"}`, false},
		{`{"text":"first","text":"second","account":{"uuid":"a"},"account":{"nickname":"b"}}`, true},
		{`{"names":["a","b"],"names":["c"]}`, false},
		{`{"text":"half \ud83d\ude00 \ud83d"}`, false},
		{"{\"text\":\"\xff\"}", false},
		{"{\"text\":\"line\nbreak\"}", false},
		{"{\"other\":\"line\nbreak\"}", false},
		{`{"text":"\x"}`, false},
		{`{"other":"\x"}`, false},
		{`{"text":12}`, false},
		{`{"number":"12"}`, false},
		{`{"number":1e3}`, false},
		{`{"number":01}`, false},
		{`{"number":9223372036854775807}`, false},
		{`{"number":9223372036854775808}`, false},
		{`{"number":1,}`, false},
		{`{"number":1`, false},
		{`{"names":["a"`, false},
		{`{"names":["a",]}`, false},
		{`{"text":"open`, false},
		{`{"text":"ends\`, false},
		{`{"text":"ends\u00`, false},
		{`{"text"}`, false},
		{`{"other":}`, false},
		{`{"other":-}`, false},
		{`[]`, false},
		{`"text"`, false},
		{`null`, true},
		{`{} and more`, true},
		{``, false},
	} {
		if fast := checkDecode[everything](t, []byte(c.answer)); fast != c.fast {
			t.Errorf("%s: read without encoding/json: %t", c.answer, fast)
		}
	}
}

// TestDecodeLong crosses the borders of all that is read in portions.
func TestDecodeLong(t *testing.T) {
	for n := range 70 {
		text := strings.Repeat("é", n/2) + strings.Repeat("x", n)
		list := strings.TrimSuffix(strings.Repeat(`{"hash":"`+text+`"},`, n), ",")
		checkDecode[everything](t, []byte(`{"text":"`+text+`","nested":{"commits":[`+list+`]},"raw":"`+text+`\"","names":["`+text+`\n`+text+`"]}`))
	}
	if depth := strings.Repeat("[", 3000); checkDecode[everything](t, []byte(`{"other":`+depth+strings.Repeat("]", 3000)+`}`)) {
		t.Error("three thousand brackets deep, without encoding/json")
	}
}

// TestDecodeRecordings reads what Bitbucket has answered.
func TestDecodeRecordings(t *testing.T) {
	files, fast := 0, 0
	err := filepath.WalkDir("../../../shared/bitbucket/recordings", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		answer, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, ok := range []bool{
			checkDecode[Page[PullRequest]](t, bytes.Clone(answer)), checkDecode[Page[Activity]](t, bytes.Clone(answer)),
			checkDecode[Page[Repository]](t, bytes.Clone(answer)), checkDecode[Page[LoggedCommit]](t, bytes.Clone(answer)),
			checkDecode[Page[Pipeline]](t, bytes.Clone(answer)), checkDecode[PullRequest](t, answer),
		} {
			if ok {
				fast++
			}
		}
		return nil
	})
	switch {
	case os.IsNotExist(err) && os.Getenv("CI") == "":
		t.Skip("../shared is not there")
	case err != nil:
		t.Fatal(err)
	case files < 50 || fast < files:
		t.Errorf("%d files, of which plans read %d as one of six types", files, fast)
	}
}

func FuzzDecode(f *testing.F) {
	for _, answer := range []string{
		`{"values":[{"id":1,"title":"a\u00e9","author":{"uuid":"{1}","nickname":"Zoë"},"draft":true,"participants":[{"user":null,"state":"approved"}],"created_on":"2026-10-28T11:23:00.829594+00:00"}],"next":"https://x"}`,
		`{"values":[{"id":-0,"links":{"a":[1.5,true,null,"\\"]},"updated_on":"2026-10-28T11:23:00Z"}],"size":3}`, `{"values":null}`, ` [ ] `,
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		checkDecode[Page[PullRequest]](t, bytes.Clone(answer))
		checkDecode[everything](t, bytes.Clone(answer))
	})
}

// TestSlabs gives each pointer memory of its own.
func TestSlabs(t *testing.T) {
	s, slab, seen := scanner{}, newSlab(reflect.TypeFor[Account]()), map[unsafe.Pointer]bool{}
	for i := range 1000 {
		p := s.allocate(slab)
		if a := (*Account)(p); seen[p] || *a != (Account{}) {
			t.Fatalf("the %d-th was used before", i)
		}
		*(*Account)(p) = Account{UUID: "x", Type: "y"}
		seen[p] = true
	}
}

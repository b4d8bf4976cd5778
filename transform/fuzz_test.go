package transform_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// FuzzObjects decodes any bytes as a page of each kind of object, and makes rows of what comes out. It
// must not panic, and whatever becomes of them, each row is one of its table's, in a month that can be.
func FuzzObjects(f *testing.F) {
	recordings := filepath.Join("..", "..", "shared", "bitbucket", "recordings")
	_ = filepath.WalkDir(recordings, func(path string, _ fs.DirEntry, err error) error { // seeds, where they are
		if err == nil && filepath.Ext(path) == ".json" {
			if data, err := os.ReadFile(path); err == nil {
				f.Add(data)
			}
		}
		return nil
	})
	for _, seed := range []string{
		`{"values":[{"user":null,"author":{"raw":"no address"},"date":"0000-01-01T00:00:00Z","hash":"x"}]}`,
		`{"values":[{"id":"gxyz","creator":null}]}`, `{"values":[{"id":7,"users":[null],"groups":[{}]}]}`,
		`{"values":[{"state":{"name":"COMPLETED","result":{"name":"STOPPED","terminator":null}},"target":{},"trigger":{}}]}`,
		`{"values":[{"created_on":"2026-01-03T07:36:40.109572944Z","environment":null,"release":{"pipeline":null}}]}`,
		`{"values":[{"date":"9999-12-31T23:59:59-23:59","hash":"y"}],"next":"x","size":-1}`,
		`{"values":[{"id":1,"title":"ABC-1","state":"MERGED","created_on":"9999-12-31T23:59:59-23:59","participants":[null,{"user":null}]}]}`,
		`{"values":[{"approval":{"date":"0000-01-01T00:00:00Z"}},{"update":{"date":"9999-12-31T23:59:59-23:59","changes":{"a":1}}}]}`, `{}`, `null`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	parent := bitbucket.Parent{Workspace: "acme", Repository: "{r}", PullRequest: 1, CreatedOn: at}
	f.Fuzz(func(t *testing.T, data []byte) {
		var page struct{ Values []json.RawMessage }
		if json.Unmarshal(data, &page) != nil || page.Values == nil {
			page.Values = []json.RawMessage{data}
		}
		for _, object := range transform.Objects() {
			var batch transform.Batch
			for _, raw := range page.Values {
				v := reflect.New(object)
				if json.Unmarshal(raw, v.Interface()) != nil {
					continue
				}
				if err := batch.Add("members", parent, []any{v.Elem().Interface()}, false); err != nil {
					t.Fatalf("a %s: %v", object, err)
				}
			}
			for _, table := range batch.Tables() {
				rows := batch.Take(table)
				for _, row := range rows.Rows {
					if _, ok := table.MonthOf(row); !ok || !table.Holds(row) {
						t.Fatalf("a %s makes %+v in %s", object, row, table.Name)
					}
				}
				for _, scope := range rows.Complete {
					if month, err := time.Parse("2006-01", scope.Month); scope.Month != "" && (err != nil || !schemas.Dated(month.Add(1))) {
						t.Fatalf("a %s is all of the month %q of %s", object, scope.Month, table.Name)
					}
				}
			}
		}
	})
}

// FuzzKeys reads any file of keys that hash names: what is taken for keys are keys, and are written as
// they are read.
func FuzzKeys(f *testing.F) {
	key := string(transform.EncodeKeys([][]byte{bytes.Repeat([]byte{7}, transform.KeySize)}))
	for _, text := range []string{"", key, key + key, "\n\n" + key, key[:40], "====", "\xff\n", strings.TrimSpace(key) + "\r\n", "c2hvcnQ="} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, ok := transform.DecodeKeys(text)
		if ok != (len(keys) > 0) {
			t.Fatalf("%d keys, %v", len(keys), ok)
		}
		if again, _ := transform.DecodeKeys(transform.EncodeKeys(keys)); !reflect.DeepEqual(again, keys) {
			t.Errorf("%x reads as %x", keys, again)
		}
		for _, key := range keys {
			if p := (transform.Privacy{Key: key}); schemas.FormOf(p.Name("Ada")) != p.Form() {
				t.Errorf("the key %x makes %q", key, p.Name("Ada"))
			}
		}
	})
}

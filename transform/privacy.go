package transform

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"slices"

	"bucketlake/schemas"
)

// Privacy says what becomes of columns that name a person: the names and e-mail addresses that the
// schemas mark. Accounts stay known by their uuid and their account id, which join the tables, and
// texts that people wrote stay what they are. The zero value keeps the names.
type Privacy struct {
	Drop bool // null takes their place

	// Key, where there is one, makes a hash take their place: of one name always the same, so that
	// rows can still be joined, and under another key another one. See schemas.HashedName.
	Key []byte
}

// Keeps reports whether names stay what they are.
func (p Privacy) Keeps() bool { return !p.Drop && p.Key == nil }

// Form is the form of the names that land; empty where none does.
func (p Privacy) Form() string {
	switch {
	case p.Drop:
		return ""
	case p.Key != nil:
		return schemas.HashedNames(p.keyID())
	}
	return schemas.PlainNames
}

// keyID tells keys apart, and does not tell them.
func (p Privacy) keyID() [4]byte {
	sum := sha256.Sum256(append([]byte("bucketlake pii key "), p.Key...))
	return [4]byte(sum[:4])
}

// Apply does so in rows that nobody else holds. Rows that are known by a name can't be without: where
// names are dropped, so are they.
func (p Privacy) Apply(rows schemas.Rows) schemas.Rows {
	if p.Keeps() {
		return rows
	}
	for i, c := range rows.Table.Columns {
		if !c.Personal {
			continue
		}
		if p.Drop && rows.Table.IsKey(i) {
			rows.Rows = slices.Clip(rows.Rows[:0])
			break
		}
		for _, row := range rows.Rows {
			field := reflect.ValueOf(row).Elem().FieldByIndex(c.Field)
			field.SetString(p.Name(field.String()))
		}
	}
	return rows
}

// Name is what stands instead of a name. A hash, by whatever key, is not hashed again: the name that it
// stands for is not known.
func (p Privacy) Name(name string) string {
	switch {
	case p.Drop || name == "":
		return ""
	case p.Key == nil || schemas.FormOf(name) != schemas.PlainNames:
		return name
	}
	mac := hmac.New(sha256.New, p.Key)
	mac.Write([]byte(name))
	return schemas.HashedName(p.keyID(), mac.Sum(nil))
}

// KeySize is the length of a key in bytes.
const KeySize = 32

// EncodeKeys writes keys as a file holds them: a line each, as base64.
func EncodeKeys(keys [][]byte) (text []byte) {
	for _, key := range keys {
		text = append(base64.StdEncoding.AppendEncode(text, key), '\n')
	}
	return text
}

// DecodeKeys reads the keys that a file holds; ok is false where it holds none, or something else.
func DecodeKeys(text []byte) (keys [][]byte, ok bool) {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		key, err := base64.StdEncoding.Strict().AppendDecode(nil, line)
		if err != nil || len(key) != KeySize {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, len(keys) > 0
}

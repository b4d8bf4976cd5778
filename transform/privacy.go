package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"

	"bucketlake/schemas"
)

// Privacy says what becomes of columns that name a person: the names and e-mail addresses that the
// schemas mark. Accounts stay known by their uuid. The zero value keeps the names.
type Privacy struct {
	Drop bool // null takes their place

	// Key, where there is one, makes a hash take their place: of one name always the same, so that
	// rows can still be joined, and under another key another one. KeyID stands before it.
	Key   []byte
	KeyID string
}

// Apply does so in rows that nobody else holds. Rows that are known by a name can't be without: where
// names are dropped, so are they.
func (p Privacy) Apply(rows schemas.Rows) schemas.Rows {
	if !p.Drop && p.Key == nil {
		return rows
	}
	for i, c := range rows.Table.Columns {
		if !c.Personal {
			continue
		}
		if p.Drop && slices.Contains(rows.Table.Key, i) {
			rows.Rows = nil
			break
		}
		for _, row := range rows.Rows {
			field := reflect.ValueOf(row).Elem().FieldByIndex(c.Field)
			field.SetString(p.instead(field.String()))
		}
	}
	return rows
}

// instead is what stands instead of a name; of no name, nothing.
func (p Privacy) instead(name string) string {
	if p.Drop || name == "" {
		return ""
	}
	mac := hmac.New(sha256.New, p.Key)
	mac.Write([]byte(name))
	return p.KeyID + ":" + hex.EncodeToString(mac.Sum(nil)[:16])
}

package transform

import (
	"bytes"
	"encoding/json"
)

// changes returns the changed fields of something, old and new, as JSON without the names of people:
// accounts are known by uuid and account id in it, as they are in columns. No change is no text.
func changes(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var fields map[string]any
	if d.Decode(&fields) != nil || len(fields) == 0 {
		return ""
	}
	for field, change := range fields {
		fields[field] = impersonal(change)
		// Issues name the account in words here, and by its id under another field.
		if field == "assignee" || field == "responsible" || field == "reporter" {
			fields[field] = struct{}{}
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // what was decoded can be encoded
	}
	return string(text)
}

// impersonal takes what names or shows a person out of all objects of a value.
func impersonal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range []string{"display_name", "nickname", "username", "name", "raw", "links"} {
			if _, account := v["account_id"]; account || field != "name" { // other things have names, too
				delete(v, field)
			}
		}
		for field, value := range v {
			v[field] = impersonal(value)
		}
	case []any:
		for i, value := range v {
			v[i] = impersonal(value)
		}
	}
	return v
}

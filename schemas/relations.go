package schemas

import (
	"slices"
	"strings"
)

// A Relation says that rows of one table name rows of another by their key.
type Relation struct {
	From, To *Table
	As       []string // the columns of From that hold the end of the key
	Whole    bool     // they are the key of From, too: there is at most one row for each
	Null     bool     // some of them may be null
}

// accounts is the table of those who act. Whoever left, and apps, need not be in it.
const accounts = "members"

// Relations finds what names what: a table that has the columns of another one's key names its rows.
// Where it always names rows that lie below others (a task names a pull request, which lies below a
// repository), only the nearest ones count.
func Relations() []Relation {
	var all []Relation
	for _, from := range Tables() {
		for _, to := range Tables() {
			if r, ok := relation(from, to); ok && !from.closer(to) {
				all = append(all, r)
			}
		}
	}
	return all
}

func relation(from, to *Table) (r Relation, ok bool) {
	if !to.identifies() {
		return r, false
	}
	r = Relation{From: from, To: to}
	end := to.Columns[to.Key[len(to.Key)-1]].Name
	for i, c := range from.Columns {
		if c.Refers == to.Name || c.Refers == "" && c.Name == end && from != to {
			r.As = append(r.As, c.Name)
			r.Null = r.Null || c.Nullable
			r.Whole = r.Whole || from.IsKey(i) && len(from.Key) == len(to.Key)
		}
	}
	for _, k := range to.Key[:len(to.Key)-1] {
		if from.Column(to.Columns[k].Name) < 0 {
			return r, false
		}
	}
	return r, len(r.As) > 0
}

// identifies reports whether the end of a table's key is the table's own: not that of a table before
// it, or a name.
func (t *Table) identifies() bool {
	end := t.Columns[t.Key[len(t.Key)-1]]
	if t.Derived || end.Refers != "" || !strings.HasSuffix(end.Name, "_uuid") && !strings.HasSuffix(end.Name, "_id") && !strings.HasSuffix(end.Name, "_hash") {
		return false
	}
	return t.Name == accounts || end.Name != "user_uuid"
}

// closer reports whether each row of a table names one that lies below those of to.
func (t *Table) closer(to *Table) bool {
	return slices.ContainsFunc(Tables(), func(between *Table) bool {
		if between == to || len(between.Key) <= len(to.Key) || !slices.EqualFunc(between.Key[:len(to.Key)], to.Key, func(a, b int) bool {
			return between.Columns[a].Name == to.Columns[b].Name
		}) {
			return false
		}
		r, ok := relation(t, between)
		return ok && !r.Null
	})
}
